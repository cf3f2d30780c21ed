"""A profile as one Station can follow it: in a unit that it takes, in as many periods as it holds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from laddnav.scheduling.model import ChargingProfile, ProfileLimit, RateUnit

_NO_TIME = timedelta()


class Abilities(Struct, frozen=True, kw_only=True):
    """What a Station says of how it charges by profiles; what it does not say it is taken to be able to do.

    But from how many phases it charges, and from which one, it chooses only where it says so.
    """

    units: frozenset[RateUnit] | None = None
    periods_max: int | None = None
    stack_level_max: int | None = None
    switches_phases: bool = False
    chooses_phase: bool = False


class Way(Struct, frozen=True):
    """One in which a profile can be told; `phases`: with how many of them it is drawn from."""

    unit: RateUnit
    periods_max: int | None
    phases: bool


def ways(wanted: ChargingProfile, station: Abilities, used: int | None = None) -> tuple[Way, ...]:
    """In the order in which they are tried: a Station that refuses one may take the next.

    Amperes where it is known from how many phases the car draws, for they hold on each of them, whatever the Station
    takes the car for. A number of phases is left out where nothing could choose it; beside a power it helps to convert
    that, and a Station may refuse it (OCPP 2.0.1 K01.FR.43, K01.FR.50). `used`: the car is known to draw from so many,
    which chooses none and helps to convert a power all the same. Last of all, one period: whoever holds any schedule
    holds that. What is to be given back is told as a power first.
    """
    stated = any(limit.phases is not None for limit in wanted.limits)
    other = RateUnit.WATT if wanted.unit is RateUnit.AMPERE else RateUnit.AMPERE
    first, second = (RateUnit.AMPERE, RateUnit.WATT) if stated else (wanted.unit, other)
    if any(limit.rate < 0 for limit in wanted.limits):
        first, second = RateUnit.WATT, RateUnit.AMPERE  # a power is that of all phases, whoever reads it
    units = [unit for unit in (first, second) if station.units is None or unit in station.units]
    found = []
    for unit in units:
        if unit is RateUnit.WATT and (stated or (used is not None and wanted.unit is RateUnit.AMPERE)):
            found.append(Way(unit, station.periods_max, True))
        found.append(Way(unit, station.periods_max, stated and unit is RateUnit.AMPERE and station.switches_phases))
    if len(wanted.limits) > 1 and station.periods_max != 1:
        found.append(replace(found[0], periods_max=1))
    return tuple(found)


class Fitted(Struct, frozen=True):
    """`until`: what is told ends there, though more is wanted: it has to be told anew before; None: it is all told."""

    profile: ChargingProfile
    until: datetime | None


def fitted(
    profile: ChargingProfile, way: Way, *, now: datetime, begun_at: datetime, afterwards: Decimal | None = None
) -> Fitted:
    """What of a profile in the unit of its way can be told now: its longest leading part, without what is over.

    `afterwards`: what holds when that ends, in the same unit; it takes a period of its own.
    """
    ends, limits = profile.duration, profile.limits
    if ends is not None:  # what would begin after it has ended says nothing
        limits = tuple(one for one in limits if one.after < ends or not one.after)
    whole = replace(profile, limits=_fewest(limits if way.phases else [replace(one, phases=None) for one in limits]))
    if way.periods_max is None or len(whole.limits) <= way.periods_max:
        return Fitted(whole, None)
    started_at = whole.started_at or begun_at
    gone = max((one.after for one in whole.limits if started_at + one.after <= now), default=_NO_TIME)
    left = tuple(replace(one, after=one.after - gone) for one in whole.limits if one.after >= gone)
    duration = None if whole.duration is None else whole.duration - gone
    rest = replace(whole, started_at=started_at + gone, duration=duration, limits=left)
    if len(left) <= way.periods_max:
        return Fitted(rest, None)
    kept = max(1, way.periods_max - (0 if afterwards is None else 1))
    fits = left[kept].after
    until = started_at + gone + fits
    if afterwards is None or way.periods_max == 1:
        return Fitted(replace(rest, duration=fits, limits=left[:kept]), until)
    return Fitted(replace(rest, duration=None, limits=(*left[:kept], ProfileLimit(fits, afterwards))), until)


def with_fallback(
    lease: ChargingProfile | None, fallback: ProfileLimit, unit: RateUnit, *, begun_at: datetime
) -> tuple[ChargingProfile, ...]:
    """A lease, and after it, or where there is none, what its Station falls back to.

    So a lease that ends raises nothing, whatever a Station makes of the end of a profile: OCPP 2.0.1 part 2 K02.FR.08
    says, and OCPP 1.6 §3.13.2 does not.
    """
    if lease is None:
        return (ChargingProfile(unit=unit, limits=(fallback,)),)
    if lease.duration is None:
        return (lease,)
    ends_at = (lease.started_at or begun_at) + lease.duration
    return lease, ChargingProfile(unit=unit, started_at=ends_at, limits=(fallback,))


def _fewest(limits: Iterable[ProfileLimit]) -> tuple[ProfileLimit, ...]:
    """Without those that say what the one before them says."""
    kept: list[ProfileLimit] = []
    for one in limits:
        if not kept or (kept[-1].rate, kept[-1].phases) != (one.rate, one.phases):
            kept.append(one)
    return tuple(kept)
