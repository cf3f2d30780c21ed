"""Vehicles and departures as tables: all of one is taken or nothing of it, and what there is can be had as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from laddnav.db.unit import Unit
from laddnav.fleets import rules, signs, store, tables, written_departures, written_vehicles
from laddnav.fleets.actions.departures import departure_as_said
from laddnav.fleets.actions.keeping import changed, locked
from laddnav.fleets.actions.vehicles import today, vehicle_as_said
from laddnav.fleets.model import Fleet, Vehicle
from laddnav.fleets.tables import Fault, Faults, One
from laddnav.fleets.written_departures import DepartureSaid
from laddnav.fleets.written_vehicles import VehicleSaid
from laddnav.kit.ids import PartyId, fold


class TableTaken(Struct, frozen=True, kw_only=True):
    """What became of the rows of a table; with a preview, what would have."""

    holder: PartyId
    preview: bool
    new: int
    changed: int
    same: int


async def take_vehicles(unit: Unit, ref: str, text: str, *, preview: bool = False) -> TableTaken:
    """All of a table or nothing of it; those that it does not name stay as they are. Raises UnknownFleet, Faults."""
    fleet = await locked(unit, ref)
    known = rules.known_by(await store.vehicles(unit, fleet))
    rows = tables.read(text, VehicleSaid)
    made, faults = tables.made(rows, lambda said: vehicle_as_said(unit, fleet, known, said))
    faults += await _taken_twice(unit, fleet, made)
    if faults:
        raise Faults(faults)
    if not preview:
        store.put_vehicles(unit, [one for _, one in made.values()])
        changed(unit, fleet)
    return _counted(fleet, preview, [(known.get(id), one) for id, (_, one) in made.items()])


async def vehicles_as_table(unit: Unit, fleet: Fleet) -> str:
    """As `take_vehicles` takes it."""
    known = await store.vehicles(unit, fleet)
    rows = [written_vehicles.said_of(one, today(fleet, one.depot, unit.now)) for one in known]
    return tables.written(rows, VehicleSaid)


async def take_departures(unit: Unit, ref: str, text: str, *, preview: bool = False) -> TableTaken:
    """All of a table or nothing of it; those that it does not name stay as they are. Raises UnknownFleet, Faults."""
    fleet = await locked(unit, ref)
    vehicles = rules.known_by(await store.vehicles(unit, fleet))
    known = {fold(one.id): one for one in await store.departures(unit, fleet)}
    rows = tables.read(text, DepartureSaid)
    made, faults = tables.made(rows, lambda said: departure_as_said(unit, fleet, vehicles, known, said))
    if faults:
        raise Faults(faults)
    if not preview:
        for _, one in made.values():
            store.put_departure(unit, one)
        changed(unit, fleet)
    return _counted(fleet, preview, [(known.get(id), one) for id, (_, one) in made.items()])


async def departures_as_table(unit: Unit, fleet: Fleet) -> str:
    """As `take_departures` takes it."""
    ids = {one.ref: one.id for one in await store.vehicles(unit, fleet)}
    rows = [
        written_departures.said_of_departure(one, ids.get(one.vehicle, ""))
        for one in await store.departures(unit, fleet)
    ]
    return tables.written(rows, DepartureSaid)


async def _taken_twice(unit: Unit, fleet: Fleet, made: Mapping[str, tuple[int, Vehicle]]) -> list[Fault]:
    """What recognises two vehicles: of one table, or one of it and one that is here and not in it."""
    here = {one.ref for _, one in made.values()}
    keys = {signs.key_of(sign) for _, one in made.values() for sign in one.signs}
    owners = {key: one.id for key, one in (await store.taken(unit, fleet.holder, keys)).items() if one.ref not in here}
    faults = []
    for line, one in made.values():
        for sign in one.signs:
            other = owners.setdefault(signs.key_of(sign), one.id)
            if other != one.id:
                column = f"{sign.kind.value.lower()}s"
                faults.append(Fault(line=line, column=column, why=f"{sign.value!r} is vehicle {other!r} already"))
    return faults


def _counted(fleet: Fleet, preview: bool, pairs: Sequence[tuple[One | None, One]]) -> TableTaken:
    """`pairs` are what was known of each, and what it becomes."""
    new = sum(before is None for before, _ in pairs)
    same = sum(rules.same(before, after) for before, after in pairs)
    return TableTaken(holder=fleet.holder, preview=preview, new=new, changed=len(pairs) - new - same, same=same)
