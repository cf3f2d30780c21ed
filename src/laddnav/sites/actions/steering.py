"""Verbs by which a site is kept within its limits, second by second."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from msgspec import Struct

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId, fold
from laddnav.kit.refusal import Refusal
from laddnav.locations import actions as locations
from laddnav.readings import actions as readings
from laddnav.scheduling.notes import Said
from laddnav.sessions import actions as sessions
from laddnav.sessions.actions import limiting
from laddnav.sessions.events import Limiting, LimitsAnswered
from laddnav.sessions.model import Session
from laddnav.sites import needs, planning, steering, store
from laddnav.sites.actions.setting_up import wanted
from laddnav.sites.events import SiteLimited, StationBroughtBack, StationTakenOut
from laddnav.sites.facts import Facts, Key
from laddnav.sites.model.plan import SitePlan
from laddnav.sites.model.site import Site
from laddnav.sites.needs import Drawn
from laddnav.sites.pace import pace_of
from laddnav.sites.steering import Asking

# Readings from before then say nothing about now.
RECENT = timedelta(minutes=30)
_REQUEST = "site"  # how what a site asks of its Stations is told from what others ask


class Memory(Struct, kw_only=True):
    """What a process keeps of a site between two ticks, so as not to read it again; all of it is in the database."""

    sessions: tuple[Session, ...] = ()
    drawn: dict[str, tuple[Drawn, ...]] = {}
    plan: SitePlan | None = None


class Ticked(Struct, frozen=True, kw_only=True):
    """`busy`: something goes on there; `plan_due`: why another plan should be made."""

    busy: bool
    plan_due: Said | None


async def claim(unit: Unit, process: str, limit: int = 100) -> Sequence[tuple[PartyId, str, str]]:
    """(holder, id, ref) of sites that nobody watched; this process does from now on."""
    return await store.steering.claim(unit, process, limit)


async def nobody_watches(unit: Unit, process: str) -> None:
    """The process is gone: others watch over its sites."""
    await store.steering.release(unit, process)


async def steer(unit: Unit, holder: PartyId, site_id: str, *, process: str, memory: Memory) -> Ticked | None:
    """One tick: Stations are asked for less at once, and for more where there is room.

    None: the site is gone, or another process watches it.
    """
    found = await store.steering.watched(unit, holder, fold(site_id), process)
    if found is None:
        return None
    site, wants_plan = found
    facts = await gathered(unit, site, memory, lock=True)
    tick = steering.steered(facts)
    # In the order in which whoever keeps readings locks Sessions, so that nobody waits in a ring.
    refused = {
        one.session.id
        for one in sorted(tick.asked, key=lambda one: fold(one.session.id))
        if not await _wanted(unit, one)
    }
    after = [steering.unasked(one) if one.session_id in refused else one for one in tick.standings]
    store.members.put(unit, site.holder, fold(site.id), after)
    if tick.beside is not None:
        store.steering.put_beside(unit, site, tick.beside)
    if tick.battery != facts.battery_told:
        store.steering.put_battery_told(unit, site, tick.battery)
    if tick.roof != facts.roof_told:
        store.steering.put_roof_told(unit, site, tick.roof)
    for member in tick.fallbacks:
        unit.announce(wanted(site, member))
    for one in tick.out:
        unit.announce(StationTakenOut(holder=holder, site_id=site.id, station_id=one.station_id, evse_no=one.evse_no))
    for one in tick.back:
        unit.announce(
            StationBroughtBack(holder=holder, site_id=site.id, station_id=one.station_id, evse_no=one.evse_no)
        )
    for limit in tick.obeyed:
        store.told.limit_obeyed(unit, site, limit)
        unit.announce(SiteLimited(holder=holder, site_id=site.id))
    return Ticked(
        busy=bool(facts.sessions) or bool(tick.standings),
        plan_due=planning.due(facts, wants_plan),
    )


async def gathered(unit: Unit, site: Site, memory: Memory, *, lock: bool = False) -> Facts:
    """All that is known of a site now. With `lock`, nobody changes what its Stations were told before the Unit ends."""
    standings = store.members.by_evse(await store.members.of_site(unit, site, lock=lock))
    stations = await locations.stations_named(unit, {one.station_id for one in site.members})
    members = {(one.station_id, one.evse_no): one for one in site.members}
    charging = await sessions.charging_at(unit, site.holder, sorted(stations), memory.sessions)
    here = {key: one for one in charging if (key := key_of(one)) in members}
    known = {one.id: one.revision for one in memory.sessions}
    news = [one for one in here.values() if known.get(one.id) != one.revision]
    said = await readings.newest(unit, site.holder, [one.id for one in news], unit.now - RECENT)
    drawn = {one.id: memory.drawn[one.id] for one in here.values() if one.id in memory.drawn}
    drawn |= {one.id: needs.drawn(site, members[key_of(one)], said.get(one.id, ())) for one in news}
    memory.sessions, memory.drawn = tuple(here.values()), drawn
    memory.plan = await store.plans.newer(unit, site, memory.plan)
    battery_told, roof_told = await store.steering.told(unit, site)
    return Facts(
        site=site,
        at=unit.now,
        pace=pace_of(unit.clock),
        sessions=here,
        standings=standings,
        online=frozenset(id for id, one in stations.items() if one.connected_at is not None),
        drawn=drawn,
        measurements={one.place: one for one in await store.told.measurements(unit, site)},
        limits=await store.told.limits(unit, site, unit.now),
        beside=await store.steering.beside(unit, site),
        battery_told=battery_told,
        roof_told=roof_told,
        plan=memory.plan,
    )


def key_of(session: Session) -> Key:
    return session.station_id or "", session.evse_no or 0


async def _wanted(unit: Unit, one: Asking) -> bool:
    """False: there is nobody to ask any more."""
    session = one.session
    try:
        await limiting.set_limits(
            unit,
            session.holder,
            session.id,
            one.profile,
            by=session.holder,
            request=request_of(session, one.number),
            phases=one.phases,
        )
    except Refusal:
        return False
    return True


def request_of(session: Session, number: int) -> str:
    return f"{_REQUEST} {session.id} {number}"


async def answered(database: Database, event: LimitsAnswered) -> None:
    """Hears LimitsAnswered: what a Station made of what its site asked."""
    asked = _number(event)
    if event.what is not Limiting.SET or asked is None:
        return
    async with database.unit() as unit:
        session = await sessions.find(unit, event.holder, event.holder, event.session_id)
        if session is None:
            return
        found = await store.members.find(unit, event.holder, *key_of(session), lock=True)
        if found is None or found[1].session_id != session.id:
            return
        after = steering.answered(found[1], asked, event.result, pace_of(unit.clock).wall(unit.now))
        if after != found[1]:
            store.members.put(unit, event.holder, found[0], [after])


def _number(event: LimitsAnswered) -> int | None:
    """Of the Lease that was asked; None: somebody else asked for something."""
    words = (event.request or "").split(" ")
    if len(words) != 3 or words[0] != _REQUEST:
        return None
    return int(words[2])
