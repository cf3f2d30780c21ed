"""Charge interest for late payment, with a reminder and when what was reminded of is paid; keep the rates by date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from laddnav.billing import interest as rules
from laddnav.billing.actions import buyers, items
from laddnav.billing.events import InvoiceSettled
from laddnav.billing.interest import Charged, LateRate
from laddnav.billing.model import Debtor, Invoice
from laddnav.billing.open_items import MatchedBy, OpenItem, SettledBy
from laddnav.billing.store import interest as store
from laddnav.billing.store import invoices, reminding, settling
from laddnav.billing.store import items as kept_items
from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.ledger import actions as ledger
from laddnav.ledger.rules import UnknownEntry
from laddnav.parties import actions as parties
from laddnav.parties.rules import zone_of
from laddnav.people import actions as people


async def keep_rate(unit: Unit, one: LateRate) -> LateRate:
    """From its day on; the same day said again is put right. Raises UnfitRate, UnknownParty."""
    await parties.fetch(unit, one.holder)
    store.put_rate(unit, rules.fit(one))
    kind = "businesses" if one.business else "others"
    people.note(unit, one.said_by, "keep late rate", f"party {one.holder}", f"{one.since} {one.percent} % {kind}")
    return one


async def rates(unit: Unit, holder: PartyId | None) -> Sequence[LateRate]:
    """The newest of each currency and kind of buyer first."""
    return await store.rates(unit, holder)


async def charge(unit: Unit, item: OpenItem, debtor: Debtor) -> None:
    """What an invoice bears until now, beyond what was charged before; the debtor is locked."""
    known = await store.rates_for(unit, item.holder, item.currency, business=rules.is_business(debtor))
    if not known or item.to_pay <= 0:
        return
    zone = zone_of(await parties.fetch(unit, item.holder))
    kept = await invoices.find(unit, item.holder, item.ref)
    if kept is None or kept.issued is None:
        return
    notes = await _notes(unit, kept.issued)
    never = left = rules.credited(kept.issued, notes)
    paid = []
    for one in await settling.of_invoice(unit, item.holder, item.ref):
        if one.why is MatchedBy.CREDIT and one.source in {f"credit {note.number}" for note in notes}:
            owed_no_more = min(one.amount, left)
            left -= owed_no_more
        else:
            owed_no_more = rules.ZERO
        day = (await _day(unit, item.holder, one)).astimezone(zone).date()
        paid.append((day, one.amount - owed_no_more))  # beyond that, a note of several invoices paid this one
    due, until = item.due_at.astimezone(zone).date(), unit.now.astimezone(zone).date()
    owed = item.to_pay - never - rules.bears_none(kept.issued.items)
    found = rules.late(owed, paid, known, due=due, until=until)
    before = await store.charged(unit, item.holder, item.ref)
    begun = due if before is None else max(due, before.until)
    new = rules.late(owed, paid, known, due=begun, until=until)
    added = rules.interest_item(item.ref, item.number, item.currency, found, new, before, unit.now)
    if not added.amount:
        return
    await items.add(unit, item.holder, debtor.id, added)
    times = 0 if before is None else before.number
    store.charge(unit, item.holder, item.ref, Charged(until=until, amount=found.amount, number=times + 1))


async def corrected(unit: Unit, holder: PartyId, number: str) -> None:
    """Something of this invoice was taken back: where it bore interest, that is reckoned anew, though it is paid."""
    for item in await settling.numbered(unit, holder, [number]):
        if await store.charged(unit, holder, item.ref) is not None:
            await charge(unit, item, await buyers.locked(unit, holder, item.debtor_id))


async def _notes(unit: Unit, invoice: Invoice) -> list[Invoice]:
    found = [await invoices.find(unit, invoice.holder, ref) for ref in await store.notes(unit, invoice)]
    return [one.issued for one in found if one is not None and one.issued is not None]


async def charged_at(unit: Unit, holder: PartyId, invoice_ref: str, at: datetime) -> Decimal:
    """What interest a reminder of that instant brought."""
    before = await store.charged(unit, holder, invoice_ref)
    keys = [rules.key_of(invoice_ref, times) for times in range(1, 1 + (0 if before is None else before.number))]
    found = [await kept_items.find(unit, holder, key) for key in keys]
    return sum((one[2].amount for one in found if one is not None and one[2].started_at == at), rules.ZERO)


async def _day(unit: Unit, holder: PartyId, one: SettledBy) -> datetime:
    """When the money came, as the bank says it, though somebody said later whose it is."""
    try:
        return (await ledger.by_key(unit, holder, one.source.removesuffix(" is"))).booked_at
    except UnknownEntry:
        return one.at


async def last_of_it(database: Database, event: InvoiceSettled) -> None:
    """Hears InvoiceSettled: who was reminded and has paid owes the last of its interest; again is nothing."""
    async with database.unit() as unit:
        if not await reminding.of_invoice(unit, event.holder, event.ref):
            return
        item = await settling.by_ref(unit, event.holder, event.ref)
        if item is not None:
            await charge(unit, item, await buyers.locked(unit, event.holder, item.debtor_id))
