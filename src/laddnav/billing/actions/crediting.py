"""Take back an issued invoice, or some of its lines: by a credit note that cites it, set off against it at once."""

from __future__ import annotations

from collections.abc import Collection

from laddnav.billing import credits, store
from laddnav.billing.actions import buyers, settling
from laddnav.billing.actions.issuing import issue
from laddnav.billing.credits import CreditWithoutReason, key_of, lines_of
from laddnav.billing.einvoice.en16931 import NotIssuedYet
from laddnav.billing.model import Invoice, Period
from laddnav.billing.postings import item_entry
from laddnav.billing.rules import UnknownInvoice
from laddnav.billing.store.settling import lost
from laddnav.billing.written_off import StillWrittenOff
from laddnav.cdrs.model import Cdr
from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.ledger import actions as ledger
from laddnav.people import actions as people


async def credit(
    unit: Unit, holder: PartyId, ref: str, why: str, *, by: str, lines: Collection[int] | None = None
) -> Invoice:
    """The credit note of all that is left of an invoice, or of these lines; each line is taken back once, also where a
    Credit CDR does.

    Raises UnknownInvoice, NotIssuedYet, CreditWithoutReason, NothingToCredit, StillWrittenOff.
    """
    kept = await store.invoices.find(unit, holder, ref)
    if kept is None:
        raise UnknownInvoice(ref)
    if kept.issued is None or kept.issued.number is None:
        raise NotIssuedYet(ref)
    invoice, number = kept.issued, kept.issued.number
    if not why.strip():
        raise CreditWithoutReason(number)
    await buyers.locked(unit, holder, invoice.debtor.id)
    if number in await lost(unit, holder, invoice.debtor.id):
        raise StillWrittenOff(number)
    items = credits.credits(invoice, unit.now, await left(unit, invoice), lines)
    period = Period(f"credit {number} {unit.new_id()}", unit.now)
    note_ref = await store.invoices.opened(unit, holder, invoice.debtor.id, invoice.currency, period)
    for item in items:
        store.items.insert(unit, holder, invoice.debtor.id, note_ref, item)
    entries = [item_entry(invoice.debtor.id, note_ref, item) for item in items]
    await ledger.post_many(unit, holder, [entry for entry in entries if entry is not None])
    note = await issue(unit, holder, note_ref)
    assert note.number is not None, "it was issued just now"
    if note.to_pay < 0:
        await settling.set_off(unit, holder, note.number, [number], by)
    people.note(unit, by, "credit invoice", f"invoice {ref}", f"{note.number}: {why.strip()}"[:500])
    return note


async def left(unit: Unit, invoice: Invoice) -> tuple[int, ...]:
    """The numbers of the lines that can still be taken back."""
    keys = [key_of(invoice, number) for number, *_ in lines_of(invoice)]
    billed = await store.items.billed(unit, invoice.holder, keys)
    return credits.left(invoice, billed, await store.charged.cancelled_cdrs(unit, invoice.holder, invoice.debtor.id))


async def put_back(unit: Unit, cdr: Cdr, debtor_id: str, invoice_ref: str) -> None:
    """With a Credit CDR: what credit notes took back of its charge before."""
    taken = await store.items.of_cdr(unit, cdr.holder, f"{cdr.owner}/{cdr.credit_reference_id}", debtor_id)
    items = credits.put_back(taken, f"{cdr.owner}/{cdr.id}")
    for item in items:
        store.items.insert(unit, cdr.holder, debtor_id, invoice_ref, item)
    entries = [item_entry(debtor_id, invoice_ref, item) for item in items]
    await ledger.post_many(unit, cdr.holder, [entry for entry in entries if entry is not None])
