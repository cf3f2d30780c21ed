"""Verbs that go on by themselves: whose vehicle charges, what it needs, and whether every departure can be kept."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from msgspec.structs import replace

from laddnav.db.unit import Database, Unit
from laddnav.fleets import filling, signs, store
from laddnav.fleets.actions.expecting import expect
from laddnav.fleets.actions.standing import Board, board, trips_of
from laddnav.fleets.events import DepartureAtRisk, DepartureEvent, DepartureMissed, DepartureSaved, FleetChanged
from laddnav.fleets.model import Alert, Content, Fleet, How, Outlook, Vehicle
from laddnav.fleets.outlook import news
from laddnav.fleets.stands import content_now, wanted
from laddnav.kit.energy import Energy, kwh
from laddnav.kit.ids import PartyId, fold
from laddnav.kit.refusal import Refusal
from laddnav.readings import actions as readings
from laddnav.sessions import actions as sessions
from laddnav.sessions.actions import preferring
from laddnav.sessions.events import SessionEvent
from laddnav.sessions.model import Preferences, ProfileType, Session, Status, Voice
from laddnav.sites import actions as sites
from laddnav.sites.events import PlanMade

log = structlog.get_logger()

FLEETS = 1_000  # looked after
_DAY = timedelta(days=1)
# A plan is not made anew for less than this.
WORTH_SAYING = kwh(1)
ENDED = (Status.SETTLING, Status.COMPLETED, Status.INVALID)


# What is heard --------------------------------------------------------------------------------------------------------


async def vehicle_plugged_in(database: Database, event: SessionEvent) -> None:
    """Hears that a car charges, here or with a partner: if it is a vehicle of a fleet, its departure says what for."""
    async with database.unit() as unit:
        session = await sessions.find(unit, event.holder, PartyId.parse(event.owner), event.session_id)
        if session is None:
            return
        keys = signs.keys_shown(session.token.uid, session.token.contract_id)
        vehicle = await store.shown(unit, event.holder, keys)
        if vehicle is None or not await store.put_charge(unit, vehicle, session.owner, session.id, session.started_at):
            return
        fleet = await store.find(unit, vehicle.fleet)
        if fleet is None:
            return
        await _keep_content(unit, fleet, vehicle, session)
    await look(database, fleet)


async def vehicle_unplugged(database: Database, event: SessionEvent) -> None:
    """Hears that a charge is over, or came to nothing."""
    async with database.unit() as unit:
        found = await store.charge_of(unit, event.holder, event.owner, event.session_id)
        if found is None:
            return
        fleet = await store.find(unit, found[1])
        session = await sessions.find(unit, event.holder, PartyId.parse(event.owner), event.session_id)
        if fleet is None or session is None:
            return
        await _over(unit, fleet, found[0], session)
    await look(database, fleet)


async def site_planned(database: Database, event: PlanMade) -> None:
    """Hears that another plan is in force where vehicles stand."""
    async with database.unit() as unit:
        try:
            site = await sites.fetch(unit, event.holder, event.site_id)
        except Refusal:  # it is gone since
            return
        there = {fold(one) for one in site.location_ids}
        fleets = [
            one
            for one in await store.page(unit, event.holder, None, FLEETS)
            if not there or any(fold(depot.location_id) in there for depot in one.depots)
        ]
    for fleet in fleets:
        await look(database, fleet)


async def look_after(database: Database) -> int:
    """Every fleet: charges that ended unheard, what vehicles need, which departures are at risk; says how many."""
    async with database.unit() as unit:
        fleets = await store.page(unit, None, None, FLEETS)
    for fleet in fleets:
        await _end_unheard(database, fleet)
        await look(database, fleet)
    return len(fleets)


async def _end_unheard(database: Database, fleet: Fleet) -> None:
    """Of a partner's charge nobody says that it ended but the partner, by a change."""
    async with database.unit() as unit:
        for vehicle, (owner, id) in (await store.under_way(unit, fleet)).items():
            session = await sessions.find(unit, fleet.holder, owner, id)
            if session is not None and session.status in ENDED:
                await _over(unit, fleet, vehicle, session)


# What is made of it ---------------------------------------------------------------------------------------------------


async def look(database: Database, fleet: Fleet) -> None:
    """Tell sites who will come, charges what they are for, and whoever follows what is at risk."""
    async with database.unit() as unit:
        seen = await board(unit, fleet)
        await expect(unit, fleet, seen)
    first = _first_of_each(seen)
    for vehicle, session in seen.sessions.items():
        wants = to_say(session, first.get(vehicle)) if session.owner == session.holder else None
        if wants is not None:
            await _prefer(database, session, wants)
    async with database.unit() as unit:
        changed = await _tell(unit, fleet, seen)
    if changed:
        database.wake()


def _first_of_each(seen: Board) -> dict[str, Outlook]:
    """What each vehicle leaves for next."""
    first: dict[str, Outlook] = {}
    for one in seen.outlooks:
        first.setdefault(one.vehicle.ref, one)
    return first


async def _prefer(database: Database, session: Session, wants: Preferences) -> None:
    try:
        async with database.unit() as unit:
            await preferring.prefer(unit, session.holder, session.id, wants, by=Voice.FLEET)
    except Refusal as error:  # it ended meanwhile, or nothing is priced there
        log.info("departure_not_preferred", session=session.id, error=str(error))


def to_say(session: Session, outlook: Outlook | None) -> Preferences | None:
    """What a fleet has to say of a charge now; None: nothing that it has not said.

    Of one that leaves for nothing any more it takes back, once, that it may give back.
    """
    before = next((one.wants for one in reversed(session.preferred) if one.by is Voice.FLEET), None)
    if outlook is not None and outlook.plugged is not None:
        wants = said_for(outlook, wanted(session, outlook.readiness.missing))
        return wants if before is None or _differs(before, wants) else None
    if before is None or not before.may_discharge:
        return None
    return replace(before, may_discharge=False, energy_least=None)


def said_for(outlook: Outlook, energy: Energy) -> Preferences:
    """What the fleet says of a charge; by what its battery surely holds it may be emptied so far, where it may."""
    vehicle, content = outlook.vehicle, outlook.content
    wants = Preferences(profile=ProfileType.CHEAP, departs_at=outlook.trip.departs_at, energy=energy)
    if vehicle.gives_back_to_percent >= 100:
        return wants
    least = vehicle.share(vehicle.gives_back_to_percent) - content.low + content.charged
    return replace(wants, may_discharge=True, energy_least=least)


def _differs(before: Preferences, wants: Preferences) -> bool:
    """By enough that a plan is made anew for it."""
    if (before.departs_at, before.may_discharge) != (wants.departs_at, wants.may_discharge):
        return True
    pairs = ((before.energy, wants.energy), (before.energy_least, wants.energy_least))
    return any(_apart(one, other) for one, other in pairs)


def _apart(one: Energy | None, other: Energy | None) -> bool:
    if one is None or other is None:
        return one is not other
    return abs(one.wh - other.wh) >= WORTH_SAYING.wh


async def _tell(unit: Unit, fleet: Fleet, seen: Board) -> bool:
    """Each cause once, for as long as it lasts."""
    found = news(await store.open_alerts(unit, fleet), seen.outlooks, unit.now)
    for outlook in found.raised:
        await _raise(unit, fleet, outlook)
    for alert in found.cured:
        store.end_alert(unit, replace(alert, cured_at=unit.now))
        unit.announce(_said(DepartureSaved, alert))
    for alert in found.missed:
        store.end_alert(unit, replace(alert, missed_at=unit.now))
        unit.announce(_said(DepartureMissed, alert))
    return bool(found.raised or found.cured or found.missed)


async def _raise(unit: Unit, fleet: Fleet, outlook: Outlook) -> None:
    cause = outlook.readiness.cause
    assert cause is not None, "what is at risk has its cause"
    alert = Alert(
        holder=fleet.holder,
        fleet=fleet.ref,
        ref=unit.new_id(),
        departure=outlook.trip.departure,
        on=outlook.trip.on,
        vehicle=outlook.vehicle.ref,
        cause=cause,
        short=outlook.readiness.short,
        departs_at=outlook.trip.departs_at,
        act_by=outlook.act_by,
        raised_at=unit.now,
    )
    if await store.insert_alert(unit, alert):
        unit.announce(
            DepartureAtRisk(
                holder=alert.holder,
                fleet=alert.fleet,
                departure=alert.departure,
                on=alert.on,
                vehicle=alert.vehicle,
                cause=cause.value,
                departs_at=alert.departs_at,
                act_by=alert.act_by,
                short_wh=int(alert.short.wh),
            )
        )


def _said(kind: type[DepartureSaved] | type[DepartureMissed], alert: Alert) -> DepartureEvent:
    return kind(
        holder=alert.holder,
        fleet=alert.fleet,
        departure=alert.departure,
        on=alert.on,
        vehicle=alert.vehicle,
        cause=alert.cause.value,
    )


# What is in the battery -----------------------------------------------------------------------------------------------


async def _keep_content(unit: Unit, fleet: Fleet, vehicle: Vehicle, session: Session) -> None:
    """As it is now, so that what comes is counted from here."""
    content = await _content(unit, fleet, vehicle, session, unit.now)
    if content.how is not How.UNKNOWN:
        store.put_content(unit, vehicle, content)


async def _over(unit: Unit, fleet: Fleet, ref: str, session: Session) -> None:
    """The charge is over; what it gave stays in the battery."""
    at = session.ended_at or unit.now
    ended = await store.end_charge(unit, fleet.holder, str(session.owner), session.id, at)
    vehicle = await store.vehicle(unit, fleet.holder, ref)
    if ended is None or vehicle is None or session.status is Status.INVALID:
        return
    content = await _content(unit, fleet, vehicle, session, at)
    store.put_content(unit, vehicle, filling.over(replace(content, at=max(content.at, at))))
    unit.announce(FleetChanged(holder=fleet.holder, fleet=fleet.ref))


async def _content(unit: Unit, fleet: Fleet, vehicle: Vehicle, session: Session, at: datetime) -> Content:
    base = await store.content(unit, vehicle) or filling.unknown(session.started_at)
    trips = await trips_of(unit, fleet, await store.vehicles(unit, fleet), base.at - _DAY, unit.now)
    its = [one for one in trips if one.vehicle == vehicle.ref]
    said = await readings.states_of_charge(unit, fleet.holder, [session.id], session.started_at)
    return content_now(vehicle, base, its, session, said.get(session.id), at)
