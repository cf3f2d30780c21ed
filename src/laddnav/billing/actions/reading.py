"""Read invoices: as they were issued, or as they would be now."""

from __future__ import annotations

from laddnav.billing import store
from laddnav.billing.actions import held
from laddnav.billing.actions.issuing import drawn_up
from laddnav.billing.model import Invoice, InvoiceHeading
from laddnav.billing.rules import UnknownInvoice, with_captures, with_holds
from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.parties import actions as parties
from laddnav.payments import actions as payments


async def invoice(unit: Unit, ref: str) -> Invoice:
    """As it was issued, or as it would be now; with what was captured for its charges since. Raises UnknownInvoice."""
    kept = await store.invoices.find(unit, None, ref)
    if kept is None:
        raise UnknownInvoice(ref)
    found = kept.issued
    if found is None:
        party = await parties.fetch(unit, kept.holder)
        debtor = await store.debtors.find(unit, kept.holder, kept.debtor_id)
        assert debtor is not None
        found = await drawn_up(unit, kept, party, debtor)
    found = with_holds(found, await held.said_of(unit, found))
    references = [one.authorization_reference for one in found.charges if one.authorization_reference is not None]
    return with_captures(found, await payments.eft_data(unit, kept.holder, references)) if references else found


async def invoices(
    unit: Unit,
    holder: PartyId | None,
    *,
    debtor_id: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> tuple[InvoiceHeading, ...]:
    """The newest first, of one of our parties or of all; `after` is the ref of the last one of the page before."""
    return await store.invoices.page(unit, holder, debtor_id, after, limit)


async def invoices_of_cdr(unit: Unit, holder: PartyId, cdr_owner: PartyId, cdr_id: str) -> tuple[str, ...]:
    """The refs of the invoices that this CDR is on: one, or none yet."""
    return await store.charged.billed_on(unit, holder, cdr_owner, cdr_id)
