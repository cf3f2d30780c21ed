"""What is paid settles invoices; what goes back opens them again; how a debtor stands, by the ledger."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from decimal import Decimal

from laddnav.billing import open_items
from laddnav.billing.actions import buyers
from laddnav.billing.events import InvoicePaidInPart, InvoiceSettled
from laddnav.billing.model import Debtor, DebtorKind, Invoice, PaidFrom
from laddnav.billing.open_items import DebtorStanding, MatchedBy, NotOpen, OpenItem, SettledBy, Share
from laddnav.billing.postings import receivable
from laddnav.billing.rules import UnknownDebtor, UnknownInvoice, seller_of
from laddnav.billing.statement import Account
from laddnav.billing.store import debtors, invoices, settling
from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Account as LedgerAccount
from laddnav.ledger.model import Head
from laddnav.parties import actions as parties
from laddnav.payments.actions import holding, paying
from laddnav.payments.events import PaymentChanged
from laddnav.payments.payment import Payment, Purpose, State

_ZERO = Decimal(0)
GONE = (State.REFUSED, State.RELEASED)
RECENT = 500  # entries of one payment, and payments of those whose invoices are issued at once


async def settle(
    unit: Unit,
    holder: PartyId,
    debtor_id: str,
    amount: Decimal,
    currency: str,
    *,
    source: str,
    cites: str | Collection[str] | None = None,
    undoes: str | None = None,
    by: str = "",
) -> tuple[SettledBy, ...]:
    """What the entry `source` of the ledger took off the debtor's account settles invoices: those whose numbers are
    cited, or what is due longest. The rest stays on account.

    Below zero it went: it is what was on account, pays out credit notes, or opens again what is cited. It may be that
    the source which it `undoes` went back: then what that had settled is open again, and no credit note is paid out.

    The same source again is nothing. Raises UnknownDebtor, UnknownEntry, TooMuchSettled.
    """
    debtor = await buyers.locked(unit, holder, debtor_id)
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
    if amount < 0:
        opened = await settling.of_source(unit, holder, undoes) if undoes is not None else ()
        refs = [one.invoice_ref for one in opened]
        items = await settling.settled_or_owed(unit, holder, debtor_id, currency, refs, numbers or [])
        cited = [*(one.number for one in items if one.ref in refs), *(numbers or [])]
        beyond = (await _standing(unit, debtor, currency)).on_account
        found = open_items.shares_back(amount, items, cited, beyond, paid_out=undoes is None)
    else:
        items = await _items(unit, holder, debtor_id, currency, numbers)
        found = open_items.shares(amount, items, numbers)
    await _write(unit, holder, source, posted.id, debtor_id, currency, found, items, by)
    return await settling.of_source(unit, holder, source)


async def _items(
    unit: Unit, holder: PartyId, debtor_id: str, currency: str, numbers: list[str] | None
) -> tuple[OpenItem, ...]:
    if numbers is not None:
        named = await settling.numbered(unit, holder, numbers)
        return tuple(one for one in named if (one.debtor_id, one.currency) == (debtor_id, currency))
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
        elif 0 < share < item.open:
            unit.announce(InvoicePaidInPart(holder=holder, ref=item.ref))


async def apply(
    unit: Unit,
    holder: PartyId,
    debtor_id: str,
    currency: str,
    number: str | None,
    by: str,
    why: MatchedBy = MatchedBy.PERSON,
    *,
    of: Callable[[str], bool] = lambda source: True,
) -> Decimal:
    """What is on account settles this invoice, or what is due longest; how much that was. `of`: which entries may.

    Raises UnknownDebtor, NotOpen.
    """
    debtor = await buyers.locked(unit, holder, debtor_id)
    items = await _items(unit, holder, debtor_id, currency, None if number is None else [number])
    if number is not None and not items:
        raise NotOpen(number, debtor_id)
    # Of what came some may have gone again: not more than is here still.
    there = left = max(-(await _standing(unit, debtor, currency)).on_account, _ZERO)
    unsettled = await settling.unsettled(unit, holder, debtor_id, currency) if left else ()
    for source, entry_id, rest in (one for one in unsettled if of(one[0])):
        found = open_items.shares(min(rest, left), items, None, why)
        await _write(unit, holder, source, entry_id, debtor_id, currency, found, items, by)
        left -= sum((one.amount for one in found), _ZERO)
        items = await settling.numbered(unit, holder, [item.number for item in items])
    return there - left


async def set_off(unit: Unit, holder: PartyId, note_number: str, against: Collection[str], by: str) -> None:
    """What a credit note gives back settles these invoices, as far as they are open. Raises UnknownDebtor, NotOpen."""
    found = await settling.numbered(unit, holder, [note_number])
    if not found:
        raise NotOpen(note_number, "This party")
    note = found[0]
    await buyers.locked(unit, holder, note.debtor_id)
    note, *_ = await settling.numbered(unit, holder, [note_number])
    items = await _items(unit, holder, note.debtor_id, note.currency, list(against))
    shares = open_items.set_off(note, items)
    source = f"credit {note.number}"
    await _write(unit, holder, source, None, note.debtor_id, note.currency, shares, (note, *items), by)


async def settle_issued(unit: Unit, issued: Sequence[Invoice]) -> None:
    """What needs no decision when these are issued: a credit note settles what it corrects, as far as that is open; and
    whoever paid a charge on the spot owes nothing for it. Their debtors are locked.
    """
    for note in issued:
        if note.to_pay < 0 and note.number is not None:
            corrected = [one.number for one in note.corrects]
            await set_off(unit, note.holder, note.number, corrected, "")
    for one in (each for each in issued if each.paid_from is PaidFrom.SPOT):
        assert one.number is not None, "it is issued"
        for item in await settling.open_items(unit, one.holder, one.debtor.id, one.currency):
            if item.to_pay < 0:
                await set_off(unit, one.holder, item.number, [one.number], "")
        await apply(unit, one.holder, one.debtor.id, one.currency, one.number, "", MatchedBy.AHEAD)


async def paid_on_the_spot(unit: Unit, invoices: Sequence[Invoice]) -> Sequence[Invoice]:
    """Those of which somebody without an account has paid the charge."""
    walk_ups = [one for one in invoices if one.debtor.kind is DebtorKind.DRIVER and one.to_pay > 0]
    if not walk_ups:
        return ()
    ids = {one.debtor.id for one in walk_ups}
    payments = await paying.of_debtors(unit, walk_ups[0].holder, ids, limit=RECENT)
    paid = {
        LedgerAccount.parse(one.credits).of
        for one in payments
        if one.purpose is Purpose.SESSION and one.state not in GONE
    }
    return [one for one in walk_ups if one.debtor.id in paid]


async def settle_payment(database: Database, event: PaymentChanged) -> None:
    """Hears PaymentChanged: what was paid for an invoice, or for a charge on the spot, settles it; what was given back
    opens it again.
    """
    async with database.unit() as unit:
        payment = await paying.by_ref(unit, event.ref)
        account = LedgerAccount.parse(payment.credits)
        if account.head is not Head.RECEIVABLE:
            return
        if await debtors.find(unit, payment.holder, account.of) is None:
            return  # paid on the spot, and the charge is not billed yet: see `settle_issued`
        cites = await _cited(unit, payment)
        posted = await ledger.entries(unit, payment.holder, cites=f"payment {payment.ref}", limit=RECENT)
        took = None
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
                    cites=cites,
                    undoes=took if one.entry.key.endswith("charged back") else None,
                    by=payment.made_by,
                )
                took = took or one.entry.key


async def _cited(unit: Unit, payment: Payment) -> str | list[str] | None:
    """The invoice that it pays: of a charge that was held for, once that is issued. None: what is due longest."""
    if payment.purpose is Purpose.INVOICE:
        return payment.about
    hold = await holding.of_payment(unit, payment)
    if hold is None:
        return None
    kept = None if hold.invoice is None else await invoices.find(unit, payment.holder, hold.invoice)
    return [] if kept is None or kept.issued is None or kept.issued.number is None else [kept.issued.number]


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


async def open_of(unit: Unit, holder: PartyId, debtor_id: str) -> tuple[OpenItem, ...]:
    """What of a debtor's invoices and credit notes is open, what is due longest first."""
    return await settling.open_items(unit, holder, debtor_id)


async def account_of(unit: Unit, debtor: Debtor) -> Account:
    """All that a statement of account says. Raises UnknownDebtor."""
    party = await parties.fetch(unit, debtor.holder)
    found = await standings(unit, debtor.holder, debtor.id)
    return Account(seller=seller_of(party), debtor=debtor, standings=found, at=unit.now)


async def standings(unit: Unit, holder: PartyId, debtor_id: str) -> tuple[DebtorStanding, ...]:
    """How a debtor stands, a currency each. Raises UnknownDebtor."""
    debtor = await debtors.find(unit, holder, debtor_id)
    if debtor is None:
        raise UnknownDebtor(debtor_id)
    currencies = await settling.currencies(unit, holder, debtor_id)
    return tuple([await _standing(unit, debtor, currency) for currency in currencies])


async def _standing(unit: Unit, debtor: Debtor, currency: str) -> DebtorStanding:
    return open_items.standing(
        debtor,
        currency,
        await ledger.balance(unit, debtor.holder, receivable(debtor.id), currency),
        await settling.not_invoiced(unit, debtor.holder, debtor.id, currency),
        await settling.open_items(unit, debtor.holder, debtor.id, currency),
        unit.now,
    )


async def page_of_open(
    unit: Unit, holder: PartyId | None, *, only_due: bool, after: str | None = None, limit: int = 50
) -> tuple[OpenItem, ...]:
    """Invoices and credit notes that are not settled, what is due longest first."""
    return await settling.all_open(unit, holder, due_before=unit.now, only_due=only_due, after=after, limit=limit)
