"""What is paid from wallets: invoices as they are issued; and what fills a wallet, or is given back out of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

import structlog

from laddnav.billing.actions import by_card, reading, settling
from laddnav.billing.events import InvoiceIssued
from laddnav.billing.open_items import OpenItem
from laddnav.billing.postings import receivable
from laddnav.customers import actions as customers
from laddnav.customers import wallet
from laddnav.customers.actions import allowing, giving
from laddnav.customers.events import CustomerChanged, WalletShort
from laddnav.customers.model import Customer, PaysBy
from laddnav.customers.wallet import NothingToPayOut, UnfitWallet
from laddnav.db.unit import Database, Unit
from laddnav.kit.refusal import Refusal
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Account, Entry, Head, Posting
from laddnav.payments.actions import paying
from laddnav.payments.events import PaymentChanged
from laddnav.payments.payment import Payment, Purpose, State
from laddnav.payments.rules import UnknownPaymentAccount

log = structlog.get_logger()

ZERO = Decimal(0)
REFILL = "refill"  # who begins what a wallet fills itself by
PENDING = (State.ASKED, State.WAITING, State.HELD)
RECENT = 200  # payments into one wallet that are looked through


# ---- Out of it


async def pay(database: Database, event: InvoiceIssued) -> None:
    """Hears InvoiceIssued: a customer's vouchers have paid it, then their wallet, as far as they reach, or their card.

    What a credit note gives back is in the wallet again. Again is nothing.
    """
    async with database.unit() as unit:
        invoice = await reading.invoice(unit, event.ref)
        customer = await customers.of_debtor(unit, event.holder, invoice.debtor.id)
        if customer is None or invoice.number is None:
            return
        customer = await customers.lock(unit, customer.ref)
        if customer.pays_by is PaysBy.WALLET:
            await _pay_open(unit, customer)
            return
        item = await settling.item_named(unit, invoice.holder, invoice.number)
        if not await _times(unit, item, "vouchers"):  # what is redeemed later is for what comes later
            await _by_vouchers(unit, customer, item)
        if customer.pays_by is PaysBy.CARD:
            await by_card.charge(unit, customer, invoice.number)


async def pay_later(database: Database, event: CustomerChanged) -> None:
    """Hears CustomerChanged: a voucher that is new, or a wallet that pays from now on, pays what is open already."""
    async with database.unit() as unit:
        customer = await customers.lock(unit, event.customer)
        if customer.pays_by is PaysBy.WALLET:
            await _pay_open(unit, customer)


async def _pay_open(unit: Unit, customer: Customer) -> None:
    """What of their invoices is due longest first: by vouchers, and then from the wallet.

    Nothing is left both in the wallet and open, so that doing it again does nothing. The customer is locked.
    """
    for item in await settling.open_of(unit, customer.holder, customer.debtor_id):
        await _by_vouchers(unit, customer, item)
    found = await allowing.wallet_of(unit, customer)
    items = [
        one
        for one in await settling.open_of(unit, customer.holder, customer.debtor_id)
        if one.currency == found.currency
    ]
    for item, share in zip(items, wallet.shared_out(found, [one.open for one in items]), strict=True):
        if share:
            await _settle(unit, item, "wallet", share, Posting(wallet.account(customer.ref), share, item.currency))
    await allowing.look(unit, customer)


async def _by_vouchers(unit: Unit, customer: Customer, item: OpenItem) -> None:
    if item.open <= 0:
        return
    spent = await giving.spend(unit, customer, item.open, item.currency)
    accounts = dict.fromkeys((one.batch.account for one, _ in spent), ZERO)
    for one, part in spent:
        accounts[one.batch.account] += part
    if spent:
        postings = (Posting(account, part, item.currency) for account, part in accounts.items())
        await _settle(unit, item, "vouchers", sum((part for _, part in spent), ZERO), *postings)


async def _settle(unit: Unit, item: OpenItem, by: str, amount: Decimal, *debits: Posting) -> None:
    before = await _times(unit, item, by)
    entry = Entry(
        key=f"{by} {item.number}" + (f" ({before + 1})" if before else ""),
        what=f"By {by}: {item.number}",
        cites=f"invoice {item.ref}",
        postings=(*debits, Posting(receivable(item.debtor_id), -amount, item.currency)),
    )
    await ledger.post(unit, item.holder, entry)
    await settling.settle(unit, item.holder, item.debtor_id, amount, item.currency, source=entry.key, cites=item.number)


async def _times(unit: Unit, item: OpenItem, by: str) -> int:
    """How often something of it was paid so."""
    settled = await settling.settled_by(unit, item.holder, item.ref)
    return len({one.source for one in settled if one.source.partition(" ")[0] == by})


async def pay_out(unit: Unit, ref: str, amount: Decimal | None, *, reason: str, by: str) -> Decimal:
    """What is free goes back where it came from, the newest payment first; all of it, if no amount is said.

    Each payment is a refund of its own, which a second person may have to grant; meanwhile it is not free. A wallet
    that would fill itself at once does so no more. Raises UnknownCustomer, NothingToPayOut, and what `paying.refund`
    raises.
    """
    customer = await customers.lock(unit, ref)
    found = await allowing.wallet_of(unit, customer)
    left = max(found.free, ZERO)
    wanted = left if amount is None else amount
    if not 0 < wanted <= left:
        raise NothingToPayOut(left, found.currency)
    rest, waiting = wanted, await _waiting(unit, customer)
    for one in await filled_by(unit, customer):
        part = min(rest, one.net - (one.back - one.refunded) - waiting.get(one.ref, ZERO))
        if part > 0 and one.currency == found.currency:
            await paying.refund(unit, one.ref, part, reason, by=by)
            rest -= part
    if rest == wanted:
        raise NothingToPayOut(ZERO, found.currency)
    if found.refill is not None and found.in_it - found.owed - (wanted - rest) < found.refill.below:
        await allowing.refill(unit, ref, None, by=by)  # else the card would be asked for what it was just given
    await allowing.look(unit, customer)
    return wanted - rest


async def _waiting(unit: Unit, customer: Customer) -> Mapping[str, Decimal]:
    """What a second person has to agree to, payment by payment."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for one in await paying.refunds_waiting(unit, customer.holder):
        found[one.payment] += one.amount
    return found


# ---- Into it


async def top_up(
    unit: Unit,
    ref: str,
    amount: Decimal,
    *,
    account: str,
    return_url: str | None,
    stored: bool,
    by: str,
    away: bool = False,
) -> Payment:
    """`stored`: from the card that is kept, its owner being `away` or not; else whoever pays goes on at its `action`.

    Raises UnknownCustomer, UnfitWallet, UnknownPaymentAccount, UnfitPayment.
    """
    customer = await customers.lock(unit, ref)
    found = await allowing.wallet_of(unit, customer)
    payer, method = customer.at_provider
    if stored and not method:
        raise UnfitWallet("card", "the customer has none stored")
    last = await paying.page(unit, customer.holder, about=wallet.about(customer.ref), limit=1)
    if stored and last and last[0].state in PENDING:
        raise UnfitWallet("amount", "another payment into this wallet is under way; look again once it is through")
    payment = await paying.begin(
        unit,
        account,
        purpose=Purpose.TOP_UP,
        about=wallet.about(customer.ref),
        credits=str(wallet.account(customer.ref)),
        currency=found.currency,
        amount=amount,
        charge=True,
        by=by,
        method=method if stored else None,
        customer=payer if stored else None,
        return_url=return_url,
        away=away,
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


async def refill_short(database: Database, event: WalletShort) -> None:
    """Hears WalletShort: what fills itself does so before the charge would end for it."""
    async with database.unit() as unit:
        await _refill(unit, event.customer, short=True)


async def _refill(unit: Unit, ref: str, *, short: bool = False) -> bool:
    """Not while one is under way, and none after one that was refused until a person or a payment came between."""
    customer = await customers.lock(unit, ref)
    found = await allowing.wallet_of(unit, customer)
    amount = wallet.wanted(found, short=short)
    last = await paying.page(unit, customer.holder, about=wallet.about(customer.ref), limit=1)
    if not amount or found.refill is None or customer.card is None or (last and not _over(last[0])):
        return False
    await top_up(unit, ref, amount, account=found.refill.account, return_url=None, stored=True, by=REFILL, away=True)
    return True


def _over(payment: Payment) -> bool:
    """What a bank asked of nobody, for nobody was there, and was released for it, was refused too."""
    unheard = payment.state is State.RELEASED and payment.made_by == REFILL and payment.provider_id is not None
    refused = payment.state is State.REFUSED or unheard
    return payment.state not in PENDING and not refused and payment.trouble is None


async def filled(database: Database, event: PaymentChanged) -> None:
    """Hears PaymentChanged: whose wallet has something again pays what is open, and charges again."""
    async with database.unit() as unit:
        payment = await paying.by_ref(unit, event.ref)
        account = Account.parse(payment.credits)
        if payment.purpose is Purpose.TOP_UP and account.head is Head.WALLET:
            customer = await customers.of_debtor(unit, payment.holder, f"customer:{account.of}")
            if customer is None:
                return
            customer = await customers.lock(unit, customer.ref)
            if customer.pays_by is PaysBy.WALLET:
                await _pay_open(unit, customer)


async def filled_by(unit: Unit, customer: Customer) -> Sequence[Payment]:
    """The newest first."""
    return await paying.page(unit, customer.holder, about=wallet.about(customer.ref), limit=RECENT)
