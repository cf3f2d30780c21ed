"""Verbs by which another vehicle leaves instead, on one day."""

from __future__ import annotations

from datetime import date, timedelta

from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.fleets import rules, store, timetable
from laddnav.fleets.actions.departures import departure
from laddnav.fleets.actions.keeping import changed, locked
from laddnav.fleets.model import Departure, Fleet, Swap, Trip, Vehicle
from laddnav.fleets.readiness import HANDOVER, over_at
from laddnav.fleets.rules import NotSwappable, UnknownVehicle
from laddnav.people import actions as people

_DAY = timedelta(days=1)
_MOMENT = timedelta(seconds=1)


async def swap(unit: Unit, fleet: Fleet, ref: str, on: date, vehicle_ref: str, *, by: str) -> tuple[Swap, ...]:
    """Another vehicle leaves instead on this day; where that has to leave then itself, the two exchange.

    Raises UnknownDeparture, UnknownVehicle, NotSwappable.
    """
    await locked(unit, fleet.ref)
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
    changed(unit, fleet)
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
    changed(unit, fleet)
