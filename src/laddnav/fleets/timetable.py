"""When vehicles leave: a timetable by the clock at the depot as instants, also on days on which that clock changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from laddnav.fleets.model import Departure, Swap, Trip

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


def shown_at(on: date, at: time, zone: str) -> datetime:
    """The first instant at which the clock there has come to this time of this day.

    A time that is skipped is when the clock is put forward, and of one that comes twice it is the first: a vehicle is
    rather ready too early.
    """
    there = ZoneInfo(zone)
    said = datetime.combine(on, at)
    early, late = sorted(said.replace(tzinfo=there, fold=fold).astimezone(UTC) for fold in (0, 1))
    if early.astimezone(there).replace(tzinfo=None) == said:
        return early
    # It is skipped. `early` shows an earlier time and `late` a later one; the clock is put forward between the two.
    while late - early > _SECOND:
        middle = early + (late - early) // 2 // _SECOND * _SECOND
        early, late = (early, middle) if middle.astimezone(there).replace(tzinfo=None) >= said else (middle, late)
    return late


def runs(departure: Departure, on: date) -> bool:
    """Whether it leaves on this day."""
    begun = departure.begins_on is None or departure.begins_on <= on
    over = departure.ends_on is not None and on > departure.ends_on
    return begun and not over and on.isoweekday() in departure.days and on not in departure.but_on


def trips(
    departures: Iterable[Departure],
    swaps: Iterable[Swap],
    zones: Mapping[str, str],
    since_at: datetime,
    until_at: datetime,
) -> tuple[Trip, ...]:
    """Those that leave in this time, in its order. `zones`: of the vehicles' depots, by vehicle."""
    instead = {(one.departure, one.on): one.vehicle for one in swaps}
    found = [
        one
        for departure in departures
        if departure.vehicle in zones
        for one in _of(departure, instead, zones[departure.vehicle], since_at, until_at)
    ]
    return tuple(sorted(found, key=lambda one: (one.departs_at, one.id, one.departure)))


def _of(
    departure: Departure, instead: Mapping[tuple[str, date], str], zone: str, since_at: datetime, until_at: datetime
) -> Iterator[Trip]:
    there = ZoneInfo(zone)
    on, last = since_at.astimezone(there).date() - _DAY, until_at.astimezone(there).date()
    while on <= last:
        if runs(departure, on):
            departs_at = shown_at(on, departure.at, zone)
            if since_at <= departs_at < until_at:
                yield _trip(departure, on, departs_at, instead.get((departure.ref, on)), zone)
        on += _DAY


def _trip(departure: Departure, on: date, departs_at: datetime, instead: str | None, zone: str) -> Trip:
    back_at = None
    if departure.back is not None:
        next_day = departure.back <= departure.at
        back_at = max(shown_at(on + _DAY if next_day else on, departure.back, zone), departs_at)
    return Trip(
        departure=departure.ref,
        id=departure.id,
        on=on,
        vehicle=instead or departure.vehicle,
        departs_at=departs_at,
        back_at=back_at,
        need=departure.need,
        note=departure.note,
        swapped_for=None if instead in (None, departure.vehicle) else departure.vehicle,
    )
