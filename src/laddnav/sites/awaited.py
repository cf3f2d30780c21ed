"""For whom a plan keeps room beside the cars that are there, if the site says so (`keeps_room`); pure.

Vehicles whose fleet knows when they are back come by their timetables, everybody else as usual.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from laddnav.kit.ids import fold
from laddnav.kit.time import hours
from laddnav.scheduling.site import Car, Wish
from laddnav.sessions.model import Stay
from laddnav.sites import fuses
from laddnav.sites.facts import Facts, Key, kw_of
from laddnav.sites.fuses import phases
from laddnav.sites.model.site import Member, Site
from laddnav.sites.model.told import Arrival
from laddnav.sites.usual import key_of, usual

# kWh that a plug's fallback, which is kept free anyhow, leaves of what somebody takes; less is nobody.
WORTH_KEEPING = 0.5


class Coming(Struct, frozen=True, kw_only=True):
    """`plug`: where it usually stands; None: anywhere. A vehicle draws `amps_max` at most, from so many `phases`."""

    since_at: datetime
    until_at: datetime
    energy: float
    plug: Key | None = None
    amps_max: float | None = None
    phases: int = 3
    timetabled: bool = False


class Awaited(Struct, frozen=True, kw_only=True):
    """The cars that room is to be kept for, and how many of them come by their timetables."""

    cars: tuple[Car, ...] = ()
    timetabled: int = 0


def waits(facts: Facts) -> bool:
    """Whether anybody who is there waits for a better hour because it was said when he leaves.

    Who does not wait draws all that is free already; and for stays that are guessed themselves, room gains nothing
    (docs/decisions/0059-a-site-keeps-room-for-who-usually-comes.md).
    """
    return any(one.said and one.wish is not Wish.NOW for one in map(facts.need, facts.sessions.values()))


def awaited(
    facts: Facts, past: Sequence[Stay], arrivals: Sequence[Arrival] = (), theirs: Collection[str] = ()
) -> Awaited:
    """Until the last that is there has left, on plugs that are free by then.

    Where the usual plug is taken, somebody takes another one, of the same panel first; where all are, nobody comes.
    What a plug's fallback gives is kept free already and not kept again. `theirs`: charges of vehicles that come by
    timetables, which say nothing of who usually comes.
    """
    free_at = {key: facts.need(one).departs_at for key, one in facts.sessions.items()}
    until = max(free_at.values(), default=facts.at)
    others = [one.started_at for one in facts.sessions.values() if fold(one.id) not in theirs]
    usually = usual(facts.site, [one for one in past if one.session_id not in theirs], facts.at, until, others)
    coming = [
        *(_by_timetable(one, facts.at) for one in arrivals),
        *(
            Coming(since_at=one.started_at, until_at=one.ended_at, energy=float(one.energy.kwh), plug=key_of(one))
            for one in usually
        ),
    ]
    cars: list[Car] = []
    timetabled = 0
    for one in sorted(coming, key=lambda one: one.since_at):
        member = _plug(facts, one, free_at) if one.since_at < min(until, one.until_at) else None
        if member is None:
            continue
        free_at[(member.station_id, member.evse_no)] = one.until_at
        car = _car(facts.site, member, one, len(cars))
        if car is not None:
            cars.append(car)
            timetabled += one.timetabled
    return Awaited(cars=tuple(cars), timetabled=timetabled)


def _by_timetable(one: Arrival, now: datetime) -> Coming:
    return Coming(
        since_at=max(one.since_at or now, now),
        until_at=one.until_at,
        energy=float(one.energy_kwh),
        amps_max=float(one.amps_max),
        phases=one.phases,
        timetabled=True,
    )


def _plug(facts: Facts, one: Coming, free_at: Mapping[Key, datetime]) -> Member | None:
    """Of those that are free when it comes, the usual one before all, then one of the same panel."""
    members = {(member.station_id, member.evse_no): member for member in facts.site.members}
    home = None if one.plug is None else members.get(one.plug)
    free = [
        member
        for key, member in members.items()
        if member.station_id in facts.online and free_at.get(key, one.since_at) <= one.since_at and not _out(facts, key)
    ]
    panel = None if home is None else home.panel
    return min(free, key=lambda member: (member is not home, member.panel != panel), default=None)


def _out(facts: Facts, key: Key) -> bool:
    standing = facts.standings.get(key)
    return standing is not None and standing.ban is not None


def _car(site: Site, member: Member, one: Coming, number: int) -> Car | None:
    """What it draws beyond the fallback of its plug; it may draw as little as it likes. None: the fallback will do."""
    used, kept = phases(member)[: one.phases], float(member.fallback_amps)
    most = float(member.amps_max) if one.amps_max is None else min(float(member.amps_max), one.amps_max)
    beyond = one.energy - kw_of(site, min(kept, most), used) * float(hours(one.until_at - one.since_at))
    if beyond < WORTH_KEEPING or most <= kept:
        return None
    return Car(
        id=f"expected {number}",
        panel=fuses.outlet(site, member).panel,
        phases=used,
        since_at=one.since_at,
        until_at=one.until_at,
        energy=beyond,
        amps_max=most - kept,
        amps_min=0.0,
        wish=Wish.CHEAP,
    )
