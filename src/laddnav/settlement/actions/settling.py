"""Say terms, open months, propose, agree, dispute, put off, settle and take back; and read all that."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from laddnav.billing import actions as billing
from laddnav.billing.actions import settling as paid
from laddnav.billing.actions import undoing
from laddnav.billing.rules import partner_id, seller_of
from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Posted
from laddnav.ledger.rules import month_at, month_of
from laddnav.parties import actions as parties
from laddnav.parties.rules import zone_of
from laddnav.people import actions as people
from laddnav.reconciliation import actions as reconciliation
from laddnav.settlement import rules
from laddnav.settlement.events import SettlementChanged
from laddnav.settlement.model import (
    Counts,
    InvoiceOf,
    Item,
    Move,
    Netting,
    Settlement,
    Side,
    State,
    Terms,
    TheirInvoice,
)
from laddnav.settlement.rules import NotInSettlement, SettlesWithItself, UnknownSettlement
from laddnav.settlement.store import settlements as store
from laddnav.settlement.store import terms as agreed

RECENT = timedelta(days=62)  # in which a charge with a partner asks for terms
INVOICES = 100  # of a settlement, on its page

# ---- Terms


async def say_terms(
    unit: Unit, holder: PartyId, partner: PartyId, *, since: str, netting: Netting, note: str = "", by: str
) -> Terms:
    """From this month on; what is over is opened at once. Raises NotAMonth, SettlesWithItself, UnknownParty."""
    if partner == holder:
        raise SettlesWithItself(holder)
    month_of(since, zone_of(await parties.fetch(unit, holder)))
    one = Terms(
        holder=holder,
        partner=partner,
        since=since,
        netting=netting,
        note=note.strip()[: rules.WHY_MOST],
        said_at=unit.now,
        said_by=by,
    )
    agreed.put_terms(unit, one)
    people.note(unit, by, "say settlement terms", f"settlement of {holder} with {partner}", f"{netting} since {since}")
    await _open_all(unit, holder, partner)
    return one


async def terms(unit: Unit, holder: PartyId | None) -> Sequence[Terms]:
    """Of each partner the newest first."""
    return await agreed.terms(unit, holder)


async def without_terms(unit: Unit, holder: PartyId | None) -> Sequence[tuple[PartyId, PartyId]]:
    """(holder, partner) that had charges lately and no terms."""
    return await agreed.without_terms(unit, holder, unit.now - RECENT)


# ---- Months open by themselves


async def look_after(database: Database) -> None:
    """What has charges has a Settlement, and the sums of what is open are reckoned anew."""
    async with database.unit() as unit:
        pairs = {(one.holder, one.partner) for one in await agreed.terms(unit, None)}
    for holder, partner in sorted(pairs):
        async with database.unit() as unit:
            await _open_due(unit, holder, partner)
    async with database.unit() as unit:
        still_open = await store.open_ones(unit, None)
    for one in still_open:
        async with database.unit() as unit:
            await store.hold(unit, one.holder, one.partner)
            now = await fetch(unit, one.ref)
            if now.state is State.OPEN and (reckoned := await _reckoned(unit, now)) != now:
                store.update(unit, reckoned)


async def _open_due(unit: Unit, holder: PartyId, partner: PartyId) -> None:
    """Each month with charges after the last that is fixed; and for what is late, this month and the one before."""
    await store.hold(unit, holder, partner)
    zone = zone_of(await parties.fetch(unit, holder))
    this = month_at(unit.now, zone)
    first = await _since(unit, holder, partner)
    fixed = await store.last_fixed(unit, holder, partner)
    since = max(first, min((end for _, end in fixed.values()), default=first))
    for name, currency in await store.months_due(unit, holder, partner, since, unit.now, str(zone)):
        if currency not in fixed or name > fixed[currency][0]:
            await _open(unit, holder, partner, name, currency, zone)
    for month in (month_at(this.begin_at - timedelta(days=1), zone), this):
        if month.end_at > first:
            for currency in await store.currencies_due(unit, holder, partner, first, month.end_at):
                await _open(unit, holder, partner, month.name, currency, zone, only_due=True)


async def _open_all(unit: Unit, holder: PartyId, partner: PartyId) -> None:
    await store.hold(unit, holder, partner)
    zone = zone_of(await parties.fetch(unit, holder))
    first = await _since(unit, holder, partner)
    for month, currency in await store.months_due(unit, holder, partner, first, unit.now, str(zone)):
        await _open(unit, holder, partner, month, currency, zone)


async def _open(
    unit: Unit,
    holder: PartyId,
    partner: PartyId,
    name: str,
    currency: str,
    zone: ZoneInfo,
    *,
    only_due: bool = False,
) -> None:
    """Nothing where there is one, or no terms hold; `only_due`: nor where an earlier one that is open has it all."""
    held = rules.terms_for(await _terms_of(unit, holder, partner), name)
    if held is None:
        return
    month = month_of(name, zone)
    one = Settlement(
        holder=holder,
        ref=unit.new_id(),
        partner=partner,
        month=name,
        currency=currency,
        time_zone=str(zone),
        begin_at=month.begin_at,
        end_at=month.end_at,
        netting=held.netting,
        last_updated=unit.now,
    )
    since = await _counted_since(unit, one)
    if only_due and currency not in await store.currencies_due(unit, holder, partner, since, one.end_at):
        return
    if await store.insert(unit, one):
        store.update(unit, await _reckoned(unit, one))
        unit.announce(SettlementChanged(holder=holder, ref=one.ref))


async def _reckoned(unit: Unit, one: Settlement) -> Settlement:
    """As it would be fixed now."""
    ours, theirs = await store.due_sums(unit, one, await _counted_since(unit, one))
    held = rules.terms_for(await _terms_of(unit, one.holder, one.partner), one.month)
    netting = one.netting if held is None else held.netting
    return replace(one, ours=ours, theirs=replace(theirs, vat=one.theirs.vat), netting=netting)


async def _terms_of(unit: Unit, holder: PartyId, partner: PartyId) -> list[Terms]:
    return [one for one in await agreed.terms(unit, holder) if one.partner == partner]


async def _counted_since(unit: Unit, one: Settlement) -> datetime:
    """What ended before is not settled here, or falls into an earlier month that is open still."""
    earlier = await store.open_before(unit, one)
    return earlier[-1].end_at if earlier else await _since(unit, one.holder, one.partner)


async def _since(unit: Unit, holder: PartyId, partner: PartyId) -> datetime:
    """What ended before is not settled here."""
    zone = zone_of(await parties.fetch(unit, holder))
    months = [one.since for one in await _terms_of(unit, holder, partner)]
    return month_of(min(months), zone).begin_at if months else unit.now


# ---- Moves


async def propose(unit: Unit, ref: str, *, by: str, why: str = "") -> Settlement:
    """Fix its CDRs and issue our invoices for them; after a dispute, sum up what was left in it.

    Raises UnknownSettlement, CannotMove, NotOverYet, EarlierOpen.
    """
    one = await _locked(unit, ref)
    was_open = one.state is State.OPEN
    earlier = await store.open_before(unit, one) if was_open else ()
    after = rules.moved(one, Move.PROPOSE, by=by, now=unit.now, why=why, before=earlier)
    if was_open:
        after = await _reckoned(unit, after)
        await store.fix(unit, after, await _counted_since(unit, one))
        for invoice in await store.not_issued(unit, after):
            await billing.issue(unit, one.holder, invoice)
    return await _keep(unit, await _resummed(unit, after), "propose settlement", by, why)


async def _resummed(unit: Unit, one: Settlement) -> Settlement:
    """The sums of what is fixed; of what is held and refused, as it was when it was proposed."""
    vat = await store.take_invoices(unit, one)
    ours, theirs = await store.fixed_sums(unit, one)
    return replace(
        one,
        ours=replace(ours, vat=vat),
        theirs=replace(
            theirs,
            vat=one.theirs.vat,
            held=one.theirs.held,
            held_amount=one.theirs.held_amount,
            refused=one.theirs.refused,
            refused_amount=one.theirs.refused_amount,
        ),
    )


async def agree(unit: Unit, ref: str, *, by: str, why: str = "") -> Settlement:
    """The partner says the same. Raises UnknownSettlement, CannotMove."""
    after = rules.moved(await _locked(unit, ref), Move.AGREE, by=by, now=unit.now, why=why)
    return await _keep(unit, after, "agree settlement", by, why)


async def dispute(unit: Unit, ref: str, *, by: str, why: str) -> Settlement:
    """The partner says something else: `why` is what. Raises UnknownSettlement, CannotMove, NoReason."""
    after = rules.moved(await _locked(unit, ref), Move.DISPUTE, by=by, now=unit.now, why=why)
    return await _keep(unit, after, "dispute settlement", by, why)


async def put_off(unit: Unit, ref: str, cdr_owner: PartyId, cdr_id: str, *, by: str, why: str) -> Settlement:
    """Take one CDR out of a Settlement in dispute: it falls into the next that is proposed.

    Raises UnknownSettlement, CannotMove, NoReason, NotInSettlement.
    """
    one = await _locked(unit, ref)
    if one.state is not State.DISPUTED:
        raise rules.CannotMove(one.state, Move.PROPOSE)
    if not await store.put_off(unit, one, cdr_owner, cdr_id, rules.reason(why), by):
        raise NotInSettlement(cdr_id)
    after = replace(await _resummed(unit, one), last_updated=unit.now)
    return await _keep(unit, after, "put off CDR", by, f"{cdr_owner}/{cdr_id}: {why}")


async def invoiced(unit: Unit, ref: str, invoice: TheirInvoice, *, by: str) -> Settlement:
    """What the partner's own invoice says; its VAT is posted when it is settled. Raises Unfit, CannotMove."""
    after = rules.invoiced(await _locked(unit, ref), invoice)
    after = replace(after, last_updated=unit.now)
    return await _keep(unit, after, "enter partner's invoice", by, f"{invoice.number}, VAT {invoice.vat}")


async def settle(unit: Unit, ref: str, *, by: str, why: str = "") -> Settlement:
    """Post the VAT of the partner's invoice and, where the Terms say so, set off what both owe.

    Raises UnknownSettlement, CannotMove.
    """
    after = rules.moved(await _locked(unit, ref), Move.SETTLE, by=by, now=unit.now, why=why)
    vat = rules.their_vat_entry(after, seller_of(await parties.fetch(unit, after.holder)), unit.now)
    if vat is not None:
        await ledger.post(unit, after.holder, vat)
    # What is set off settles our invoices too, so that nobody is reminded of them.
    netted = rules.set_off(after)
    if netted:
        await ledger.post(unit, after.holder, rules.netting_entry(after, netted))
        await paid.settle(
            unit,
            after.holder,
            partner_id(after.partner),
            netted,
            after.currency,
            source=rules.netting_key(after),
            cites=await store.numbers(unit, after) or None,
            by=by,
        )
    return await _keep(unit, replace(after, netted=netted), "settle", by, why)


async def reopen(unit: Unit, ref: str, *, by: str, why: str) -> Settlement:
    """Take back what was posted: what was set off is owed again on both sides.

    Raises UnknownSettlement, CannotMove, NoReason.
    """
    one = await _locked(unit, ref)
    after = rules.moved(one, Move.REOPEN, by=by, now=unit.now, why=why)
    if one.theirs.vat:
        await ledger.reverse(unit, one.holder, rules.their_vat_key(one), rules.reason(why), by)
    if one.netted:
        back = await ledger.reverse(unit, one.holder, rules.netting_key(one), rules.reason(why), by)
        await undoing.take_back(
            unit, one.holder, partner_id(one.partner), rules.netting_key(one), source=back.entry.key, by=by
        )
    return await _keep(unit, replace(after, netted=Decimal(0)), "reopen settlement", by, why)


async def _locked(unit: Unit, ref: str) -> Settlement:
    """Raises UnknownSettlement."""
    one = await fetch(unit, ref)
    await store.hold(unit, one.holder, one.partner)
    return await fetch(unit, ref)


async def _keep(unit: Unit, one: Settlement, what: str, by: str, why: str) -> Settlement:
    store.update(unit, one)
    people.note(unit, by, what, f"settlement {one.ref}", why)
    unit.announce(SettlementChanged(holder=one.holder, ref=one.ref))
    return one


# ---- Reads


async def fetch(unit: Unit, ref: str) -> Settlement:
    """As it is kept. Raises UnknownSettlement."""
    one = await store.by_ref(unit, ref)
    if one is None:
        raise UnknownSettlement(ref)
    return one


async def as_now(unit: Unit, ref: str) -> Settlement:
    """With what is due at this instant, where it is still open. Raises UnknownSettlement."""
    one = await fetch(unit, ref)
    return await _reckoned(unit, one) if one.state is State.OPEN else one


async def page(
    unit: Unit,
    holder: PartyId | None,
    *,
    state: State | None = None,
    partner: PartyId | None = None,
    before: tuple[str, str] | None = None,
    limit: int = 50,
) -> Sequence[Settlement]:
    """The newest month first; (month, ref) of the last is the next `before`."""
    return await store.page(unit, holder, state, partner, before, limit)


async def counts(unit: Unit, holder: PartyId | None) -> dict[State, int]:
    """How many are in each state."""
    return await store.counts(unit, holder)


async def items(
    unit: Unit,
    one: Settlement,
    *,
    side: Side | None = None,
    show: str | None = None,
    after: tuple[str, str] | None = None,
    limit: int = 100,
) -> Sequence[Item]:
    """Its CDRs, by CPO; (owner, ref) of the last is the next `after`. `show` is late, credits or held.

    What is held or refused is not in a Settlement that is fixed: then it is shown as it is now.
    """
    owner = None if side is None else one.holder if side is Side.OURS else one.partner
    if one.fixed and show != "held":
        return await store.fixed_page(unit, one, after=after, owner=owner, show=show, limit=limit)
    since = one.begin_at if one.fixed else await _counted_since(unit, one)
    return await store.due_page(unit, one, since, after=after, owner=owner, show=show, limit=limit)


async def every_item(database: Database, one: Settlement, at_once: int = 5_000) -> AsyncIterator[Item]:
    """All that count, a page a Unit: many take no more memory than few."""
    after: tuple[str, str] | None = None
    while True:
        async with database.unit() as unit:
            found = await items(unit, one, after=after, limit=at_once)
        for item in found:
            if item.counts is Counts.COUNTED:
                yield item
        if len(found) < at_once:
            return
        after = (str(found[-1].cdr_owner), found[-1].cdr_ref)


async def invoices(unit: Unit, one: Settlement) -> Sequence[InvoiceOf]:
    """Ours for its CDRs, and those of the partner as its records of OCPI 2.3.0 tell them."""
    found = await store.invoices(unit, one, INVOICES) if one.fixed else []
    if one.fixed:
        for record in await reconciliation.of_owner(unit, one.holder, one.partner, one.begin_at, INVOICES):
            many = await store.listed(unit, one, record.cpo, record.cdrs)
            if many:
                found.append(InvoiceOf(side=Side.THEIRS, number=record.invoice_id, record_ref=record.ref, cdrs=many))
    return found


async def postings(unit: Unit, one: Settlement) -> Sequence[Posted]:
    """What the ledger holds of it."""
    return await ledger.entries(unit, one.holder, cites=f"settlement {one.ref}")
