"""Who will come to a site, by who came on the busiest of the days that were like this one; pure.

A plan keeps room for them beside the cars that are there, if the site says so (`keeps_room`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from laddnav.kit.time import hours
from laddnav.scheduling.site import Car, Wish
from laddnav.sessions.model import Stay
from laddnav.sites import fuses
from laddnav.sites.facts import Facts, Key, kw_of
from laddnav.sites.fuses import phases
from laddnav.sites.model import Member, Site

# Days that are looked back on: ten workdays, and four days of weekends.
BACK = timedelta(days=14)
# kWh that a plug's fallback, which is kept free anyhow, leaves of what somebody takes; less is nobody.
WORTH_KEEPING = 0.5
SATURDAY = 5


def key_of(one: Stay) -> Key:
    return one.station_id, one.evse_no


def usual(site: Site, past: Iterable[Stay], now: datetime, until: datetime) -> list[Stay]:
    """Who comes from now on and before `until`, in order: on each day as on the busiest of its kind before today.

    Workdays are of one kind, Saturdays and Sundays of another; nobody knows of holidays here.
    """
    zone = ZoneInfo(site.time_zone)
    today = now.astimezone(zone).date()
    by_day: dict[date, list[Stay]] = {}
    for one in past:
        day = one.started_at.astimezone(zone).date()
        if day < today:
            by_day.setdefault(day, []).append(one)
    found = [
        replace(one, started_at=_on(day, one.started_at, zone), ended_at=_on(day, one.ended_at, zone, one.started_at))
        for day in _days(today, until.astimezone(zone).date())
        for one in _busiest(by_day, weekend=day.weekday() >= SATURDAY)
    ]
    return sorted((one for one in found if now < one.started_at < until), key=lambda one: (one.started_at, key_of(one)))


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


def waits(facts: Facts) -> bool:
    """Whether anybody who is there waits for a better hour because it was said when he leaves.

    Who does not wait draws all that is free already; and for stays that are guessed themselves, room gains nothing
    (docs/decisions/0059-a-site-keeps-room-for-who-usually-comes.md).
    """
    return any(one.said and one.wish is not Wish.NOW for one in map(facts.need, facts.sessions.values()))


def guessed(facts: Facts, past: Sequence[Stay]) -> list[Car]:
    """The cars that room is to be kept for: until the last that is there has left, on plugs that are free by then.

    Where the usual plug is taken, somebody takes another one, of the same panel first; where all are, nobody comes.
    What a plug's fallback gives is kept free already and not kept again.
    """
    free_at = {key: facts.need(one).departs_at for key, one in facts.sessions.items()}
    found = []
    for number, one in enumerate(usual(facts.site, past, facts.at, max(free_at.values(), default=facts.at))):
        member = _plug(facts, one, free_at)
        if member is None:
            continue
        free_at[(member.station_id, member.evse_no)] = one.ended_at
        car = _car(facts.site, member, one, number)
        if car is not None:
            found.append(car)
    return found


def _plug(facts: Facts, one: Stay, free_at: Mapping[Key, datetime]) -> Member | None:
    """Of those that are free when it comes, the usual one before all, then one of the same panel."""
    members = {(member.station_id, member.evse_no): member for member in facts.site.members}
    home = members.get(key_of(one))
    free = [
        member
        for key, member in members.items()
        if member.station_id in facts.online
        and free_at.get(key, one.started_at) <= one.started_at
        and not _out(facts, key)
    ]
    panel = None if home is None else home.panel
    return min(free, key=lambda member: (member is not home, member.panel != panel), default=None)


def _out(facts: Facts, key: Key) -> bool:
    standing = facts.standings.get(key)
    return standing is not None and standing.ban is not None


def _car(site: Site, member: Member, one: Stay, number: int) -> Car | None:
    """What it draws beyond the fallback of its plug; it may draw as little as it likes. None: the fallback will do."""
    used, kept = phases(member), float(member.fallback_amps)
    beyond = float(one.energy.kwh) - kw_of(site, kept, used) * float(hours(one.ended_at - one.started_at))
    if beyond < WORTH_KEEPING or member.amps_max <= member.fallback_amps:
        return None
    return Car(
        id=f"usual {number}",
        panel=fuses.outlet(site, member).panel,
        phases=used,
        since_at=one.started_at,
        until_at=one.ended_at,
        energy=beyond,
        amps_max=float(member.amps_max) - kept,
        amps_min=0.0,
        wish=Wish.CHEAP,
    )
