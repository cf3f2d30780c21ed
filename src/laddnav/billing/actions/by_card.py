"""What is paid from stored cards: invoices as they are issued; who has to confirm, or pay otherwise, is written to."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from msgspec.structs import replace

from laddnav.billing import card_letters
from laddnav.billing.actions import held, reading, settling
from laddnav.billing.card_bounds import least
from laddnav.billing.events import InvoicePaidInPart, InvoiceSettled
from laddnav.billing.model import Invoice, PaidFrom
from laddnav.billing.open_items import MatchedBy, OpenItem
from laddnav.billing.postings import receivable
from laddnav.customers import actions as customers
from laddnav.customers.model import Customer, PaysBy
from laddnav.db.unit import Database, Unit
from laddnav.ledger.model import Account
from laddnav.mail import actions as mail
from laddnav.parties import actions as parties
from laddnav.payments import steps
from laddnav.payments.actions import accounts, cards, holding, paying
from laddnav.payments.events import PaymentChanged
from laddnav.payments.payment import Payment, Purpose, State

BY = "card"  # who begins these payments
CONFIRM = "/my/payments"  # a page of the driver's own, with the ref of a payment
# So long a bank's question is waited for; then the invoice is open as if nobody had asked.
PATIENCE = timedelta(days=3)
GONE = (State.REFUSED, State.RELEASED)
UNDER_WAY = (State.ASKED, State.WAITING)


async def charge(unit: Unit, customer: Customer, number: str) -> Payment | None:
    """What is open of an invoice is taken from the card that pays, less what we owe its customer; while that is under
    way, again is nothing. What went back of what was held for it is not taken again: a person gave it back, or the bank
    asks whether it was owed. The customer is locked.

    None: nothing is, or there is no card that can pay; of that they are written to.
    """
    known = await paying.page(unit, customer.holder, about=number, limit=1)
    if known and known[0].state not in GONE:
        return None
    if not await held.settle(unit, await settling.item_named(unit, customer.holder, number)):
        return None  # what is held for its charges is taken first, and then the rest is asked for: see `went_on`
    item = await _less_what_we_owe(unit, customer, number)
    amount = item.open - await held.gone_back(unit, item)
    if amount < least(item.currency):
        return None
    card = await cards.default_of(unit, customer)
    if card is None or not (await accounts.by_ref(unit, card.account)).enabled:
        await _write(unit, customer, item, amount, key=f"invoice {item.ref} by no card")
        return None
    base = await parties.reached_at(unit) or ""
    return await paying.begin(
        unit,
        card.account,
        purpose=Purpose.INVOICE,
        about=number,
        credits=str(receivable(customer.debtor_id)),
        currency=item.currency,
        amount=amount,
        charge=True,
        by=BY,
        method=card.method,
        customer=card.payer,
        return_url=f"{base}/my/invoices" if base else None,
        away=True,
        patience=PATIENCE,
    )


async def _less_what_we_owe(unit: Unit, customer: Customer, number: str) -> OpenItem:
    """The invoice, once open credit notes and what is on account have settled of it what they can."""
    holder, debtor_id = customer.holder, customer.debtor_id
    item = await settling.item_named(unit, holder, number)
    for note in await settling.open_of(unit, holder, debtor_id):
        if note.open < 0 and note.currency == item.currency:
            await settling.set_off(unit, holder, note.number, [number], "")
    others = await held.for_others(unit, item)
    await settling.apply(
        unit,
        holder,
        debtor_id,
        item.currency,
        number,
        "",
        MatchedBy.AHEAD,
        of=lambda source: not source.startswith(others),
    )
    return await settling.item_named(unit, holder, number)


async def went_on(database: Database, event: PaymentChanged) -> None:
    """Hears PaymentChanged: a bank wants to see its customer, or the card pays nothing; each is written of once.

    Where less is open by now, that much is asked for anew, and where nothing is, nothing.
    """
    async with database.unit() as unit:
        payment = await paying.by_ref(unit, event.ref)
        if payment.made_by == holding.BY:
            await _take_the_rest(unit, payment)
            return
        customer = await of(unit, payment)
        if customer is None or payment.made_by != BY:
            return
        asks = payment.state is State.WAITING and (payment.action or "").startswith("http")
        if not asks and payment.state not in GONE:
            return
        customer = await customers.lock(unit, customer.ref)
        item = await settling.item_named(unit, payment.holder, payment.about)
        if asks and item.open < payment.hold:
            await paying.give_up(unit, payment.ref)
        elif payment.state is State.RELEASED and item.open < payment.hold:
            (newest,) = await paying.page(unit, payment.holder, about=payment.about, limit=1)
            if newest.ref == payment.ref and customer.pays_by is PaysBy.CARD:
                await charge(unit, customer, payment.about)
        elif item.open > 0:
            confirm = f"{CONFIRM}/{payment.ref}" if asks else None
            key = f"payment {payment.ref} {'asks' if asks else 'refused'}"
            await _write(unit, customer, item, min(payment.hold, item.open), key=key, confirm=confirm)


async def _take_the_rest(unit: Unit, payment: Payment) -> None:
    """What was held for a charge is taken, or never will be: what its invoice leaves open waited for that."""
    hold = await holding.of_payment(unit, payment)
    if hold is None or hold.invoice is None or not steps.is_settled(payment):
        return
    customer = await customers.lock(unit, hold.customer)
    invoice = await reading.invoice(unit, hold.invoice)
    if invoice.number is None or customer.pays_by is not PaysBy.CARD:
        return
    if not await paying.page(unit, customer.holder, about=invoice.number, limit=1):  # and not again after a no
        await charge(unit, customer, invoice.number)


async def _write(
    unit: Unit, customer: Customer, item: OpenItem, amount: Decimal, *, key: str, confirm: str | None = None
) -> None:
    """`confirm`: the page where they do; None: the card was refused."""
    if customer.email is None:
        return
    base = await parties.reached_at(unit) or ""
    subject, text = card_letters.by_card(
        customer,
        number=item.number,
        amount=f"{amount:.2f} {item.currency}",
        operator=await parties.fetch(unit, item.holder),
        url=base + (confirm or cards.PAGE),
        asks=confirm is not None,
    )
    await mail.send(unit, holder=item.holder, key=key, to=customer.email, subject=subject, text=text)


async def settled(database: Database, event: InvoiceSettled | InvoicePaidInPart) -> None:
    """Hears both: what waits to be confirmed for it is not waited for any more; of what is left, see `went_on`."""
    async with database.unit() as unit:
        number = (await reading.invoice(unit, event.ref)).number
        assert number is not None, "it is issued"
        for payment in await paying.page(unit, event.holder, about=number):
            if payment.made_by == BY:
                await still_asked(unit, payment)


async def still_asked(unit: Unit, payment: Payment) -> Decimal:
    """What of its invoice is open; where that is less than it would take, it is given up."""
    item = await settling.item_named(unit, payment.holder, payment.about)
    if item.open < payment.hold and payment.state in UNDER_WAY:
        await paying.give_up(unit, payment.ref)
    return item.open


async def as_it_stands(unit: Unit, invoice: Invoice, *, begun: bool) -> Invoice:
    """As it is said to its customer now: where its card was refused, it asks to be paid otherwise. `begun`: what is to
    be taken is asked for by now, if it ever will be.
    """
    if invoice.paid_from is not PaidFrom.CARD or invoice.number is None:
        return invoice
    last = await paying.page(unit, invoice.holder, about=invoice.number, limit=1)
    if last:
        taken = last[0].state not in GONE
    else:
        taken = not begun or await held.is_waited_for(unit, invoice)
    return invoice if taken else replace(invoice, paid_from=None)


async def of(unit: Unit, payment: Payment) -> Customer | None:
    """Whose invoice it pays; None: it pays something else."""
    if payment.purpose is not Purpose.INVOICE:
        return None
    return await customers.of_debtor(unit, payment.holder, Account.parse(payment.credits).of)
