"""Bill charging at home: what an employee laid out is credited to them, and their employer is asked for it."""

from __future__ import annotations

from msgspec.structs import replace

from laddnav.billing.actions import items, plans
from laddnav.billing.model import Item, ItemKind, ItemWords
from laddnav.billing.rules import is_ours
from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.events import CdrClosed
from laddnav.cdrs.model import Cdr
from laddnav.customers import actions as customers
from laddnav.customers.actions import reimbursing
from laddnav.customers.home import PaidBack
from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.ledger.model import Head
from laddnav.parties import actions as parties
from laddnav.parties.rules import zone_of
from laddnav.pricing.rounding import plain


async def reimburse(database: Database, event: CdrClosed) -> None:
    """Hears CdrClosed: what was charged at somebody's home is paid back to them; again is nothing.

    A Credit CDR takes it back, also where it is heard before the CDR that it credits.
    """
    async with database.unit() as unit:
        cdr = await cdrs.fetch(unit, event.holder, PartyId.parse(event.owner), event.cdr_id)
        if not is_ours(cdr):
            return
        if not cdr.credit:
            await _pay_back(unit, cdr)
        elif cdr.credit_reference_id is not None:
            was = await cdrs.fetch(unit, cdr.holder, cdr.owner, cdr.credit_reference_id)
            await _pay_back(unit, was)
            back = await reimbursing.take_back(
                unit, cdr.holder, owner=cdr.owner, cdr_id=cdr.id, credits=cdr.credit_reference_id
            )
            await _bill(unit, cdr, back)


async def _pay_back(unit: Unit, cdr: Cdr) -> None:
    zone = zone_of(await parties.fetch(unit, cdr.holder))
    paid = await reimbursing.pay_back(
        unit,
        cdr.holder,
        owner=cdr.owner,
        cdr_id=cdr.id,
        location_id=cdr.location.id,
        contract_id=cdr.token.contract_id,
        day=cdr.started_at.astimezone(zone).date(),
        energy=cdr.energy,
        currency=cdr.currency,
    )
    await _bill(unit, cdr, paid)


async def _bill(unit: Unit, cdr: Cdr, paid: PaidBack | None) -> None:
    """One owes what the other is given, and nothing of it is ours; nothing is sold, so neither bears VAT."""
    if paid is None or not paid.amount:
        return
    kwh = plain(paid.energy.kwh)
    asked = Item(
        key=f"home charging of employee {cdr.owner}/{cdr.id}",
        kind=ItemKind.REIMBURSEMENT,
        words=ItemWords("REIMBURSEMENT", {"place": cdr.location.name or cdr.location.address, "kwh": str(abs(kwh))}),
        started_at=cdr.started_at,
        ended_at=cdr.ended_at,
        quantity=kwh,
        unit="kWh",
        unit_price=paid.per_kwh,
        amount=paid.amount,
        currency=paid.currency,
        account=f"{Head.COST}:home charging",
    )
    given = replace(asked, key=f"home charging {cdr.owner}/{cdr.id}", quantity=-kwh, amount=-paid.amount)
    for ref in sorted((paid.employer, paid.employee)):  # always in one order, for each is locked
        customer = await customers.by_ref(unit, ref)
        await plans.known(unit, customer)
        await items.add(unit, cdr.holder, customer.debtor_id, asked if ref == paid.employer else given)
