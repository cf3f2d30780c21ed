"""Where inside a stretch a price may change, and how much energy had flowed by then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta, tzinfo
from functools import lru_cache

from msgspec import Struct

from laddnav.kit.energy import NO_ENERGY, Energy
from laddnav.pricing.model import CannotPrice
from laddnav.pricing.offers import Offers

_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
_MICROSECOND = timedelta(microseconds=1)


# Some seconds of work.
_MOST_QUESTIONS = 10_000_000


class Cut(Struct, frozen=True, gc=False):
    """A moment inside a stretch; `passed` is the energy of the stretch until then, on a straight line."""

    at: datetime
    passed: Energy


def cuts(
    start: datetime,
    end: datetime,
    energy: Energy,
    offers: Offers,
    *,
    zone: tzinfo,
    opened_at: datetime,
    used: Energy,
    parked_at: datetime | None = None,
) -> list[Cut]:
    """In order of time. A border that turns out to change nothing does no harm; a missed one would."""
    if offers.borderless:
        return []
    instants = [opened_at + length for length in offers.lengths]
    if parked_at is not None:
        instants += [parked_at + length for length in offers.parking_lengths]
    if offers.times_of_day:
        instants += _wall_clock(offers.times_of_day, zone, start, end)
    found = [Cut(instant, energy.during(instant - start, end - start)) for instant in instants if start < instant < end]
    for border in offers.energies:
        passed = border - used
        # Energy that flows back passes borders downwards.
        if NO_ENERGY < passed < energy or energy < passed < NO_ENERGY:
            found.append(Cut(_reached(start, end, energy, passed), passed))
    # Where two are at the same instant, that which is reached first stands first.
    return sorted(found, key=lambda cut: (cut.at, abs(cut.passed.wh)))


def unbroken(
    start: datetime, end: datetime, energy: Energy, offers: Offers, *, zone: tzinfo, opened_at: datetime, used: Energy
) -> bool:
    """Whether a stretch of charging surely has no border in it, its first moment included: what priced the moment
    before it, whatever the power, prices all of it.
    """
    if offers.borderless:
        return True
    for length in offers.lengths:
        reached = opened_at + length
        if start < reached < end or reached == start:
            return False
    for border in offers.energies:
        if used.wh < border.wh < used.wh + energy.wh or border.wh == used.wh:
            return False
    if not offers.times_of_day:
        return True
    hour = start.replace(minute=0, second=0, microsecond=0)
    if end - hour > _HOUR:
        return False
    return not any(start < border < end or border == start for border in _of_hour(offers.times_of_day, zone, hour))


@lru_cache(maxsize=4096)
def _of_hour(times: tuple[time, ...], zone: tzinfo, hour: datetime) -> tuple[datetime, ...]:
    """The borders in it, its first moment included: charges in one zone under one tariff have them in common."""
    return tuple(_wall_clock(times, zone, hour - _MICROSECOND, hour + _HOUR))


def days_touched(since: datetime, until: datetime) -> int:
    """At most, whatever the clock at the place shows."""
    return (until - since).days + 2


def refuse_too_much(offers: Offers, count: int, days: int) -> None:
    """Raises CannotPrice for so many pieces, on so many days, that looking for their borders would take for ever.

    Each border is looked for in every piece, and where it lies in one every component is asked again. Of the times of
    day each lies in one piece only, for pieces follow each other.
    """
    times_of_day = len(offers.times_of_day)
    borders = count * (1 + offers.borders_each) + days * times_of_day
    looked_for, asked = borders + 2 * count * times_of_day, borders * offers.size
    if looked_for > _MOST_QUESTIONS or asked > _MOST_QUESTIONS:
        raise CannotPrice(f"{count} periods under {offers.size} components meet too many borders to be priced")


def _reached(start: datetime, end: datetime, energy: Energy, passed: Energy) -> datetime:
    microseconds = passed.wh * ((end - start) // _MICROSECOND) // energy.wh
    return start + timedelta(microseconds=int(microseconds))


def _wall_clock(times: tuple[time, ...], zone: tzinfo, start: datetime, end: datetime) -> Iterator[datetime]:
    """Each instant after `start` and before `end` at which the Location's clock shows one of `times`, or is changed.

    In the autumn hour that comes twice a time is shown twice; in the hour that spring leaves out it is never shown, and
    the change of the clock itself is the border.
    """
    while end - start > _DAY:  # no zone changes its clock twice within a day
        yield from _wall_clock(times, zone, start, start + _DAY)
        start += _DAY
        yield start
    first, last = start.astimezone(zone), end.astimezone(zone)
    if first.utcoffset() != last.utcoffset():
        changed_at = _clock_change(zone, start, end)
        yield from _wall_clock(times, zone, start, changed_at - _MICROSECOND)
        yield changed_at
        yield from _wall_clock(times, zone, changed_at, end)
        return
    shown, until = first.replace(tzinfo=None), last.replace(tzinfo=None)
    day = shown.date()
    while day <= until.date():
        for moment in times:
            wall = datetime.combine(day, moment)
            if shown < wall <= until:
                yield start + (wall - shown)
        day += _DAY


def _clock_change(zone: tzinfo, start: datetime, end: datetime) -> datetime:
    """The first instant after `start` with the offset of `end`."""
    offset = end.astimezone(zone).utcoffset()
    while end - start > _MICROSECOND:
        middle = start + (end - start) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            end = middle
        else:
            start = middle
    return end
