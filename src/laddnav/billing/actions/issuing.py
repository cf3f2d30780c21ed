"""Issue an invoice: it gets its number, its VAT and a due date, and never changes after that."""

from __future__ import annotations

from msgspec.structs import replace

from laddnav.billing.events import InvoiceIssued
from laddnav.billing.model import Cited, Debtor, Invoice
from laddnav.billing.rules import UnknownInvoice, due_at, number_of, seller_of, series_of, vat_entry
from laddnav.billing.store import invoices as store
from laddnav.billing.sums import rounding_of, taxed
from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal
from laddnav.ledger import actions as ledger
from laddnav.parties import actions as parties
from laddnav.parties.model import Party


async def issue(unit: Unit, holder: PartyId, ref: str) -> Invoice:
    """Give it a number, its VAT and a due date, and post the VAT. Issued already, it is answered as it was issued.

    Raises UnknownInvoice.
    """
    kept = await store.find_invoice(unit, holder, ref)
    if kept is None:
        raise UnknownInvoice(ref)
    debtor = await store.lock_debtor(unit, holder, kept.debtor_id)
    kept = await store.find_invoice(unit, holder, ref)
    assert debtor is not None and kept is not None
    if kept.issued is not None:
        return kept.issued
    party = await parties.fetch(unit, holder)
    series = series_of(unit.now, party)
    final = await drawn_up(unit, kept, party, debtor)
    invoice = replace(
        final,
        corrects=await _corrected_by(unit, final),
        number=number_of(party, series, await store.next_number(unit, holder, series)),
        issued_at=unit.now,
        due_at=due_at(unit.now, party),
    )
    store.issue(unit, invoice)
    entry = vat_entry(invoice)
    if entry is not None:
        await ledger.post(unit, holder, entry)
    unit.announce(InvoiceIssued(holder=holder, ref=ref))
    return invoice


async def issue_due(database: Database, *, at_once: int = 100) -> int:
    """Issue every invoice whose period is over, each in a Unit of its own, and say how many those were.

    One that cannot be issued holds up none of its round; the first reason is raised when the others are out.
    """
    issued, refusals = 0, list[Refusal]()
    while not refusals:
        async with database.unit() as unit:
            due = await store.to_issue(unit, at_once)
        for holder, ref in due:
            try:
                async with database.unit() as unit:
                    await issue(unit, holder, ref)
                issued += 1
            except Refusal as refusal:
                refusals.append(refusal)
        if len(due) < at_once:
            break
    if refusals:
        raise refusals[0]
    return issued


async def drawn_up(unit: Unit, kept: store.Kept, party: Party, debtor: Debtor) -> Invoice:
    billed = await store.charges(unit, kept.holder, kept.ref)
    added = await store.items(unit, kept.holder, kept.ref)
    charges, items, vat = taxed(party, debtor, billed, added, kept.currency)
    invoice = Invoice(
        holder=kept.holder,
        ref=kept.ref,
        seller=seller_of(party),
        debtor=debtor,
        currency=kept.currency,
        period=kept.period,
        opened_at=kept.opened_at,
        charges=charges,
        items=items,
        vat=vat,
    )
    return replace(invoice, rounding=rounding_of(party, invoice.total_incl))


async def _corrected_by(unit: Unit, invoice: Invoice) -> tuple[Cited, ...]:
    """The issued invoices of which this one takes something back, the oldest first."""
    taken_back = {(str(one.cdr_owner), one.credits) for one in invoice.charges if one.credits is not None}
    found = {
        cited
        for owner, cdr_id in taken_back
        for cited in await store.issued_with(unit, invoice.holder, invoice.debtor.id, owner, cdr_id)
    }
    for number in {one.takes_back.number for one in invoice.items if one.takes_back is not None}:
        found |= set(await store.issued_as(unit, invoice.holder, number))
    return tuple(sorted(found, key=lambda cited: (cited.issued_at, cited.number)))
