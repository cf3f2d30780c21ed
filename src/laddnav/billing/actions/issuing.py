"""Issue an invoice: it gets its number, its VAT and a due date, and never changes after that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from laddnav.billing import store
from laddnav.billing.actions import held, interest
from laddnav.billing.actions.settling import paid_on_the_spot, settle_issued
from laddnav.billing.card_bounds import least
from laddnav.billing.events import InvoiceIssued
from laddnav.billing.model import Charge, Cited, Debtor, Invoice, Item, PaidFrom
from laddnav.billing.postings import vat_entry
from laddnav.billing.rules import UnknownInvoice, due_at, number_of, self_billed, seller_of, series_of
from laddnav.billing.store.invoices import Kept
from laddnav.billing.sums import rounding_of, taxed
from laddnav.customers import actions as customers
from laddnav.customers.actions import giving
from laddnav.customers.model import Customer, PaysBy
from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal
from laddnav.ledger import actions as ledger
from laddnav.parties import actions as parties
from laddnav.parties.model import Party

Heard = Callable[[int], None]


async def issue(unit: Unit, holder: PartyId, ref: str) -> Invoice:
    """Give it a number, its VAT and a due date, and post the VAT. Issued already, it is answered as it was issued.

    Raises UnknownInvoice.
    """
    issued = await issue_many(unit, holder, [ref])
    if issued:
        return issued[0]
    kept = await store.invoices.find(unit, holder, ref)
    if kept is None or kept.issued is None:
        raise UnknownInvoice(ref)
    return kept.issued


async def issue_many(unit: Unit, holder: PartyId, refs: Sequence[str]) -> tuple[Invoice, ...]:
    """Issue those of them that are open, in the order in which they close: as many statements as one takes."""
    debtors = await store.debtors.lock_owing(unit, holder, refs)
    kept = await store.invoices.still_open(unit, holder, refs)
    if not kept:
        return ()
    party = await parties.fetch(unit, holder)
    due = due_at(unit.now, party)
    still = [one.ref for one in kept]
    charges = await store.charged.of_invoices(unit, holder, still)
    items = await store.items.of_invoices(unit, holder, still)
    drafts = [_final(one, party, debtors[one.debtor_id], charges[one.ref], items[one.ref]) for one in kept]
    corrects = [await _corrected_by(unit, one) for one in drafts]
    sources = await _paid_from(unit, party, drafts)
    numbers = await _numbered(unit, party, drafts)
    issued = tuple(
        replace(
            one,
            corrects=cited,
            number=number,
            issued_at=unit.now,
            due_at=due,
            paid_from=sources.get(one.ref),
        )
        for one, cited, number in zip(drafts, corrects, numbers, strict=True)
    )
    store.invoices.issue(unit, holder, issued)
    await ledger.post_many(unit, holder, [entry for one in issued if (entry := vat_entry(one)) is not None])
    await settle_issued(unit, issued)
    await held.settle_issued(unit, holder, issued)
    for number in dict.fromkeys(cited.number for one in issued for cited in one.corrects):
        await interest.corrected(unit, holder, number)
    for one in issued:
        unit.announce(InvoiceIssued(holder=holder, ref=one.ref))
    return issued


async def _numbered(unit: Unit, party: Party, drafts: Sequence[Invoice]) -> list[str]:
    """The next of its series for each, in their order; series are locked in the order of their names."""
    series = [series_of(unit.now, party, one.debtor) for one in drafts]
    counts = {
        name: iter(await store.invoices.next_numbers(unit, party.holder, name, many))
        for name, many in sorted(Counter(series).items())
    }
    return [number_of(party, name, next(counts[name])) for name in series]


async def issue_due(database: Database, *, at_once: int = 200, heard: Heard | None = None) -> int:
    """Issue every invoice whose period is over, so many in a Unit, and say how many those were; `heard` is told of each
    round. Whenever it is broken off, what is issued is issued, and it goes on with the rest.

    One that cannot be issued holds up none of its round; the first reason is raised when the others are out.
    """
    issued, refusals = 0, list[Refusal]()
    while not refusals:
        async with database.unit() as unit:
            due = await store.invoices.to_issue(unit, at_once)
        for holder, refs in _by_holder(due).items():
            done, refused = await _issue_round(database, holder, refs)
            issued += done
            refusals += refused
            if heard is not None:
                heard(done)
        if len(due) < at_once:
            break
    if refusals:
        raise refusals[0]
    return issued


def _by_holder(due: Sequence[tuple[PartyId, str]]) -> Mapping[PartyId, list[str]]:
    found: dict[PartyId, list[str]] = {}
    for holder, ref in due:
        found.setdefault(holder, []).append(ref)
    return found


async def _issue_round(database: Database, holder: PartyId, refs: Sequence[str]) -> tuple[int, list[Refusal]]:
    """All in one Unit; where that is refused, one by one. How many were issued, and what was refused."""
    try:
        async with database.unit(writes=True) as unit:
            return len(await issue_many(unit, holder, refs)), []
    except Refusal as refusal:
        if len(refs) == 1:
            return 0, [refusal]
    done, refusals = 0, list[Refusal]()
    for ref in refs:
        one, refused = await _issue_round(database, holder, [ref])
        done += one
        refusals += refused
    return done, refusals


async def drawn_up(unit: Unit, kept: Kept, party: Party, debtor: Debtor) -> Invoice:
    """As it would be issued now."""
    charges = await store.charged.of_invoices(unit, kept.holder, [kept.ref])
    items = await store.items.of_invoices(unit, kept.holder, [kept.ref])
    return _final(kept, party, debtor, charges[kept.ref], items[kept.ref])


def _final(kept: Kept, party: Party, debtor: Debtor, billed: Sequence[Charge], added: Sequence[Item]) -> Invoice:
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
        self_billed=self_billed(debtor),
    )
    return replace(invoice, rounding=rounding_of(party, invoice.total_incl))


async def _paid_from(unit: Unit, party: Party, invoices: Sequence[Invoice]) -> Mapping[str, PaidFrom]:
    """Invoice → where its money is taken from, of those that do not ask for it."""
    asking = [one for one in invoices if one.to_pay > 0]
    spot = {one.ref: PaidFrom.SPOT for one in await paid_on_the_spot(unit, asking)}
    known = await customers.of_debtors(unit, party.holder, {one.debtor.id for one in asking})
    theirs = [(one, known[one.debtor.id]) for one in asking if one.debtor.id in known]
    taken = {one.ref: source for one, who in theirs if (source := _taken_from(party, one, who)) is not None}
    found = {**spot, **taken}
    rest = [(one, who) for one, who in theirs if one.ref not in found]
    some = await giving.with_some(unit, party.holder, {who.ref for _, who in rest}) if rest else set()
    return {**found, **{one.ref: PaidFrom.VOUCHERS for one, who in rest if (who.ref, one.currency) in some}}


def _taken_from(party: Party, invoice: Invoice, customer: Customer) -> PaidFrom | None:
    """A wallet has one currency; of a card, too little is not taken."""
    if customer.pays_by is PaysBy.WALLET and invoice.currency == party.currency:
        return PaidFrom.WALLET
    if customer.pays_by is PaysBy.CARD and customer.card is not None and invoice.to_pay >= least(invoice.currency):
        return PaidFrom.CARD
    return None


async def _corrected_by(unit: Unit, invoice: Invoice) -> tuple[Cited, ...]:
    """The issued invoices of which this one takes something back, the oldest first."""
    taken_back = {(str(one.cdr_owner), one.credits) for one in invoice.charges if one.credits is not None}
    found = {
        cited
        for owner, cdr_id in taken_back
        for cited in await store.charged.issued_with(unit, invoice.holder, invoice.debtor.id, owner, cdr_id)
    }
    for number in {one.takes_back.number for one in invoice.items if one.takes_back is not None}:
        found |= set(await store.invoices.issued_as(unit, invoice.holder, number))
    return tuple(sorted(found, key=lambda cited: (cited.issued_at, cited.number)))
