"""Bill what customers subscribe to: the fees of a month that is over, and with a charge what a plan takes off it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from laddnav.billing import store
from laddnav.billing.actions import buyers, items
from laddnav.billing.model import Charge, Debtor, DebtorKind, Item, ItemKind, ItemWords
from laddnav.billing.rules import is_ours
from laddnav.cdrs.model import Cdr
from laddnav.customers import actions as customers
from laddnav.customers.actions import subscribing
from laddnav.customers.model import Customer
from laddnav.customers.plan import Fee, Subscription, Taken
from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.ledger.model import Head
from laddnav.parties import actions as parties
from laddnav.parties.model import Party
from laddnav.parties.rules import zone_of
from laddnav.pricing.rounding import plain

ZERO = Decimal(0)


async def take_off(unit: Unit, customer: Customer, party: Party, cdr: Cdr, charge: Charge) -> Sequence[Item]:
    """What is included in their plan, and its member price, each as an item that names the charge; again is nothing.

    The CDR and its lines stay what they are: the price that was shown. The energy of a CDR that tells no parts costs
    all of it.
    """
    taken = None
    if cdr.credit:
        if cdr.credit_reference_id is not None:
            taken = await subscribing.give_back(
                unit, cdr.holder, owner=cdr.owner, cdr_id=cdr.id, credits=cdr.credit_reference_id
            )
    elif not await store.charged.credited_to(unit, cdr.holder, cdr.owner, cdr.id):  # which may be heard of first
        told = [line for line in charge.lines if line.dimension == "ENERGY"]
        whole = all(line.dimension == "TOTAL" for line in charge.lines)
        taken = await subscribing.take_off(
            unit,
            customer,
            owner=cdr.owner,
            cdr_id=cdr.id,
            day=cdr.started_at.astimezone(zone_of(party)).date(),
            energy=cdr.energy,
            energy_cost=charge.amount if whole else sum((line.amount for line in told), ZERO),
            cost=charge.amount,
            currency=cdr.currency,
            location_id=cdr.location.id,
        )
    found = () if taken is None else _items(taken, cdr, charge)
    for item in found:
        await items.add(unit, cdr.holder, customer.debtor_id, item)
    return found


def _items(taken: Taken, cdr: Cdr, charge: Charge) -> list[Item]:
    """Of the charge's own account and VAT: less is sold, not something else."""
    largest = max(charge.lines, key=lambda line: abs(line.amount), default=None)
    less = Item(
        key=f"included {cdr.owner}/{cdr.id}",
        kind=ItemKind.DISCOUNT,
        words=ItemWords("MEMBER_PRICE", {"plan": taken.plan}),
        started_at=charge.started_at,
        ended_at=charge.ended_at,
        amount=-taken.discount,
        currency=cdr.currency,
        account=f"{Head.REVENUE}:{'charging' if is_ours(cdr) else 'roaming'}",
        country=charge.country,
        vat_percent=None if largest is None else largest.vat_percent,
        cdr=charge.cdr,
    )
    found = []
    if taken.included:
        kwh = plain(taken.energy.kwh)
        words = ItemWords("INCLUDED", {"plan": taken.plan, "kwh": str(kwh)})
        found.append(replace(less, words=words, quantity=kwh, unit="kWh", amount=-taken.included))
    if taken.discount:
        found.append(replace(less, key=f"member price {cdr.owner}/{cdr.id}"))
    return found


async def bill_months(database: Database) -> int:
    """Every month of a subscription that is over, in a Unit of its own; how many had something to pay."""
    async with database.unit() as unit:
        due = await subscribing.to_bill(unit)
    many = 0
    for holder, ref in due:
        while await _bill_month(database, holder, ref):
            many += 1
    return many


async def _bill_month(database: Database, holder: PartyId, ref: str) -> bool:
    """Whether there was one."""
    async with database.unit() as unit:
        found = await subscribing.month_to_bill(unit, holder, ref)
        if found is None:
            return False
        one, month, fees = found
        if fees:
            customer = await customers.by_ref(unit, one.customer)
            zone = zone_of(await parties.fetch(unit, holder))
            await known(unit, customer)
            for fee in fees:
                await items.add(unit, holder, customer.debtor_id, _fee(one, fee, zone))
        subscribing.billed(unit, one, month)
    return True


def _fee(one: Subscription, fee: Fee, zone: ZoneInfo) -> Item:
    whole = fee.days == fee.of_days
    values = {"plan": fee.plan.name}
    if not whole:
        values |= {"days": str(fee.days), "of_days": str(fee.of_days)}
    return Item(
        key=f"subscription {one.ref} {fee.begin}",
        kind=ItemKind.SUBSCRIPTION,
        words=ItemWords("SUBSCRIPTION" if whole else "SUBSCRIPTION_PART", values),
        started_at=_midnight(fee.begin, zone),
        ended_at=_midnight(fee.end, zone),
        unit_price=fee.fee if whole else None,
        amount=fee.amount,
        currency=fee.plan.currency,
        account=f"{Head.REVENUE}:subscription",
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


async def known(unit: Unit, customer: Customer) -> Debtor:
    """As a debtor, under the name and address that the customer gave last; locked until the Unit ends."""
    await buyers.known(unit, customer.holder, DebtorKind.CUSTOMER, customer.debtor_id, customer.name, customer.country)
    return await buyers.describe(
        unit,
        customer.holder,
        customer.debtor_id,
        name=customer.name,
        country=customer.country,
        address=customer.address or "",
        vat_number=customer.vat_number or "",
        email=customer.email or "",
        language=customer.language,
    )
