"""How the vehicles of a fleet stand now, by all that is known of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct

from laddnav.db.unit import Unit
from laddnav.fleets import filling, store, timetable
from laddnav.fleets.model import Alert, Content, Departure, Depot, Fleet, Outlook, Standing, Swap, Trip, Vehicle
from laddnav.fleets.outlook import outlooks
from laddnav.fleets.readiness import over_at
from laddnav.fleets.stands import Yard, is_at, standing, yard_of
from laddnav.locations import actions as locations
from laddnav.readings import actions as readings
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import Session, Status
from laddnav.sites import actions as sites
from laddnav.sites.model.plan import SitePlan

AHEAD = timedelta(hours=36)
# Trips further back say nothing about a battery that was filled since, or is counted as empty by now.
BACK = timedelta(days=14)
MISSED_SHOWN = timedelta(hours=2)
SAID_WITHIN = timedelta(minutes=30)  # a state of charge that a station told longer ago is not what it is now

_DAY = timedelta(days=1)


class Board(Struct, frozen=True, kw_only=True):
    """A fleet at an instant. `trips` are also those that are under way; `standings` and `sessions` are by vehicle."""

    fleet: Fleet
    at: datetime
    standings: Mapping[str, Standing]
    sessions: Mapping[str, Session]
    trips: tuple[Trip, ...]
    outlooks: tuple[Outlook, ...]
    missed: tuple[Alert, ...]


async def board(unit: Unit, fleet: Fleet, ahead: timedelta = AHEAD) -> Board:
    """Every departure of the next hours, and how it looks."""
    vehicles = await store.vehicles(unit, fleet)
    contents = await store.contents(unit, fleet)
    trips = await trips_of(unit, fleet, vehicles, _since(contents, unit.now), unit.now + ahead)
    charging = await _charging(unit, fleet)
    said = await _said(unit, fleet, charging)
    yards = await _yards(unit, fleet)
    plans = await _plans(unit, vehicles, charging, yards)
    standings = {
        one.ref: standing(
            one,
            base=contents.get(one.ref) or filling.unknown(unit.now - BACK),
            trips=[trip for trip in trips if trip.vehicle == one.ref],
            session=charging.get(one.ref),
            said=said.get(one.ref),
            yard=yards.get(one.depot),
            plan=plans.get(one.ref),
            now=unit.now,
        )
        for one in vehicles
    }
    return Board(
        fleet=fleet,
        at=unit.now,
        standings=standings,
        sessions=charging,
        trips=tuple(one for one in trips if over_at(one) > unit.now - _DAY),
        outlooks=outlooks(standings, trips, unit.now),
        missed=tuple(await store.missed(unit, fleet, unit.now - MISSED_SHOWN)),
    )


def _since(contents: Mapping[str, Content], now: datetime) -> datetime:
    """From when on trips tell what is in a vehicle."""
    known_since = min((one.at for one in contents.values()), default=now)
    return min(max(known_since, now - BACK), now) - _DAY


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
    assert found is not None, "a depot is taken away only once no vehicle belongs to it"
    return found


async def _charging(unit: Unit, fleet: Fleet) -> dict[str, Session]:
    """By vehicle."""
    found = {}
    for vehicle, (owner, id) in (await store.under_way(unit, fleet)).items():
        session = await sessions.find(unit, fleet.holder, owner, id)
        if session is not None and session.status is Status.ACTIVE:
            found[vehicle] = session
    return found


async def _said(unit: Unit, fleet: Fleet, charging: Mapping[str, Session]) -> dict[str, tuple[datetime, Decimal]]:
    """By vehicle, when its Station told last how full it is, and the percent of it."""
    own = {vehicle: one.id for vehicle, one in charging.items() if one.owner == one.holder}
    said = await readings.states_of_charge(unit, fleet.holder, list(own.values()), unit.now - SAID_WITHIN)
    return {vehicle: said[id] for vehicle, id in own.items() if id in said}


async def _yards(unit: Unit, fleet: Fleet) -> dict[str, Yard]:
    """By depot."""
    found = {}
    for depot in fleet.depots:
        location = await locations.find(unit, fleet.holder, fleet.holder, depot.location_id)
        if location is not None:
            found[depot.id] = yard_of(location, await locations.stations_at(unit, fleet.holder, location.id))
    return found


async def _plans(
    unit: Unit, vehicles: Sequence[Vehicle], charging: Mapping[str, Session], yards: Mapping[str, Yard]
) -> dict[str, SitePlan | None]:
    """By vehicle that charges at its depot, what the site plans that feeds it."""
    found: dict[str, SitePlan | None] = {}
    known: dict[str, SitePlan | None] = {}
    for one in vehicles:
        session, yard = charging.get(one.ref), yards.get(one.depot)
        if session is None or yard is None or not is_at(session, yard):
            continue
        if session.station_id is None or session.evse_no is None:
            continue
        site = await sites.site_of(unit, session.holder, session.station_id, session.evse_no)
        if site is None:
            continue
        if site.id not in known:
            known[site.id] = await sites.plan_of(unit, session.holder, site.id)
        found[one.ref] = known[site.id]
    return found
