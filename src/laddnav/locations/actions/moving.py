"""Verbs for a Station that goes: to another of our places, or to somebody else. What it did stays where it was done.

Whether a car charges there is known here by its Evses alone; sessions asks its charges first, and has verbs for both.
"""

from __future__ import annotations

from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.kit.ids import EvseRef, fold
from laddnav.locations import rules, store
from laddnav.locations.actions.places import fetch, keep, keep_evse
from laddnav.locations.actions.stations import hold, station
from laddnav.locations.events import StationChanged
from laddnav.locations.model import Evse, Location, Station, Status
from laddnav.locations.rules import CarThere, UidTaken, UnknownEvse, UnknownStation


async def relocate(unit: Unit, station_id: str, location_id: str) -> Station:
    """It stands at this Location of ours from now on, with its Evses; where they were they are REMOVED.

    They keep their uids, for these name them for ever (OCPI 2.2.1 mod_locations_evse_object). Raises UnknownStation,
    UnknownLocation, CarThere, UidTaken.
    """
    one = await _held(unit, station_id)
    if one.moved_at is not None:
        raise UnknownStation(station_id)
    await store.stations.attach_alone(unit, one.holder, location_id)
    to = await fetch(unit, one.holder, one.holder, location_id)
    coming = [(number, where) for number, where in one.evses if fold(where.location_id) != fold(to.id)]
    uids = {fold(evse.uid) for evse in to.evses if evse.status is not Status.REMOVED}
    for _, where in coming:
        if fold(where.evse_uid) in uids:
            raise UidTaken(to.id, where.evse_uid)
    for number, where in coming:
        evse = await _taken_away(unit, one, where)
        if evse is not None:
            # Where one parks to reach it belongs to the place.
            there = replace(evse, parking=(), last_updated=unit.now)
            await keep_evse(unit, one.holder, one.holder, to.id, there)
        store.stations.attach(unit, one.holder, one.id, number, EvseRef(to.id, where.evse_uid))
    store.stations.provision(unit, replace(one, location_id=to.id))
    store.stations.stands(unit, one, to.id)
    unit.announce(StationChanged(holder=one.holder, station_id=one.id))
    return await station(unit, station_id)


async def leave(unit: Unit, station_id: str, address: str) -> Station:
    """It is none of ours any more, and belongs to whoever is at this `address` ("": nobody). Its Evses are REMOVED.

    Its charges, readings and messages stay. Raises UnknownStation, CarThere.
    """
    one = await _held(unit, station_id)
    for _, where in one.evses:
        await _taken_away(unit, one, where)
    store.stations.detach(unit, one)
    store.stations.move(unit, one.id, unit.now, address)
    store.stations.stands(unit, one, None)
    unit.announce(StationChanged(holder=one.holder, station_id=one.id))
    return await station(unit, station_id)


async def _held(unit: Unit, station_id: str) -> Station:
    """Who moves it moves it alone, or it would be in two places. Raises UnknownStation."""
    await hold(unit, station_id)
    return await station(unit, station_id)


async def _taken_away(unit: Unit, one: Station, where: EvseRef) -> Evse | None:
    """The Evse as it was there; its Location now says REMOVED, without the id that it shows elsewhere."""
    location: Location | None = await store.places.find(unit, one.holder, one.holder, where.location_id, lock=True)
    if location is None:
        return None
    try:
        evse = rules.evse_of(location, where.evse_uid)
    except UnknownEvse:
        return None
    if evse.status in (Status.CHARGING, Status.RESERVED):
        raise CarThere(one.id, evse.uid)
    gone = replace(evse, status=Status.REMOVED, evse_id=None, last_updated=unit.now)
    await keep(unit, one.holder, rules.with_evse(replace(location, last_updated=unit.now), gone))
    return evse
