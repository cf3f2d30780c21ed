"""How the vehicles of a fleet stand now: what is in them, what they are plugged in to, and what is planned for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.fleets import filling, store, timetable
from laddnav.fleets.model import (
    Alert,
    Block,
    Content,
    Departure,
    Depot,
    Fleet,
    Outlook,
    Plugged,
    Standing,
    Swap,
    Trip,
    Vehicle,
)
from laddnav.fleets.outlook import outlooks
from laddnav.fleets.readiness import over_at
from laddnav.kit.energy import Energy
from laddnav.kit.ids import fold
from laddnav.kit.power import Power, kw
from laddnav.locations import actions as locations
from laddnav.locations.model import Connector, Evse, Location, Status
from laddnav.readings import actions as readings
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import Session
from laddnav.sessions.model import Status as SessionStatus
from laddnav.sites import actions as sites
from laddnav.sites.model.plan import SitePlan

AHEAD = timedelta(hours=36)
# Trips further back say nothing about a battery that was filled since, or is counted as empty by now.
BACK = timedelta(days=14)
MISSED_SHOWN = timedelta(hours=2)
SAID_WITHIN = timedelta(minutes=30)  # a state of charge that a station told longer ago is not what it is now
AFTER_PLAN = timedelta(days=3)
_DAY = timedelta(days=1)
BROKEN = (Status.OUTOFORDER, Status.INOPERATIVE, Status.REMOVED, Status.UNKNOWN)

NO_POWER = Power(Decimal(0))


class Board(Struct, frozen=True, kw_only=True):
    """A fleet at an instant. `trips` are also those that are under way; `standings` and `sessions` are by vehicle."""

    fleet: Fleet
    at: datetime
    standings: Mapping[str, Standing]
    sessions: Mapping[str, Session]
    trips: tuple[Trip, ...]
    outlooks: tuple[Outlook, ...]
    missed: tuple[Alert, ...]


class Yard(Struct, frozen=True, kw_only=True):
    """What stands at a depot: its Evses, and which of them work."""

    location: Location
    working: Mapping[str, bool]  # by folded Evse uid

    def evse(self, uid: str) -> Evse | None:
        return next((one for one in self.location.evses if fold(one.uid) == fold(uid)), None)

    def works(self, uid: str) -> bool:
        return self.working.get(fold(uid), False)

    def plugs(self) -> Sequence[Connector]:
        """Of the Evses that work."""
        return [plug for evse in self.location.evses if self.works(evse.uid) for plug in evse.connectors]


async def board(unit: Unit, fleet: Fleet, ahead: timedelta = AHEAD) -> Board:
    """Every departure of the next hours, and how it looks."""
    vehicles = await store.vehicles(unit, fleet)
    contents = await store.contents(unit, fleet)
    known_since = min((one.at for one in contents.values()), default=unit.now)
    since = min(max(known_since, unit.now - BACK), unit.now) - _DAY
    trips = await trips_of(unit, fleet, vehicles, since, unit.now + ahead)
    charging = await _charging(unit, fleet)
    yards = await _yards(unit, fleet)
    own = [one for one in charging.values() if one.owner == one.holder]
    said = await readings.states_of_charge(unit, fleet.holder, [one.id for one in own], unit.now - SAID_WITHIN)
    plans: dict[str, SitePlan | None] = {}
    standings = {}
    for vehicle in vehicles:
        session, yard = charging.get(vehicle.ref), yards.get(vehicle.depot)
        its = [one for one in trips if one.vehicle == vehicle.ref]
        base = contents.get(vehicle.ref) or filling.unknown(unit.now - BACK)
        content = content_now(vehicle, base, its, session, None if session is None else said.get(session.id), unit.now)
        plugged = None
        if session is not None and yard is not None and _is_at(session, yard):
            plugged = await _plugged(unit, vehicle, session, yard, plans)
        standings[vehicle.ref] = Standing(
            vehicle=vehicle,
            content=content,
            home_at=home_at(its, None if plugged is None else plugged.since_at, unit.now),
            plugged=plugged,
            fastest=_fastest(vehicle, yard),
        )
    return Board(
        fleet=fleet,
        at=unit.now,
        standings=standings,
        sessions=charging,
        trips=tuple(one for one in trips if over_at(one) > unit.now - _DAY),
        outlooks=outlooks(standings, trips, unit.now),
        missed=tuple(await store.missed(unit, fleet, unit.now - MISSED_SHOWN)),
    )


async def trips_of(
    unit: Unit, fleet: Fleet, vehicles: Sequence[Vehicle], since: datetime, until: datetime
) -> tuple[Trip, ...]:
    """What leaves in this time, in its order."""
    departures: Sequence[Departure] = await store.departures(unit, fleet)
    swaps: Sequence[Swap] = await store.swaps(unit, fleet, since.date() - _DAY)
    zones = {one.ref: _depot(fleet, one).time_zone for one in vehicles}
    return timetable.trips(departures, swaps, zones, since, until)


def _depot(fleet: Fleet, vehicle: Vehicle) -> Depot:
    found = fleet.depot(vehicle.depot)
    assert found is not None, "a vehicle stands at a depot of its fleet, and no depot is ever taken away"
    return found


# What is in it --------------------------------------------------------------------------------------------------------


def content_now(
    vehicle: Vehicle,
    base: Content,
    trips: Sequence[Trip],
    session: Session | None,
    said: tuple[datetime, Decimal] | None,
    now: datetime,
) -> Content:
    """From what was known last: less what it drove since, and with what the charge under way gave it."""
    if session is None:
        return filling.driven(base, vehicle, trips, now)
    content = base
    if content.at < session.started_at:
        content = filling.over(filling.driven(base, vehicle, trips, session.started_at))
    if said is not None and said[0] > content.at:
        at, percent = said
        content = filling.told(vehicle, percent, at, charged=session.energy, odometer=content.odometer)
    return filling.counted(content, vehicle, session.energy, now)


def home_at(trips: Sequence[Trip], plugged_at: datetime | None, now: datetime) -> datetime | None:
    """When it came, or comes, back to its depot; None: nobody knows."""
    if plugged_at is not None:
        return max((over_at(one) for one in trips if over_at(one) <= plugged_at), default=None)
    return max((over_at(one) for one in trips if one.departs_at <= now), default=None)


async def _charging(unit: Unit, fleet: Fleet) -> dict[str, Session]:
    """By vehicle."""
    found = {}
    for vehicle, (owner, id) in (await store.under_way(unit, fleet)).items():
        session = await sessions.find(unit, fleet.holder, owner, id)
        if session is not None and session.status is SessionStatus.ACTIVE:
            found[vehicle] = session
    return found


# Where it stands ------------------------------------------------------------------------------------------------------


async def _yards(unit: Unit, fleet: Fleet) -> dict[str, Yard]:
    """By depot."""
    found = {}
    for depot in fleet.depots:
        location = await locations.find(unit, fleet.holder, fleet.holder, depot.location_id)
        if location is None:
            continue
        away = {
            fold(where.evse_uid)
            for station in await locations.stations_at(unit, fleet.holder, location.id)
            for _, where in station.evses
            if station.connected_at is None
        }
        working = {fold(one.uid): one.status not in BROKEN and fold(one.uid) not in away for one in location.evses}
        found[depot.id] = Yard(location=location, working=working)
    return found


def _is_at(session: Session, yard: Yard) -> bool:
    here = session.owner == session.holder and fold(session.location_id) == fold(yard.location.id)
    return here and yard.evse(session.evse_uid) is not None


def _fastest(vehicle: Vehicle, yard: Yard | None) -> Power:
    plugs = () if yard is None else yard.plugs()
    return max((filling.power_at(vehicle, plug) for plug in plugs), default=NO_POWER)


async def _plugged(
    unit: Unit, vehicle: Vehicle, session: Session, yard: Yard, plans: dict[str, SitePlan | None]
) -> Plugged:
    evse = yard.evse(session.evse_uid)
    assert evse is not None, "it is at this place"
    plug = next((one for one in evse.connectors if fold(one.id) == fold(session.connector_id)), evse.connectors[0])
    power_max = filling.power_at(vehicle, plug)
    return Plugged(
        session=session.ref,
        location_id=session.location_id,
        evse=evse.physical_reference or evse.evse_id or evse.uid,
        since_at=session.started_at,
        energy=session.energy,
        power_max=power_max,
        works=yard.works(evse.uid),
        planned=await _planned(unit, session, power_max, plans),
    )


async def _planned(
    unit: Unit, session: Session, power_max: Power, plans: dict[str, SitePlan | None]
) -> tuple[Block, ...] | None:
    """What the plan of the site gives it; what comes after the plan is open, and counts as all that it takes."""
    if session.station_id is None or session.evse_no is None:
        return None
    site = await sites.site_of(unit, session.holder, session.station_id, session.evse_no)
    if site is None:
        return None
    if site.id not in plans:
        plans[site.id] = await sites.plan_of(unit, session.holder, site.id)
    plan = plans[site.id]
    return None if plan is None else blocks(plan, session.id, power_max)


def blocks(plan: SitePlan, session_id: str, power_max: Power) -> tuple[Block, ...] | None:
    """None: the plan does not know this charge yet."""
    car = next((one for one in plan.cars if one.session_id == session_id), None)
    if car is None:
        return None
    step = timedelta(minutes=plan.step_minutes)
    found: list[Block] = []
    for number, power in enumerate(car.power):
        if power <= 0:
            continue
        begin_at = plan.start_at + step * number
        exact = kw(Decimal(str(round(power, 3))))
        if found and found[-1].end_at == begin_at and found[-1].power == exact:
            found[-1] = replace(found[-1], end_at=begin_at + step)
        else:
            found.append(Block(begin_at=begin_at, end_at=begin_at + step, power=exact))
    end_at = plan.start_at + step * len(car.power)
    return (*found, Block(begin_at=end_at, end_at=end_at + AFTER_PLAN, power=power_max))


def wanted(session: Session, missing: Energy) -> Energy:
    """What the charge has to give in all, by its meter, to a tenth of a kWh upwards."""
    more = Energy(missing.wh / filling.EFFICIENCY)
    return (session.energy + more).up_to(Energy(Decimal(100)))
