"""Where inside a stretch a price may change, and how much energy had flowed by then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from laddnav.kit.energy import Energy
from laddnav.metering.model import Stretch
from laddnav.pricing.offers import Offers

_DAY = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)


class Cut(Struct, frozen=True, order=True):
    """A moment inside a stretch; `passed` is the energy of the stretch until then, on a straight line."""

    at: datetime
    passed: Energy


def cuts(stretch: Stretch, offers: Offers, *, zone: ZoneInfo, opened_at: datetime, used: Energy) -> list[Cut]:
    """In order of time. A border that turns out to change nothing does no harm; a missed one would."""
    start, end = stretch.started_at, stretch.ended_at
    instants = [opened_at + length for length in offers.lengths]
    if offers.times_of_day:
        instants += _wall_clock(offers.times_of_day, zone, start, end)
    found = [
        Cut(instant, stretch.energy.during(instant - start, end - start))
        for instant in instants
        if start < instant < end
    ]
    for border in offers.energies:
        passed = border - used
        if passed.wh > 0 and passed < stretch.energy:
            found.append(Cut(_reached(stretch, passed), passed))
    return sorted(found)


def _reached(stretch: Stretch, passed: Energy) -> datetime:
    microseconds = passed.wh * (stretch.length // _MICROSECOND) // stretch.energy.wh
    return stretch.started_at + timedelta(microseconds=int(microseconds))


def _wall_clock(times: tuple[time, ...], zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[datetime]:
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


def _clock_change(zone: ZoneInfo, start: datetime, end: datetime) -> datetime:
    """The first instant after `start` with the offset of `end`."""
    offset = end.astimezone(zone).utcoffset()
    while end - start > _MICROSECOND:
        middle = start + (end - start) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            end = middle
        else:
            start = middle
    return end
