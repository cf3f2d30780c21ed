"""Verbs for a Station that goes, once no car charges there: what its Evse was told to be may be old, or never said."""

from __future__ import annotations

from laddnav.db.unit import Unit
from laddnav.kit.ids import fold
from laddnav.locations import actions as locations
from laddnav.locations.model import Station
from laddnav.locations.rules import CarThere
from laddnav.sessions import store


async def relocate(unit: Unit, station_id: str, location_id: str) -> Station:
    """As locations.relocate. Raises UnknownStation, UnknownLocation, CarThere, UidTaken."""
    await _free(unit, station_id, staying_at=location_id)
    return await locations.relocate(unit, station_id, location_id)


async def leave(unit: Unit, station_id: str, address: str) -> Station:
    """As locations.leave. Raises UnknownStation, CarThere."""
    await _free(unit, station_id)
    return await locations.leave(unit, station_id, address)


async def _free(unit: Unit, station_id: str, *, staying_at: str = "") -> None:
    """Nobody begins there until the Unit ends. A charge whose end was lost counts until somebody closes it."""
    await locations.hold(unit, station_id)
    station = await locations.station(unit, station_id)
    for number, where in station.evses:
        if fold(where.location_id) == fold(staying_at):
            continue
        if await store.open_at_evse(unit, station.holder, station.id, number, lock=False):
            raise CarThere(station.id, where.evse_uid)
