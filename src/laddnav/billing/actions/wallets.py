"""What is paid from wallets: invoices as they are issued; and what fills a wallet, or is given back out of it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import structlog

from laddnav.billing.actions import reading, settling
from laddnav.billing.events import InvoiceIssued
from laddnav.billing.model import Invoice
from laddnav.billing.rules import receivable
from laddnav.customers import actions as customers
from laddnav.customers import wallet
from laddnav.customers.actions import allowing, giving
from laddnav.customers.model import Customer, PaysBy
from laddnav.customers.wallet import NothingToPayOut, UnfitWallet
from laddnav.db.unit import Database, Unit
from laddnav.kit.refusal import Refusal
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Account, Entry, Head, Posting
from laddnav.ledger.rules import UnknownEntry
from laddnav.payments.actions import paying
from laddnav.payments.events import PaymentChanged
from laddnav.payments.payment import Payment, Purpose, State
from laddnav.payments.rules import UnknownPaymentAccount

log = structlog.get_logger()

ZERO = Decimal(0)
PENDING = (State.ASKED, State.WAITING, State.HELD)
RECENT = 200  # payments into one wallet that are looked through


def about(customer: Customer) -> str:
    """What a payment into this wallet says that it is for."""
    return f"wallet {customer.ref}"


# ---- Out of it


async def pay(database: Database, event: InvoiceIssued) -> None:
    """Hears InvoiceIssued: a customer's vouchers have paid it, and then their wallet, as far as they reach.

    What a credit note gives back is in the wallet again. Again is nothing.
    """
    async with database.unit() as unit:
        invoice = await reading.invoice(unit, event.ref)
        customer = await customers.of_debtor(unit, event.holder, invoice.debtor.id)
        if customer is None or invoice.number is None:
            return
        customer = await customers.lock(unit, customer.ref)
        # A credit note may be set off already, and of an invoice something paid: what is open is all that counts.
        rest = (await settling.item_named(unit, invoice.holder, invoice.number)).open
        if rest > 0 and not await _was_paid(unit, invoice, "vouchers"):
            rest -= await _by_vouchers(unit, customer, invoice, rest)
        if customer.pays_by is PaysBy.WALLET and not await _was_paid(unit, invoice, "wallet"):
            await _by_wallet(unit, customer, invoice, rest)
            await allowing.look(unit, customer)


async def _by_vouchers(unit: Unit, customer: Customer, invoice: Invoice, rest: Decimal) -> Decimal:
    spent = await giving.spend(unit, customer, rest, invoice.currency)
    paid = sum((part for _, part in spent), ZERO)
    accounts = dict.fromkeys((one.batch.account for one, _ in spent), ZERO)
    for one, part in spent:
        accounts[one.batch.account] += part
    if paid:
        postings = (Posting(account, part, invoice.currency) for account, part in accounts.items())
        await _settle(unit, invoice, "vouchers", paid, *postings)
    return paid


async def _by_wallet(unit: Unit, customer: Customer, invoice: Invoice, rest: Decimal) -> None:
    found = await allowing.wallet_of(unit, customer)
    amount = min(rest, max(found.in_it, ZERO))
    if amount and found.currency == invoice.currency:
        await _settle(unit, invoice, "wallet", amount, Posting(wallet.account(customer.ref), amount, invoice.currency))


async def _settle(unit: Unit, invoice: Invoice, by: str, amount: Decimal, *debits: Posting) -> None:
    entry = Entry(
        key=f"{by} {invoice.number}",
        what=f"By {by}: {invoice.number}",
        cites=f"invoice {invoice.ref}",
        postings=(*debits, Posting(receivable(invoice.debtor.id), -amount, invoice.currency)),
    )
    await ledger.post(unit, invoice.holder, entry)
    debtor_id, cites = invoice.debtor.id, invoice.number
    await settling.settle(unit, invoice.holder, debtor_id, amount, invoice.currency, source=entry.key, cites=cites)


async def _was_paid(unit: Unit, invoice: Invoice, by: str) -> bool:
    try:
        await ledger.by_key(unit, invoice.holder, f"{by} {invoice.number}")
    except UnknownEntry:
        return False
    return True


async def pay_out(unit: Unit, ref: str, amount: Decimal | None, *, reason: str, by: str) -> Decimal:
    """What is free goes back where it came from, the newest payment first; all of it, if no amount is said.

    Each payment is a refund of its own, which a second person may have to grant. Raises UnknownCustomer,
    NothingToPayOut, and what `paying.refund` raises.
    """
    customer = await customers.lock(unit, ref)
    found = await allowing.wallet_of(unit, customer)
    payments = await filled_by(unit, customer)
    coming = sum((one.back - one.refunded for one in payments), ZERO)
    left = max(found.free - coming, ZERO)
    wanted = left if amount is None else amount
    if not 0 < wanted <= left:
        raise NothingToPayOut(left, found.currency)
    rest = wanted
    for one in payments:
        part = min(rest, one.net - (one.back - one.refunded))
        if part > 0 and one.currency == found.currency:
            await paying.refund(unit, one.ref, part, reason, by=by)
            rest -= part
    if rest == wanted:
        raise NothingToPayOut(ZERO, found.currency)
    return wanted - rest


# ---- Into it


async def top_up(
    unit: Unit, ref: str, amount: Decimal, *, account: str, return_url: str | None, stored: bool, by: str
) -> Payment:
    """`stored`: from the card that is kept; else whoever pays goes on at the payment's `action`.

    Raises UnknownCustomer, UnfitWallet, UnknownPaymentAccount, UnfitPayment.
    """
    customer = await customers.lock(unit, ref)
    found = await allowing.wallet_of(unit, customer)
    payer, _, method = (customer.card or "").rpartition("/")
    if stored and not method:
        raise UnfitWallet("card", "the customer has none stored")
    last = await paying.page(unit, customer.holder, about=about(customer), limit=1)
    if stored and last and last[0].state in PENDING:
        raise UnfitWallet("amount", "another payment into this wallet is under way; look again once it is through")
    payment = await paying.begin(
        unit,
        account,
        purpose=Purpose.TOP_UP,
        about=about(customer),
        credits=str(wallet.account(customer.ref)),
        currency=found.currency,
        amount=amount,
        charge=True,
        by=by,
        method=method if stored else None,
        customer=(payer or None) if stored else None,
        return_url=return_url,
    )
    if payment.holder != customer.holder:
        raise UnknownPaymentAccount(account)
    return payment


async def refill_due(database: Database) -> int:
    """Every wallet that fills itself and has too little: from its stored card, one payment at a time; how many."""
    many, after = 0, None
    while True:
        async with database.unit() as unit:
            refs = await allowing.refilled(unit, after)
        for ref in refs:
            try:
                async with database.unit() as unit:
                    many += await _refill(unit, ref)
            except Refusal as error:  # of one, and the others are not to wait for it
                log.warning("wallet_not_refilled", customer=ref, why=str(error))
        if not refs:
            return many
        after = refs[-1]


async def _refill(unit: Unit, ref: str) -> bool:
    """Not while one is under way, and none after one that was refused until a person or a payment came between."""
    customer = await customers.lock(unit, ref)
    found = await allowing.wallet_of(unit, customer)
    amount = wallet.wanted(found)
    last = await paying.page(unit, customer.holder, about=about(customer), limit=1)
    if not amount or found.refill is None or customer.card is None or (last and not _over(last[0])):
        return False
    await top_up(unit, ref, amount, account=found.refill.account, return_url=None, stored=True, by="refill")
    return True


def _over(payment: Payment) -> bool:
    return payment.state not in PENDING and payment.state is not State.REFUSED and payment.trouble is None


async def filled(database: Database, event: PaymentChanged) -> None:
    """Hears PaymentChanged: whose wallet has something again charges again."""
    async with database.unit() as unit:
        payment = await paying.by_ref(unit, event.ref)
        account = Account.parse(payment.credits)
        if payment.purpose is Purpose.TOP_UP and account.head is Head.WALLET:
            customer = await customers.of_debtor(unit, payment.holder, f"customer:{account.of}")
            if customer is not None:
                await allowing.look(unit, customer)


async def filled_by(unit: Unit, customer: Customer) -> Sequence[Payment]:
    """The newest first."""
    return await paying.page(unit, customer.holder, about=about(customer), limit=RECENT)
