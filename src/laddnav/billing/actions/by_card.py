"""What is paid from stored cards: invoices as they are issued; who has to confirm, or pay otherwise, is written to."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from laddnav.billing import card_letters
from laddnav.billing.actions import settling
from laddnav.billing.rules import receivable
from laddnav.customers import actions as customers
from laddnav.customers.model import Customer
from laddnav.db.unit import Database, Unit
from laddnav.ledger.model import Account
from laddnav.mail import actions as mail
from laddnav.parties import actions as parties
from laddnav.payments.actions import cards, paying
from laddnav.payments.events import PaymentChanged
from laddnav.payments.payment import Payment, Purpose, State

BY = "card"  # who begins these payments
CONFIRM = "/my/payments"  # a page of the driver's own, with the ref of a payment
# So long a bank's question is waited for; then the invoice is open as if nobody had asked.
PATIENCE = timedelta(days=3)
# Stripe takes nothing below 3 SEK, 3 NOK, 2.50 DKK or 0.50 EUR; so little stays open.
LEAST = Decimal(3)
GONE = (State.REFUSED, State.RELEASED)


async def charge(unit: Unit, customer: Customer, number: str) -> Payment | None:
    """What is open of an invoice is taken from the card that pays; while that is under way, again is nothing.

    None: nothing is, or there is no card.
    """
    card = await cards.default_of(unit, customer)
    item = await settling.item_named(unit, customer.holder, number)
    if card is None or item.open < LEAST:
        return None
    known = await paying.page(unit, customer.holder, about=number, limit=1)
    if known and known[0].state not in GONE:
        return None
    base = await parties.reached_at(unit) or ""
    return await paying.begin(
        unit,
        card.account,
        purpose=Purpose.INVOICE,
        about=number,
        credits=str(receivable(customer.debtor_id)),
        currency=item.currency,
        amount=item.open,
        charge=True,
        by=BY,
        method=card.method,
        customer=card.payer,
        return_url=f"{base}/my/invoices" if base else None,
        patience=PATIENCE,
    )


async def went_on(database: Database, event: PaymentChanged) -> None:
    """Hears PaymentChanged: a bank wants to see its customer, or the card pays nothing; each is written of once."""
    async with database.unit() as unit:
        payment = await paying.by_ref(unit, event.ref)
        customer = await of(unit, payment)
        if customer is None or payment.made_by != BY or customer.email is None:
            return
        asks = payment.state is State.WAITING and (payment.action or "").startswith("http")
        if not asks and payment.state not in GONE:
            return
        base = await parties.reached_at(unit) or ""
        operator = (await parties.fetch(unit, payment.holder)).name
        url = f"{base}{CONFIRM}/{payment.ref}" if asks else f"{base}{cards.PAGE}"
        subject, text = card_letters.by_card(customer, payment, operator, url, asks=asks)
        key = f"payment {payment.ref} {'asks' if asks else 'refused'}"
        await mail.send(unit, holder=payment.holder, key=key, to=customer.email, subject=subject, text=text)


async def of(unit: Unit, payment: Payment) -> Customer | None:
    """Whose invoice it pays; None: it pays something else."""
    if payment.purpose is not Purpose.INVOICE:
        return None
    return await customers.of_debtor(unit, payment.holder, Account.parse(payment.credits).of)
