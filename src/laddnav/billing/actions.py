"""Bill a charge, issue an invoice, and read both."""

import msgspec

from laddnav.billing import store
from laddnav.billing.events import InvoiceGrew, InvoiceIssued
from laddnav.billing.model import Cited, Debtor, DebtorKind, Invoice, InvoiceHeading, Owed
from laddnav.billing.rules import (
    UnknownDebtor,
    UnknownInvoice,
    charge_of,
    checked,
    due_at,
    is_ours,
    number_of,
    owing,
    partner_id,
    payable_entry,
    period_of,
    receivable_entry,
    seller_of,
    series_of,
    total_of,
    vat_entry,
    with_captures,
    zone_named,
)
from laddnav.billing.sums import rounding_of, taxed
from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.events import CdrAccepted, CdrClosed
from laddnav.cdrs.model import Cdr
from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Head
from laddnav.locations import actions as locations
from laddnav.parties import actions as parties
from laddnav.parties.model import InvoiceEvery, Party
from laddnav.payments import actions as payments

# ---- A CDR becomes money


async def bill(database: Database, event: CdrClosed | CdrAccepted) -> None:
    """Hears CdrClosed and CdrAccepted: the debtor owes it, and its lines are on the debtor's invoice; again is nothing.

    Of a CDR that a partner sent we owe the CPO its total too. A charge that costs nothing is nobody's debt.
    """
    async with database.unit() as unit:
        cdr = await cdrs.fetch(unit, event.holder, PartyId.parse(event.owner), event.cdr_id)
        if not total_of(cdr):
            return
        if not is_ours(cdr):
            await ledger.post(unit, cdr.holder, payable_entry(cdr))
        party = await parties.fetch(unit, cdr.holder)
        debtor = await _debtor_of(unit, cdr)
        if await store.is_billed(unit, cdr.holder, cdr.owner, cdr.id, debtor.id):
            return
        charge = charge_of(cdr, await _zone_of(unit, cdr, party))
        ref = await store.open_invoice(unit, cdr.holder, debtor.id, cdr.currency, period_of(cdr, party))
        await store.append(unit, cdr.holder, ref, debtor.id, charge)
        await ledger.post(unit, cdr.holder, receivable_entry(cdr, debtor.id, charge))
        if party.invoice_every is InvoiceEvery.SESSION:
            await issue(unit, cdr.holder, ref)
        else:
            unit.announce(InvoiceGrew(holder=cdr.holder, ref=ref))


async def _debtor_of(unit: Unit, cdr: Cdr) -> Debtor:
    """Known from now on, if not before, and locked until the Unit ends."""
    kind, debtor_id = owing(cdr)
    name = cdr.token.contract_id if kind is DebtorKind.DRIVER else str(cdr.token.owner)
    return await _locked(unit, cdr.holder, kind, debtor_id, name, cdr.token.owner.country)


async def _locked(unit: Unit, holder: PartyId, kind: DebtorKind, debtor_id: str, name: str, country: str) -> Debtor:
    store.insert_debtor(
        unit,
        Debtor(
            holder=holder,
            id=debtor_id,
            ref=unit.new_id(),
            kind=kind,
            name=name,
            country=country,
            created_at=unit.now,
        ),
    )
    debtor = await store.lock_debtor(unit, holder, debtor_id)
    assert debtor is not None
    return debtor


async def _zone_of(unit: Unit, cdr: Cdr, party: Party) -> str:
    """The place's own; the party's where the Location is not known here."""
    location = await locations.find(unit, cdr.holder, cdr.owner, cdr.location.id)
    return party.time_zone if location is None else zone_named(location.time_zone, party.time_zone)


# ---- An invoice leaves the house


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
    drawn_up = await _drawn_up(unit, kept, party, debtor)
    invoice = msgspec.structs.replace(
        drawn_up,
        corrects=await _corrected_by(unit, drawn_up),
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


async def _drawn_up(unit: Unit, kept: store.Kept, party: Party, debtor: Debtor) -> Invoice:
    charges, vat = taxed(party, debtor, await store.charges(unit, kept.holder, kept.ref), kept.currency)
    drawn_up = Invoice(
        holder=kept.holder,
        ref=kept.ref,
        seller=seller_of(party),
        debtor=debtor,
        currency=kept.currency,
        period=kept.period,
        opened_at=kept.opened_at,
        charges=charges,
        vat=vat,
    )
    return msgspec.structs.replace(drawn_up, rounding=rounding_of(party, drawn_up.total_incl))


async def _corrected_by(unit: Unit, invoice: Invoice) -> tuple[Cited, ...]:
    """The issued invoices on which the CDRs are that this one takes back, the oldest first."""
    taken_back = {(str(one.cdr_owner), one.credits) for one in invoice.charges if one.credits is not None}
    found = {
        cited
        for owner, cdr_id in taken_back
        for cited in await store.issued_with(unit, invoice.holder, invoice.debtor.id, owner, cdr_id)
    }
    return tuple(sorted(found, key=lambda cited: (cited.issued_at, cited.number)))


# ---- Debtors


async def introduce(unit: Unit, holder: PartyId, partner: PartyId, name: str) -> Debtor:
    """What a partner calls itself is what its invoices say, unless somebody described it otherwise."""
    debtor = await _locked(unit, holder, DebtorKind.PARTNER, partner_id(partner), name, partner.country)
    if debtor.name != str(partner):
        return debtor
    return await describe(unit, holder, debtor.id, name=name)


async def describe(
    unit: Unit,
    holder: PartyId,
    debtor_id: str,
    *,
    name: str | None = None,
    country: str | None = None,
    address: str | None = None,
    vat_number: str | None = None,
    endpoint: str | None = None,
    reference: str | None = None,
) -> Debtor:
    """Change what is given, where an empty text takes it away; what is issued stays as it is.

    Raises UnknownDebtor, NotAVatNumber, NotAnEndpoint.
    """
    checked(vat_number, endpoint)
    before = await store.lock_debtor(unit, holder, debtor_id)
    if before is None:
        raise UnknownDebtor(debtor_id)
    after = msgspec.structs.replace(
        before,
        name=name or before.name,
        country=country or before.country,
        address=_now(before.address, address),
        vat_number=_now(before.vat_number, vat_number),
        endpoint=_now(before.endpoint, endpoint),
        reference=_now(before.reference, reference),
    )
    store.update_debtor(unit, after)
    return after


def _now(before: str | None, given: str | None) -> str | None:
    return before if given is None else given.strip() or None


async def debtor(unit: Unit, ref: str) -> Debtor:
    """Raises UnknownDebtor."""
    found = await store.debtor_by_ref(unit, ref)
    if found is None:
        raise UnknownDebtor(ref)
    return found


async def debtors(unit: Unit, holder: PartyId | None) -> tuple[Debtor, ...]:
    """Of one of our parties, or of all."""
    return await store.debtors(unit, holder)


async def owed(unit: Unit, holder: PartyId) -> tuple[Owed, ...]:
    """What each debtor owes by the ledger, a currency each, zero left out."""
    known = {debtor.id: debtor for debtor in await store.debtors(unit, holder)}
    balances = await ledger.trial_balance(unit, holder, head=Head.RECEIVABLE)
    return tuple(
        Owed(known[balance.account.of], balance.currency, balance.amount) for balance in balances if balance.amount
    )


# ---- Reads


async def invoice(unit: Unit, ref: str) -> Invoice:
    """As it was issued, or as it would be now; with what was captured for its charges since. Raises UnknownInvoice."""
    kept = await store.find_invoice(unit, None, ref)
    if kept is None:
        raise UnknownInvoice(ref)
    found = kept.issued
    if found is None:
        party = await parties.fetch(unit, kept.holder)
        debtor = await store.find_debtor(unit, kept.holder, kept.debtor_id)
        assert debtor is not None
        found = await _drawn_up(unit, kept, party, debtor)
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
    return await store.page(unit, holder, debtor_id, after, limit)


async def invoices_of_cdr(unit: Unit, holder: PartyId, cdr_owner: PartyId, cdr_id: str) -> tuple[str, ...]:
    """The refs of the invoices that this CDR is on: one, or none yet."""
    return await store.billed_on(unit, holder, cdr_owner, cdr_id)
