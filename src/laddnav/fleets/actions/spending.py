"""Verbs about who pays: what CDRs say that vehicles charged, by the cost centre of the day on which it began."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.events import CdrEvent
from laddnav.cdrs.model import Cdr
from laddnav.db.unit import Database, Unit
from laddnav.fleets import signs, store
from laddnav.fleets.model import Fleet, Spending, Spent, Vehicle
from laddnav.kit.energy import Energy
from laddnav.kit.ids import PartyId

COLUMNS = (
    *("month", "cost_centre", "cost_centre_name", "vehicle", "vehicle_name", "plate", "charges"),
    *("energy_kwh", "roamed_kwh", "currency", "cost_excl_vat"),
)


async def count(database: Database, event: CdrEvent) -> None:
    """Hears that a CDR of ours is closed, or a partner's is accepted: what a vehicle charged is on its cost centre."""
    async with database.unit() as unit:
        cdr = await cdrs.find(unit, event.holder, PartyId.parse(event.owner), event.cdr_id)
        if cdr is not None:
            await _count(unit, cdr)


async def _count(unit: Unit, cdr: Cdr) -> None:
    one = await _credited(unit, cdr) if cdr.credit else await _spent(unit, cdr)
    if one is not None:
        await store.put_spent(unit, one, -1 if cdr.credit else 1)


async def _spent(unit: Unit, cdr: Cdr) -> Spent | None:
    """None: it was no vehicle of a fleet."""
    vehicle = await _vehicle(unit, cdr)
    fleet = None if vehicle is None else await store.find(unit, vehicle.fleet)
    if vehicle is None or fleet is None:
        return None
    depot = fleet.depot(vehicle.depot)
    on = cdr.started_at.astimezone(ZoneInfo("UTC" if depot is None else depot.time_zone)).date()
    return Spent(
        holder=cdr.holder,
        fleet=fleet.ref,
        owner=cdr.owner,
        cdr=cdr.id,
        vehicle=vehicle.ref,
        on=on,
        cost_centre=vehicle.cost_centre(on),
        energy=cdr.energy,
        currency=cdr.currency,
        cost=cdr.costs.total.before_taxes,
    )


async def _vehicle(unit: Unit, cdr: Cdr) -> Vehicle | None:
    """Whoever was known to charge; else by what was shown, for a partner need not have told of its Session."""
    if cdr.session_id is not None:
        charge = await store.charge_of(unit, cdr.holder, str(cdr.owner), cdr.session_id)
        if charge is not None:
            return await store.vehicle(unit, cdr.holder, charge[0])
    return await store.shown(unit, cdr.holder, signs.keys_shown(cdr.token.uid, cdr.token.contract_id))


async def _credited(unit: Unit, cdr: Cdr) -> Spent | None:
    """Where the CDR that it takes back was counted, and by the same day and cost centre; amounts below zero."""
    if cdr.credit_reference_id is None:
        return None
    before = await store.spent(unit, cdr.holder, cdr.owner, cdr.credit_reference_id)
    if before is None:
        return None
    return Spent(
        holder=cdr.holder,
        fleet=before["fleet"],
        owner=cdr.owner,
        cdr=cdr.id,
        vehicle=before["vehicle"],
        on=before["on_day"],
        cost_centre=before["cost_centre"],
        energy=Energy(-abs(cdr.energy.wh)),
        currency=cdr.currency,
        cost=-abs(cdr.costs.total.before_taxes),
    )


# The report -----------------------------------------------------------------------------------------------------------


async def month(unit: Unit, fleet: Fleet, first: date) -> Sequence[Spending]:
    """Of the month that begins on this day, by cost centre, vehicle and currency; who has none comes last."""
    return await store.sums(unit, fleet, first, next_month(first))


async def every_vehicle(unit: Unit, fleet: Fleet) -> Mapping[str, Vehicle]:
    """By ref, those too that are there no more: what they charged is still told."""
    return await store.every_vehicle(unit, fleet)


def next_month(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def as_table(fleet: Fleet, vehicles: Mapping[str, Vehicle], first: date, sums: Sequence[Spending]) -> str:
    """CSV, for whoever books it."""
    names = {one.code: one.name for one in fleet.cost_centres}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in sums:
        vehicle = vehicles[one.vehicle]
        centre = one.cost_centre or ""
        writer.writerow(
            [
                *(f"{first:%Y-%m}", centre, names.get(centre, ""), vehicle.id, vehicle.name, vehicle.plate or ""),
                *(one.charges, _kwh(one.energy), _kwh(one.roamed), one.currency, one.cost),
            ]
        )
    return out.getvalue()


def _kwh(energy: Energy) -> Decimal:
    return energy.kwh.quantize(Decimal("0.001"))
