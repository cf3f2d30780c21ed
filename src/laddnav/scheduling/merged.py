"""What several parties limit a charge to, as one profile: at each moment the least of all that is said about it.

A Station follows one profile of ours at a time, in whole seconds; so a border within a second counts for all of it, and
the lower side holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import zip_longest
from math import ceil, floor

from msgspec import Struct
from msgspec.structs import replace

from laddnav.scheduling.model import ChargingProfile, ProfileLimit, RateUnit
from laddnav.scheduling.rules import PHASES, tenths

MAINS_VOLTS = Decimal(230)  # to the neutral; what feeds a rectifier is not known of an Evse
NO_TIME = timedelta()
_SECOND = timedelta(seconds=1)


class Feed(Struct, frozen=True):
    """What an Evse charges from: `volts` between a phase and the neutral, at most so many `phases`, `watts` in all.

    `direct`: it gives direct current, whose amperes are not those of the mains. `used`: its car draws from so many of
    the phases, by what was seen of it or is wired there; None: nobody knows.
    """

    volts: Decimal
    phases: int
    watts: Decimal
    direct: bool = False
    used: int | None = None

    def converted(self, rate: Decimal, unit: RateUnit, to: RateUnit, phases: int | None) -> Decimal:
        """Never more than the limit allows: a lone phase may take all of a power, and a current flows through as many
        phases as the car is known to use, or through one at least.
        """
        if unit is to:
            return rate
        if to is RateUnit.AMPERE:
            return tenths(rate / (self.volts * (phases or self.phases)))
        return tenths(rate * self.volts * (self.drawn_from(phases) or 1))

    def drawn_from(self, phases: int | None) -> int | None:
        """So many phases at most, of those that somebody allows; None: nobody knows."""
        known = [one for one in (phases, self.used) if one is not None]
        return min(known, default=None)

    def of_mains(self, amperes: Decimal) -> tuple[RateUnit, Decimal]:
        """So much from each phase of the mains, as it can be said of this Evse: of direct current as its power."""
        if not self.direct:
            return RateUnit.AMPERE, tenths(amperes)
        return RateUnit.WATT, tenths(amperes * MAINS_VOLTS * PHASES)

    def most(self, unit: RateUnit) -> Decimal:
        """In this unit, all that it gives."""
        return self.watts if unit is RateUnit.WATT else tenths(self.watts / (self.volts * self.phases))


def merged(
    profiles: Sequence[ChargingProfile], *, begun_at: datetime, feed: Feed, unit: RateUnit | None = None
) -> ChargingProfile | None:
    """None: nobody limits anything. Profiles without a start of their own count from `begun_at`.

    In `unit`, or that in which all are said, or amperes. Where one is over and another goes on, what goes on counts;
    between two that do not meet, all that the Evse gives. The least that is worth giving is the highest of all.
    """
    several = sorted(set(profiles), key=repr)
    if not several:
        return None
    units = {one.unit for one in several}
    to = unit or (units.pop() if len(units) == 1 else RateUnit.AMPERE)
    if len(several) == 1 and several[0].unit is to:
        return several[0]
    relative = all(one.started_at is None for one in several)
    zero = begun_at if relative else min(one.started_at or begun_at for one in several)
    zero = zero if relative else zero.replace(microsecond=0)
    spans = [span for one in several for span in _spans(one, (one.started_at or begun_at) - zero)]
    ends = [span.end for span in spans]
    if not spans:
        return None
    end = None if None in ends else max(one for one in ends if one is not None)
    borders = sorted({span.start for span in spans} | {one for one in ends if one is not None and one != end})
    limits: list[ProfileLimit] = []
    for second in borders:
        limit = _least([span for span in spans if span.holds(second)], feed, to)
        if not limits or (limits[-1].rate, limits[-1].phases) != (limit.rate, limit.phases):
            limits.append(replace(limit, after=timedelta(seconds=second)))
    mins = [feed.converted(one.rate_min, one.unit, to, None) for one in several if one.rate_min is not None]
    return ChargingProfile(
        unit=to,
        started_at=None if relative else zero,
        duration=None if end is None else timedelta(seconds=end),
        rate_min=max(mins, default=None),
        limits=tuple(limits),
    )


class _Span(Struct, frozen=True):
    """A limit with its first second and the one in which it is over, None: it goes on."""

    start: int
    end: int | None
    unit: RateUnit
    limit: ProfileLimit

    def holds(self, second: int) -> bool:
        return self.start <= second and (self.end is None or second < self.end)


def _spans(profile: ChargingProfile, offset: timedelta) -> list[_Span]:
    found: list[_Span] = []
    starts = [limit.after for limit in profile.limits]
    for limit, following in zip_longest(profile.limits, starts[1:]):
        over = min((one for one in (following, profile.duration) if one is not None), default=None)
        if over is not None and over <= limit.after:
            break  # it says more than it lasts
        end = None if over is None else ceil((offset + over) / _SECOND)
        found.append(_Span(floor((offset + limit.after) / _SECOND), end, profile.unit, limit))
    return found


def _least(spans: Sequence[_Span], feed: Feed, to: RateUnit) -> ProfileLimit:
    """On the fewest phases that one of them names: it is on those that the others have to hold, too.

    A power that was made of a current says of how many phases it is, where that is known.
    """
    if not spans:
        return ProfileLimit(NO_TIME, feed.most(to))
    phases = min((one.limit.phases for one in spans if one.limit.phases is not None), default=None)
    rate = min(feed.converted(one.limit.rate, one.unit, to, phases) for one in spans)
    made = to is RateUnit.WATT and any(one.unit is not to for one in spans)
    return ProfileLimit(NO_TIME, rate, feed.drawn_from(phases) if made else phases)
