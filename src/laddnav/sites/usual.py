"""Who will come to a site, by who came on the busiest of the days that were like this one; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from laddnav.sessions.model import Stay
from laddnav.sites.facts import Key
from laddnav.sites.model.site import Site

# Days that are looked back on: ten workdays, and four days of weekends.
BACK = timedelta(days=14)
SATURDAY = 5
# A workday is taken for a day off where so many had come by this time, and of them less than this share has.
ENOUGH, FEW = 4, 1 / 3


def key_of(one: Stay) -> Key:
    return one.station_id, one.evse_no


def usual(
    site: Site, past: Iterable[Stay], now: datetime, until: datetime, begun: Iterable[datetime] = ()
) -> list[Stay]:
    """Who comes from now on and before `until`, in order: on each day as on the busiest of its kind before today.

    Workdays are of one kind, Saturdays and Sundays of another. `begun`: when those came who are there; a workday to
    which hardly anybody has come is a day off, whatever the calendar says.
    """
    zone = ZoneInfo(site.time_zone)
    today = now.astimezone(zone).date()
    came = [at.astimezone(zone) for at in begun]
    by_day: dict[date, list[Stay]] = {}
    for one in past:
        at = one.started_at.astimezone(zone)
        if at.date() < today:
            by_day.setdefault(at.date(), []).append(one)
        else:
            came.append(at)
    off = _is_off(_busiest(by_day, weekend=False), sum(at.date() == today for at in came), now.astimezone(zone))
    found = [
        replace(one, started_at=_on(day, one.started_at, zone), ended_at=_on(day, one.ended_at, zone, one.started_at))
        for day in _days(today, until.astimezone(zone).date())
        for one in _busiest(by_day, weekend=day.weekday() >= SATURDAY or (off and day == today))
    ]
    return sorted((one for one in found if now < one.started_at < until), key=lambda one: (one.started_at, key_of(one)))


def _is_off(workday: Sequence[Stay], came: int, now: datetime) -> bool:
    """`came`: so many until `now`, which is by the clock there."""
    usually = sum(one.started_at.astimezone(now.tzinfo).time() < now.time() for one in workday)
    return usually >= ENOUGH and came < FEW * usually


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def _busiest(by_day: Mapping[date, Sequence[Stay]], *, weekend: bool) -> Sequence[Stay]:
    """The latest one, where two were as busy."""
    alike = [day for day in sorted(by_day) if (day.weekday() >= SATURDAY) == weekend]
    return max(
        (by_day[day] for day in reversed(alike)),
        key=lambda came: sum(float(one.energy.kwh) for one in came),
        default=(),
    )


def _on(day: date, at: datetime, zone: ZoneInfo, started_at: datetime | None = None) -> datetime:
    """The same time by the clock there, on that day or, counted from the day of `started_at`, on one after it."""
    here = at.astimezone(zone)
    after = here.date() - (started_at or at).astimezone(zone).date()
    return datetime.combine(day + after, here.time(), zone).astimezone(at.tzinfo)
