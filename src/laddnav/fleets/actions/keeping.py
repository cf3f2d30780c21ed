"""Verbs about what a fleet is: its depots and cost centres, its vehicles, and when they leave."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TypeVar
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.fleets import filling, rules, signs, store, tables, timetable, words, written_departures, written_vehicles
from laddnav.fleets.events import FleetChanged
from laddnav.fleets.model import Content, CostCentre, Departure, Depot, Fleet, Swap, Trip, Vehicle
from laddnav.fleets.readiness import HANDOVER, over_at
from laddnav.fleets.rules import (
    FleetExists,
    NotSwappable,
    SignTaken,
    Unfit,
    UnknownDeparture,
    UnknownFleet,
    UnknownVehicle,
)
from laddnav.fleets.tables import Fault, Faults
from laddnav.fleets.written_departures import DepartureSaid
from laddnav.fleets.written_vehicles import VehicleSaid
from laddnav.kit.energy import NO_ENERGY, Energy
from laddnav.kit.ids import PartyId, fold
from laddnav.locations import actions as locations
from laddnav.people import actions as people
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import Status

T = TypeVar("T")

_DAY = timedelta(days=1)
_MOMENT = timedelta(seconds=1)


class TableTaken(Struct, frozen=True, kw_only=True):
    """What became of the rows of a table; with a preview, what would have."""

    holder: PartyId
    preview: bool
    new: int
    changed: int
    same: int


# Fleets ---------------------------------------------------------------------------------------------------------------


async def found(unit: Unit, holder: PartyId, *, name: str, customer: str, by: str) -> Fleet:
    """Begin to serve one. Raises Unfit, FleetExists."""
    one = Fleet(
        holder=holder,
        ref=unit.new_id(),
        name=words.word("name", name),
        customer=words.word("customer", customer),
        last_updated=unit.now,
    )
    if not await store.insert(unit, one):
        raise FleetExists(one.name)
    people.note(unit, by, "add fleet", f"fleet {one.ref}", one.name)
    return _changed(unit, one)


async def find(unit: Unit, ref: str) -> Fleet | None:
    return await store.find(unit, ref)


async def by_ref(unit: Unit, ref: str) -> Fleet:
    """Raises UnknownFleet."""
    one = await find(unit, ref)
    if one is None:
        raise UnknownFleet(ref)
    return one


async def named(unit: Unit, holder: PartyId, name: str) -> Fleet:
    """Raises UnknownFleet."""
    one = await store.named(unit, holder, name)
    if one is None:
        raise UnknownFleet(name)
    return one


async def page(unit: Unit, holder: PartyId | None, *, after: str | None = None, limit: int = 50) -> Sequence[Fleet]:
    """In the order in which they were added; the last ref is the next `after`."""
    return await store.page(unit, holder, after, limit)


async def add_depot(unit: Unit, ref: str, *, id: str, name: str, location_id: str) -> Fleet:
    """A place of ours; one of the same id is replaced. Raises UnknownFleet, UnknownLocation, Unfit."""
    fleet = await _locked(unit, ref)
    place = await locations.fetch(unit, fleet.holder, fleet.holder, location_id)
    one = Depot(
        id=words.word("id", id),
        name=name.strip() or place.name or place.address,
        location_id=place.id,
        time_zone=place.time_zone,
    )
    others = tuple(each for each in fleet.depots if fold(each.id) != fold(one.id))
    return _put(unit, replace(fleet, depots=(*others, one)))


async def remove_depot(unit: Unit, ref: str, id: str) -> Fleet:
    """Once no vehicle belongs to it any more; reports keep what was charged there. Raises UnknownFleet, Unfit."""
    fleet = await _locked(unit, ref)
    depot = rules.emptied(fleet, id, await store.vehicles(unit, fleet))
    return _put(unit, replace(fleet, depots=tuple(one for one in fleet.depots if one != depot)))


async def add_cost_centre(unit: Unit, ref: str, *, code: str, name: str) -> Fleet:
    """One of the same code is replaced. Raises UnknownFleet, Unfit."""
    fleet = await _locked(unit, ref)
    one = CostCentre(code=words.word("code", code), name=name.strip())
    others = tuple(each for each in fleet.cost_centres if fold(each.code) != fold(one.code))
    ordered = sorted((*others, one), key=lambda each: fold(each.code))
    return _put(unit, replace(fleet, cost_centres=tuple(ordered)))


def _put(unit: Unit, fleet: Fleet) -> Fleet:
    fleet = replace(fleet, last_updated=unit.now)
    store.update(unit, fleet)
    return _changed(unit, fleet)


def _changed(unit: Unit, fleet: Fleet) -> Fleet:
    unit.announce(FleetChanged(holder=fleet.holder, fleet=fleet.ref))
    return fleet


async def _locked(unit: Unit, ref: str) -> Fleet:
    """Nobody else changes anything of it before the Unit ends. Raises UnknownFleet."""
    one = await store.find(unit, ref, lock=True)
    if one is None:
        raise UnknownFleet(ref)
    return one


# Vehicles -------------------------------------------------------------------------------------------------------------


async def vehicles(unit: Unit, fleet: Fleet) -> Sequence[Vehicle]:
    """In the order of their ids."""
    return await store.vehicles(unit, fleet)


async def vehicle(unit: Unit, fleet: Fleet, ref: str) -> Vehicle:
    """Raises UnknownVehicle, of another fleet's too."""
    one = await store.vehicle(unit, fleet.holder, ref)
    if one is None or one.fleet != fleet.ref:
        raise UnknownVehicle(ref)
    return one


async def keep_vehicle(unit: Unit, ref: str, said: VehicleSaid) -> Vehicle:
    """A new one, or one of the same id that is different. Raises UnknownFleet, Unfit, SignTaken."""
    fleet = await _locked(unit, ref)
    known = rules.known_by(await store.vehicles(unit, fleet))
    one = _vehicle(unit, fleet, known, said)
    others = await store.taken(unit, fleet.holder, [signs.key_of(sign) for sign in one.signs])
    for sign in one.signs:
        other = others.get(signs.key_of(sign))
        if other is not None and other.ref != one.ref:
            raise SignTaken(sign, other.id)
    store.put_vehicles(unit, [one])
    _changed(unit, fleet)
    return one


def _vehicle(unit: Unit, fleet: Fleet, known: dict[str, Vehicle], said: VehicleSaid) -> Vehicle:
    before = known.get(fold(said.id.strip()))
    ref = unit.new_id() if before is None else before.ref
    return written_vehicles.vehicle(said, fleet, ref, before, today=today(fleet, said.depot, unit.now), now=unit.now)


def today(fleet: Fleet, depot: str, now: datetime) -> date:
    """By the clock at a depot; at the first of the fleet's, where that is none."""
    known = next((one for one in fleet.depots if fold(one.id) == fold(depot)), None)
    zones = [one.time_zone for one in ((known,) if known else fleet.depots[:1])]
    return now.astimezone(ZoneInfo(zones[0] if zones else "UTC")).date()


async def remove_vehicle(unit: Unit, fleet: Fleet, ref: str) -> Vehicle:
    """It leaves no more, its departures go with it; what it charged stays told. Raises UnknownVehicle."""
    await _locked(unit, fleet.ref)
    one = await vehicle(unit, fleet, ref)
    store.remove_vehicle(unit, one, unit.now)
    _changed(unit, fleet)
    return one


async def pay(unit: Unit, fleet: Fleet, ref: str, *, code: str, since: date | None = None) -> Vehicle:
    """From a day on, today where none is said, another cost centre pays. Raises UnknownVehicle, Unfit."""
    await _locked(unit, fleet.ref)
    one = await vehicle(unit, fleet, ref)
    begins = since or today(fleet, one.depot, unit.now)
    one = replace(
        written_vehicles.paid_by(one, written_vehicles.cost_centre(fleet, code), begins), last_updated=unit.now
    )
    store.put_vehicles(unit, [one])
    _changed(unit, fleet)
    return one


async def tell(
    unit: Unit, fleet: Fleet, ref: str, *, percent: Decimal | None = None, odometer: Decimal | None = None
) -> Content:
    """How full it is now, or how far it has driven, as the vehicle or a person says. Raises UnknownVehicle, Unfit."""
    if percent is None and odometer is None:
        raise Unfit("percent", "say how full it is, or what its odometer shows, or both")
    one = await vehicle(unit, fleet, ref)
    before = await store.content(unit, one) or filling.unknown(unit.now)
    if percent is not None:
        charged = await _charged_so_far(unit, fleet, one)
        content = filling.told(
            one, words.percent(percent), unit.now, charged=charged, odometer=odometer or before.odometer
        )
    else:
        assert odometer is not None, "one of the two was said"
        content = filling.read(before, one, odometer, unit.now)
    store.put_content(unit, one, content)
    _changed(unit, fleet)
    return content


async def _charged_so_far(unit: Unit, fleet: Fleet, one: Vehicle) -> Energy:
    """By the charge under way."""
    where = (await store.under_way(unit, fleet)).get(one.ref)
    session = None if where is None else await sessions.find(unit, one.holder, *where)
    return NO_ENERGY if session is None or session.status is not Status.ACTIVE else session.energy


async def take_vehicles(unit: Unit, ref: str, text: str, *, preview: bool = False) -> TableTaken:
    """All of a table or nothing of it; those that it does not name stay as they are. Raises UnknownFleet, Faults."""
    fleet = await _locked(unit, ref)
    known = rules.known_by(await store.vehicles(unit, fleet))
    rows, faults = tables.read(text, VehicleSaid), list[Fault]()
    made: dict[str, tuple[int, Vehicle]] = {}
    for line, said in rows:
        try:
            one = _vehicle(unit, fleet, known, said)
        except Unfit as error:
            faults.append(Fault(line=line, column=error.field, why=error.why))
            continue
        if fold(one.id) in made:
            faults.append(Fault(line=line, column="id", why=f"{one.id!r} stands on line {made[fold(one.id)][0]} too"))
        made[fold(one.id)] = (line, one)
    faults += await _taken_twice(unit, fleet, made)
    if faults:
        raise Faults(faults)
    if not preview:
        store.put_vehicles(unit, [one for _, one in made.values()])
        _changed(unit, fleet)
    return _counted(fleet, preview, [(known.get(id), one) for id, (_, one) in made.items()])


async def _taken_twice(unit: Unit, fleet: Fleet, made: dict[str, tuple[int, Vehicle]]) -> list[Fault]:
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


def _counted(fleet: Fleet, preview: bool, pairs: Sequence[tuple[T | None, T]]) -> TableTaken:
    new = sum(before is None for before, _ in pairs)
    same = sum(_same(before, after) for before, after in pairs)
    return TableTaken(holder=fleet.holder, preview=preview, new=new, changed=len(pairs) - new - same, same=same)


def _same(before: object, after: object) -> bool:
    return (
        isinstance(after, Vehicle | Departure)
        and isinstance(before, Vehicle | Departure | None)
        and (rules.same(before, after))
    )


async def vehicles_as_table(unit: Unit, fleet: Fleet) -> str:
    """As `take_vehicles` takes it."""
    known = await store.vehicles(unit, fleet)
    rows = [written_vehicles.said_of(one, today(fleet, one.depot, unit.now)) for one in known]
    return tables.written(rows, VehicleSaid)


# Departures -----------------------------------------------------------------------------------------------------------


async def departures(unit: Unit, fleet: Fleet) -> Sequence[Departure]:
    """In the order of their ids."""
    return await store.departures(unit, fleet)


async def keep_departure(unit: Unit, ref: str, said: DepartureSaid) -> Departure:
    """A new one, or one of the same id that is different. Raises UnknownFleet, Unfit."""
    fleet = await _locked(unit, ref)
    vehicles = rules.known_by(await store.vehicles(unit, fleet))
    known = {fold(one.id): one for one in await store.departures(unit, fleet)}
    before = known.get(fold(said.id.strip()))
    one = written_departures.departure(said, fleet, vehicles, unit.new_id() if before is None else before.ref, unit.now)
    store.put_departure(unit, one)
    _changed(unit, fleet)
    return one


async def departure(unit: Unit, fleet: Fleet, ref: str) -> Departure:
    """Raises UnknownDeparture."""
    for one in await store.departures(unit, fleet):
        if one.ref == ref:
            return one
    raise UnknownDeparture(ref)


async def remove_departure(unit: Unit, fleet: Fleet, ref: str) -> Departure:
    """Raises UnknownDeparture."""
    one = await departure(unit, fleet, ref)
    store.remove_departure(unit, one)
    _changed(unit, fleet)
    return one


async def call_off(unit: Unit, fleet: Fleet, ref: str, on: date) -> Departure:
    """It is not on this day. Raises UnknownDeparture, Unfit."""
    await _locked(unit, fleet.ref)
    one = await departure(unit, fleet, ref)
    if not timetable.runs(one, on):
        raise Unfit("on", f"it is not on {on.isoformat()} anyway")
    one = replace(one, but_on=tuple(sorted({*one.but_on, on})), last_updated=unit.now)
    store.put_departure(unit, one)
    _changed(unit, fleet)
    return one


async def take_departures(unit: Unit, ref: str, text: str, *, preview: bool = False) -> TableTaken:
    """All of a table or nothing of it; those that it does not name stay as they are. Raises UnknownFleet, Faults."""
    fleet = await _locked(unit, ref)
    vehicles = rules.known_by(await store.vehicles(unit, fleet))
    known = {fold(one.id): one for one in await store.departures(unit, fleet)}
    faults: list[Fault] = []
    made: dict[str, tuple[int, Departure]] = {}
    for line, said in tables.read(text, DepartureSaid):
        before = known.get(fold(said.id.strip()))
        try:
            one = written_departures.departure(
                said, fleet, vehicles, unit.new_id() if before is None else before.ref, unit.now
            )
        except Unfit as error:
            faults.append(Fault(line=line, column=error.field, why=error.why))
            continue
        if fold(one.id) in made:
            faults.append(Fault(line=line, column="id", why=f"{one.id!r} stands on line {made[fold(one.id)][0]} too"))
        made[fold(one.id)] = (line, one)
    if faults:
        raise Faults(faults)
    if not preview:
        for _, one in made.values():
            store.put_departure(unit, one)
        _changed(unit, fleet)
    return _counted(fleet, preview, [(known.get(id), one) for id, (_, one) in made.items()])


async def departures_as_table(unit: Unit, fleet: Fleet) -> str:
    """As `take_departures` takes it."""
    ids = {one.ref: one.id for one in await store.vehicles(unit, fleet)}
    rows = [
        written_departures.said_of_departure(one, ids.get(one.vehicle, ""))
        for one in await store.departures(unit, fleet)
    ]
    return tables.written(rows, DepartureSaid)


# Swaps ----------------------------------------------------------------------------------------------------------------


async def swap(unit: Unit, fleet: Fleet, ref: str, on: date, vehicle_ref: str, *, by: str) -> tuple[Swap, ...]:
    """Another vehicle leaves instead on this day; where that has to leave then itself, the two exchange.

    Raises UnknownDeparture, UnknownVehicle, NotSwappable.
    """
    await _locked(unit, fleet.ref)
    known = {one.ref: one for one in await store.vehicles(unit, fleet)}
    planned = await departure(unit, fleet, ref)
    other = known.get(vehicle_ref)
    if other is None:
        raise UnknownVehicle(vehicle_ref)
    if not timetable.runs(planned, on):
        raise NotSwappable("there is no departure on this day")
    swaps = {(one.departure, one.on): one for one in await store.swaps(unit, fleet, on)}
    done = swaps.get((planned.ref, on))
    first = known[planned.vehicle if done is None else done.vehicle]
    if first.ref == other.ref:
        raise NotSwappable("it is the one that leaves")
    rules.instead(first, other, planned.need)
    made = [Swap(departure=planned.ref, on=on, vehicle=other.ref, by=by, at=unit.now)]
    theirs = await _in_the_way(unit, fleet, planned, on, other)
    if theirs is not None:
        rules.instead(other, first, theirs.need)
        made.append(Swap(departure=theirs.departure, on=theirs.on, vehicle=first.ref, by=by, at=unit.now))
    for one in made:
        store.put_swap(unit, fleet, one)
    people.note(unit, by, "swap vehicles", f"fleet {fleet.ref}", f"{planned.id} on {on.isoformat()}: {other.id}")
    _changed(unit, fleet)
    return tuple(made)


async def _in_the_way(unit: Unit, fleet: Fleet, planned: Departure, on: date, other: Vehicle) -> Trip | None:
    """The departure of the other vehicle itself that it cannot do as well. Raises NotSwappable: it has several."""
    zone = (fleet.depot(other.depot) or fleet.depots[0]).time_zone
    departs_at = timetable.shown_at(on, planned.at, zone)
    (trip,) = timetable.trips(
        [replace(planned, vehicle=other.ref)], (), {other.ref: zone}, departs_at, departs_at + _MOMENT
    )
    zones = {one.ref: zone for one in await store.vehicles(unit, fleet)}
    around = timetable.trips(
        await store.departures(unit, fleet),
        await store.swaps(unit, fleet, on - _DAY),
        zones,
        departs_at - _DAY,
        over_at(trip),
    )
    found = [
        one
        for one in around
        if one.vehicle == other.ref
        and (one.departure, one.on) != (planned.ref, on)
        and over_at(one) > departs_at - HANDOVER
    ]
    if len(found) > 1:
        raise NotSwappable("it has to leave several times itself before it would be back")
    return found[0] if found else None


async def unswap(unit: Unit, fleet: Fleet, ref: str, on: date, *, by: str) -> None:
    """The one of the timetable leaves after all. Raises UnknownDeparture."""
    one = await departure(unit, fleet, ref)
    store.remove_swap(unit, fleet, ref, on)
    people.note(unit, by, "take swap back", f"fleet {fleet.ref}", f"{one.id} on {on.isoformat()}")
    _changed(unit, fleet)
