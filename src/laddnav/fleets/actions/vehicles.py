"""Verbs about the vehicles of a fleet: which there are, who pays for each, how full it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.fleets import filling, rules, signs, store, words, written_vehicles
from laddnav.fleets.actions.keeping import changed, locked
from laddnav.fleets.model import Content, Fleet, Vehicle
from laddnav.fleets.rules import SignTaken, Unfit, UnknownVehicle
from laddnav.fleets.written_vehicles import VehicleSaid
from laddnav.kit.energy import NO_ENERGY, Energy
from laddnav.kit.ids import fold
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import Status


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
    fleet = await locked(unit, ref)
    known = rules.known_by(await store.vehicles(unit, fleet))
    one = vehicle_as_said(unit, fleet, known, said)
    others = await store.taken(unit, fleet.holder, [signs.key_of(sign) for sign in one.signs])
    for sign in one.signs:
        other = others.get(signs.key_of(sign))
        if other is not None and other.ref != one.ref:
            raise SignTaken(sign, other.id)
    store.put_vehicles(unit, [one])
    changed(unit, fleet)
    return one


def vehicle_as_said(unit: Unit, fleet: Fleet, known: Mapping[str, Vehicle], said: VehicleSaid) -> Vehicle:
    """What it becomes; those that are `known` are by folded id. Raises Unfit."""
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
    await locked(unit, fleet.ref)
    one = await vehicle(unit, fleet, ref)
    store.remove_vehicle(unit, one, unit.now)
    changed(unit, fleet)
    return one


async def pay(unit: Unit, fleet: Fleet, ref: str, *, code: str, since: date | None = None) -> Vehicle:
    """From a day on, today where none is said, another cost centre pays. Raises UnknownVehicle, Unfit."""
    await locked(unit, fleet.ref)
    one = await vehicle(unit, fleet, ref)
    begins = since or today(fleet, one.depot, unit.now)
    one = replace(
        written_vehicles.paid_by(one, written_vehicles.cost_centre(fleet, code), begins), last_updated=unit.now
    )
    store.put_vehicles(unit, [one])
    changed(unit, fleet)
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
    changed(unit, fleet)
    return content


async def _charged_so_far(unit: Unit, fleet: Fleet, one: Vehicle) -> Energy:
    """By the charge under way."""
    where = (await store.under_way(unit, fleet)).get(one.ref)
    session = None if where is None else await sessions.find(unit, one.holder, *where)
    return NO_ENERGY if session is None or session.status is not Status.ACTIVE else session.energy
