"""Verbs about when vehicles of a fleet leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.fleets import rules, store, timetable, written_departures
from laddnav.fleets.actions.keeping import changed, locked
from laddnav.fleets.model import Departure, Fleet, Vehicle
from laddnav.fleets.rules import Unfit, UnknownDeparture
from laddnav.fleets.written_departures import DepartureSaid
from laddnav.kit.ids import fold


async def departures(unit: Unit, fleet: Fleet) -> Sequence[Departure]:
    """In the order of their ids."""
    return await store.departures(unit, fleet)


async def keep_departure(unit: Unit, ref: str, said: DepartureSaid) -> Departure:
    """A new one, or one of the same id that is different. Raises UnknownFleet, Unfit."""
    fleet = await locked(unit, ref)
    vehicles = rules.known_by(await store.vehicles(unit, fleet))
    known = {fold(one.id): one for one in await store.departures(unit, fleet)}
    one = departure_as_said(unit, fleet, vehicles, known, said)
    store.put_departure(unit, one)
    changed(unit, fleet)
    return one


def departure_as_said(
    unit: Unit, fleet: Fleet, vehicles: Mapping[str, Vehicle], known: Mapping[str, Departure], said: DepartureSaid
) -> Departure:
    """What it becomes; `vehicles` and those that are `known` are by folded id. Raises Unfit."""
    before = known.get(fold(said.id.strip()))
    ref = unit.new_id() if before is None else before.ref
    return written_departures.departure(said, fleet, vehicles, ref, unit.now)


async def departure(unit: Unit, fleet: Fleet, ref: str) -> Departure:
    """Raises UnknownDeparture."""
    for one in await store.departures(unit, fleet):
        if one.ref == ref:
            return one
    raise UnknownDeparture(ref)


async def remove_departure(unit: Unit, fleet: Fleet, ref: str) -> Departure:
    """Raises UnknownDeparture."""
    await locked(unit, fleet.ref)
    one = await departure(unit, fleet, ref)
    store.remove_departure(unit, one)
    changed(unit, fleet)
    return one


async def call_off(unit: Unit, fleet: Fleet, ref: str, on: date) -> Departure:
    """It is not on this day. Raises UnknownDeparture, Unfit."""
    await locked(unit, fleet.ref)
    one = await departure(unit, fleet, ref)
    if not timetable.runs(one, on):
        raise Unfit("on", f"it is not on {on.isoformat()} anyway")
    one = replace(one, but_on=tuple(sorted({*one.but_on, on})), last_updated=unit.now)
    store.put_departure(unit, one)
    changed(unit, fleet)
    return one
