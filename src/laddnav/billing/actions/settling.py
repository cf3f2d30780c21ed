"""What is paid settles invoices; what goes back opens them again; how a debtor stands, by the ledger."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from laddnav.billing import open_items
from laddnav.billing.actions import buyers
from laddnav.billing.events import InvoiceSettled
from laddnav.billing.model import Debtor
from laddnav.billing.open_items import MAKE_DEBTS, DebtorStanding, MatchedBy, NotOpen, OpenItem, SettledBy, Share
from laddnav.billing.rules import UnknownDebtor, UnknownInvoice, receivable, seller_of
from laddnav.billing.statement import Account
from laddnav.billing.store import invoices, settling
from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Account as LedgerAccount
from laddnav.ledger.model import Head
from laddnav.parties import actions as parties
from laddnav.payments.actions import paying
from laddnav.payments.events import PaymentChanged
from laddnav.payments.payment import Purpose

_ZERO = Decimal(0)
RECENT = 500  # entries of a debtor that are looked through for what is on account


async def settle(
    unit: Unit,
    holder: PartyId,
    debtor_id: str,
    amount: Decimal,
    currency: str,
    *,
    source: str,
    cites: str | Collection[str] | None = None,
    by: str = "",
) -> tuple[SettledBy, ...]:
    """What the entry `source` of the ledger took off the debtor's account settles invoices: those whose numbers are
    cited, or what is due longest. The rest stays on account. Below zero, what had settled something went back.

    The same source again is nothing. Raises UnknownDebtor, UnknownEntry, TooMuchSettled.
    """
    await buyers.locked(unit, holder, debtor_id)
    before = await settling.of_source(unit, holder, source)
    if before:
        return before
    numbers = None if cites is None else [cites] if isinstance(cites, str) else list(cites)
    posted = await ledger.by_key(unit, holder, source)
    account = receivable(debtor_id)
    moved = [one.amount for one in posted.entry.postings if (one.account, one.currency) == (account, currency)]
    left = -sum(moved, _ZERO)
    if not min(left, _ZERO) <= amount <= max(left, _ZERO):
        raise open_items.TooMuchSettled(source, left, amount)
    items = await _items(unit, holder, debtor_id, currency, numbers, back=amount < 0)
    found = open_items.shares(amount, items, numbers)
    await _write(unit, holder, source, posted.id, debtor_id, currency, found, items, by)
    return await settling.of_source(unit, holder, source)


async def _items(
    unit: Unit, holder: PartyId, debtor_id: str, currency: str, numbers: list[str] | None, *, back: bool
) -> tuple[OpenItem, ...]:
    if numbers is not None:
        named = await settling.numbered(unit, holder, numbers)
        return tuple(one for one in named if (one.debtor_id, one.currency) == (debtor_id, currency))
    if back:
        return await settling.settled_last(unit, holder, debtor_id, currency)
    return await settling.open_items(unit, holder, debtor_id, currency)


async def _write(
    unit: Unit,
    holder: PartyId,
    source: str,
    entry_id: str | None,
    debtor_id: str,
    currency: str,
    shares: tuple[Share, ...],
    items: tuple[OpenItem, ...],
    by: str,
) -> None:
    settling.settle(unit, holder, source, entry_id, debtor_id, currency, shares, by)
    for item in items:
        share = sum((one.amount for one in shares if one.ref == item.ref), _ZERO)
        if share and share == item.open:
            unit.announce(InvoiceSettled(holder=holder, ref=item.ref))


async def apply(unit: Unit, holder: PartyId, debtor_id: str, currency: str, number: str | None, by: str) -> Decimal:
    """What is on account settles this invoice, or what is due longest; how much that was.

    Raises UnknownDebtor, NotOpen.
    """
    await buyers.locked(unit, holder, debtor_id)
    if number is None:
        items = await settling.open_items(unit, holder, debtor_id, currency)
    else:
        items = await _items(unit, holder, debtor_id, currency, [number], back=False)
        if not items:
            raise NotOpen(number, debtor_id)
    applied = _ZERO
    account = receivable(debtor_id)
    for posted in reversed(await ledger.entries(unit, holder, account=account, limit=RECENT)):
        if posted.entry.key.startswith(MAKE_DEBTS):
            continue
        moved = [one.amount for one in posted.entry.postings if (one.account, one.currency) == (account, currency)]
        before = await settling.of_source(unit, holder, posted.entry.key)
        left = -sum(moved, _ZERO) - sum((one.amount for one in before), _ZERO)
        if left <= 0:
            continue
        found = tuple(Share(one.ref, one.amount, MatchedBy.PERSON) for one in open_items.shares(left, items, None))
        await _write(unit, holder, posted.entry.key, posted.id, debtor_id, currency, found, items, by)
        applied += sum((one.amount for one in found), _ZERO)
        items = await settling.numbered(unit, holder, [item.number for item in items])
    return applied


async def set_off(unit: Unit, holder: PartyId, note_number: str, against: Collection[str], by: str) -> None:
    """What a credit note gives back settles these invoices, as far as they are open. Raises UnknownDebtor, NotOpen."""
    found = await settling.numbered(unit, holder, [note_number])
    if not found:
        raise NotOpen(note_number, "This party")
    note = found[0]
    await buyers.locked(unit, holder, note.debtor_id)
    note, *_ = await settling.numbered(unit, holder, [note_number])
    items = await _items(unit, holder, note.debtor_id, note.currency, list(against), back=False)
    shares = open_items.set_off(note, items)
    source = f"credit {note.number}"
    await _write(unit, holder, source, None, note.debtor_id, note.currency, shares, (note, *items), by)


async def settle_payment(database: Database, event: PaymentChanged) -> None:
    """Hears PaymentChanged: what was paid for an invoice settles it, what was given back opens it again."""
    async with database.unit() as unit:
        payment = await paying.by_ref(unit, event.ref)
        account = LedgerAccount.parse(payment.credits)
        if payment.purpose is not Purpose.INVOICE or account.head is not Head.RECEIVABLE:
            return
        posted = await ledger.entries(unit, payment.holder, cites=f"payment {payment.ref}", limit=RECENT)
        for one in reversed(posted):
            moved = sum((each.amount for each in one.entry.postings if each.account == account), _ZERO)
            if moved:
                await settle(
                    unit,
                    payment.holder,
                    account.of,
                    -moved,
                    payment.currency,
                    source=one.entry.key,
                    cites=payment.about,
                    by=payment.made_by,
                )


# ---- Reads


async def settled_by(unit: Unit, holder: PartyId, invoice_ref: str) -> tuple[SettledBy, ...]:
    """What settled an invoice, the first of it first."""
    return await settling.of_invoice(unit, holder, invoice_ref)


async def item_named(unit: Unit, holder: PartyId, number: str) -> OpenItem:
    """An issued invoice with what of it is settled. Raises UnknownInvoice."""
    found = await settling.numbered(unit, holder, [number])
    if not found:
        raise UnknownInvoice(number)
    return found[0]


async def account_of(unit: Unit, debtor: Debtor) -> Account:
    """All that a statement of account says. Raises UnknownDebtor."""
    party = await parties.fetch(unit, debtor.holder)
    found = await standings(unit, debtor.holder, debtor.id)
    return Account(seller=seller_of(party), debtor=debtor, standings=found, at=unit.now)


async def standings(unit: Unit, holder: PartyId, debtor_id: str) -> tuple[DebtorStanding, ...]:
    """How a debtor stands, a currency each. Raises UnknownDebtor."""
    debtor = await invoices.find_debtor(unit, holder, debtor_id)
    if debtor is None:
        raise UnknownDebtor(debtor_id)
    return tuple(
        [
            open_items.standing(
                debtor,
                currency,
                await ledger.balance(unit, holder, receivable(debtor_id), currency),
                await settling.not_invoiced(unit, holder, debtor_id, currency),
                await settling.open_items(unit, holder, debtor_id, currency),
                unit.now,
            )
            for currency in await settling.currencies(unit, holder, debtor_id)
        ]
    )


async def page_of_open(
    unit: Unit, holder: PartyId | None, *, only_due: bool, after: str | None = None, limit: int = 50
) -> tuple[OpenItem, ...]:
    """Invoices and credit notes that are not settled, what is due longest first."""
    return await settling.all_open(unit, holder, due_before=unit.now, only_due=only_due, after=after, limit=limit)
