"""Verbs about what a fleet is: its name, its depots, its cost centres."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.fleets import rules, store, words
from laddnav.fleets.events import FleetChanged
from laddnav.fleets.model import CostCentre, Depot, Fleet
from laddnav.fleets.rules import FleetExists, UnknownFleet
from laddnav.kit.ids import PartyId, fold
from laddnav.locations import actions as locations
from laddnav.people import actions as people


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
    return changed(unit, one)


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
    fleet = await locked(unit, ref)
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
    fleet = await locked(unit, ref)
    depot = rules.emptied(fleet, id, await store.vehicles(unit, fleet))
    return _put(unit, replace(fleet, depots=tuple(one for one in fleet.depots if one != depot)))


async def add_cost_centre(unit: Unit, ref: str, *, code: str, name: str) -> Fleet:
    """One of the same code is replaced. Raises UnknownFleet, Unfit."""
    fleet = await locked(unit, ref)
    one = CostCentre(code=words.word("code", code), name=name.strip())
    others = tuple(each for each in fleet.cost_centres if fold(each.code) != fold(one.code))
    ordered = sorted((*others, one), key=lambda each: fold(each.code))
    return _put(unit, replace(fleet, cost_centres=tuple(ordered)))


def _put(unit: Unit, fleet: Fleet) -> Fleet:
    fleet = replace(fleet, last_updated=unit.now)
    store.update(unit, fleet)
    return changed(unit, fleet)


def changed(unit: Unit, fleet: Fleet) -> Fleet:
    """Announces FleetChanged."""
    unit.announce(FleetChanged(holder=fleet.holder, fleet=fleet.ref))
    return fleet


async def locked(unit: Unit, ref: str) -> Fleet:
    """Nobody else changes anything of it before the Unit ends. Raises UnknownFleet."""
    one = await store.find(unit, ref, lock=True)
    if one is None:
        raise UnknownFleet(ref)
    return one
