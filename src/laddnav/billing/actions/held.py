"""What was held on stored cards for charges pays for them, and nothing of it is asked for twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from laddnav.billing import store
from laddnav.billing.actions import settling
from laddnav.billing.card_bounds import least
from laddnav.billing.model import Charge, Debtor, Invoice, Item
from laddnav.billing.open_items import MatchedBy, OpenItem
from laddnav.billing.store import settling as entries
from laddnav.billing.sums import rounding_of, taxed
from laddnav.cdrs.model import Cdr
from laddnav.customers.actions import giving
from laddnav.customers.model import Customer
from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.parties.model import InvoiceEvery, Party
from laddnav.payments import steps
from laddnav.payments.actions import holding, paying
from laddnav.payments.card_hold import CardHold, HoldState

ZERO = Decimal(0)


async def charged(
    unit: Unit,
    cdr: Cdr,
    party: Party,
    debtor: Debtor,
    customer: Customer,
    charge: Charge,
    less: Sequence[Item],
    ref: str,
) -> None:
    """A charge is billed: what it comes to with VAT on its customer's invoice, `less` of their plan and what vouchers
    will pay, is taken of what is held. What is too little for a card is left to the invoice.
    """
    hold = await _of(unit, cdr)
    if hold is None:
        return
    if cdr.credit or hold.customer != customer.ref:
        await nothing(unit, cdr)
        return
    _, _, vat = taxed(party, debtor, (charge,), less, cdr.currency)
    due = charge.amount + sum((one.amount for one in less), ZERO) + sum((one.amount for one in vat), ZERO)
    if party.invoice_every is InvoiceEvery.SESSION:
        due += rounding_of(party, due)
    due -= await giving.left(unit, customer, cdr.currency)
    due = due if due >= least(cdr.currency) else ZERO
    await holding.owes(unit, cdr.holder, hold.session_id, due, cdr_id=cdr.id, invoice=ref)


async def nothing(unit: Unit, cdr: Cdr) -> None:
    """It costs nothing, or is somebody else's to pay: what is held is released."""
    hold = await _of(unit, cdr)
    if hold is not None:
        await holding.owes(unit, cdr.holder, hold.session_id, ZERO, cdr_id=cdr.id, invoice=None)


async def _of(unit: Unit, cdr: Cdr) -> CardHold | None:
    if cdr.owner != cdr.holder or cdr.token.owner != cdr.holder or cdr.session_id is None:
        return None
    hold = await holding.of_session(unit, cdr.holder, cdr.session_id)
    return None if hold is None or hold.state in (HoldState.BILLED, HoldState.DROPPED) else hold


async def settle(unit: Unit, item: OpenItem) -> bool:
    """What was taken of what was held for its charges settles an issued invoice; whether all of that is known."""
    return await _settle(unit, item, await holding.on_invoices(unit, item.holder, [item.ref]))


async def _settle(unit: Unit, item: OpenItem, holds: Sequence[CardHold]) -> bool:
    payments = [await paying.by_ref(unit, one.payment) for one in holds if one.payment is not None]
    theirs = tuple(_entries(one.ref) for one in payments)
    if theirs and item.open > 0:
        await settling.apply(
            unit,
            item.holder,
            item.debtor_id,
            item.currency,
            item.number,
            "",
            MatchedBy.AHEAD,
            of=lambda source: source.startswith(theirs),
        )
    return all(steps.is_settled(one) for one in payments)


async def gone_back(unit: Unit, item: OpenItem) -> Decimal:
    """What was taken of what was held for its charges, and was refunded or is disputed."""
    holds = await holding.on_invoices(unit, item.holder, [item.ref])
    payments = [await paying.by_ref(unit, one.payment) for one in holds if one.payment is not None]
    return sum((one.refunded + one.charged_back for one in payments), ZERO)


async def is_waited_for(unit: Unit, invoice: Invoice) -> bool:
    """Whether something that is held for its charges is still to be taken."""
    holds = await holding.on_invoices(unit, invoice.holder, [invoice.ref])
    payments = [await paying.by_ref(unit, one.payment) for one in holds if one.payment is not None]
    return not all(steps.is_settled(one) for one in payments)


async def settle_issued(unit: Unit, holder: PartyId, issued: Sequence[Invoice]) -> None:
    """Before anybody is asked for the rest. Their debtors are locked."""
    holds: dict[str | None, list[CardHold]] = defaultdict(list)
    for hold in await holding.on_invoices(unit, holder, [one.ref for one in issued]):
        holds[hold.invoice].append(hold)
    for one in issued:
        if one.ref in holds and one.number is not None:
            await _settle(unit, await settling.item_named(unit, holder, one.number), holds[one.ref])


async def for_others(unit: Unit, item: OpenItem) -> tuple[str, ...]:
    """With what the entries begin by which something was taken for charges whose invoice is not issued yet."""
    sources = await entries.unsettled(unit, item.holder, item.debtor_id, item.currency)
    refs = {source.split()[1] for source, _, _ in sources if source.startswith("payment ")}
    found = []
    for hold in await holding.of_payments(unit, item.holder, refs):
        kept = None if hold.invoice is None else await store.invoices.find(unit, item.holder, hold.invoice)
        if kept is not None and kept.issued is None and hold.payment is not None:
            found.append(_entries(hold.payment))
    return tuple(found)


async def said_of(unit: Unit, invoice: Invoice) -> Mapping[str, tuple[str, ...]]:
    """CDR → what was taken for it of a card, as it stands on the invoice."""
    found = {}
    for hold in await holding.on_invoices(unit, invoice.holder, [invoice.ref]):
        payment = None if hold.payment is None else await paying.by_ref(unit, hold.payment)
        if payment is not None and payment.captured and hold.cdr_id is not None:
            card = f"{payment.paid_with or payment.provider.capitalize()}: {payment.captured:.2f} {payment.currency}"
            found[hold.cdr_id] = (card,)
    return found


def _entries(payment: str) -> str:
    """With what the keys of its entries in the ledger begin."""
    return f"payment {payment} "
