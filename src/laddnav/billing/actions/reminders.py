"""Remind of what is overdue, level by level, each once; stop that for an invoice; turn it on and off for a party."""

from __future__ import annotations

from laddnav.billing import reminding
from laddnav.billing.actions import buyers, interest, items
from laddnav.billing.card_bounds import least
from laddnav.billing.events import InvoiceReminded
from laddnav.billing.open_items import OpenItem
from laddnav.billing.postings import receivable
from laddnav.billing.reminding import (
    BETWEEN,
    LEVELS,
    NotOverdue,
    Reminder,
    RemindersStopped,
    StopWithoutReason,
)
from laddnav.billing.rules import UnknownInvoice
from laddnav.billing.store import reminding as store
from laddnav.billing.store import settling
from laddnav.customers import actions as customers
from laddnav.customers.model import PaysBy
from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.ledger import actions as ledger
from laddnav.parties import actions as parties
from laddnav.parties.rules import zone_of
from laddnav.people import actions as people


async def remind_all(database: Database, *, at_once: int = 100) -> int:
    """Of all whose time has come, for parties that turned it on, each in a Unit of its own; how many those were."""
    reminded, after = 0, ""
    while True:
        async with database.unit() as unit:
            due = await store.due(unit, unit.now - LEVELS[0].after, after, unit.now - BETWEEN, len(LEVELS), at_once)
        for item in due:
            async with database.unit() as unit:
                reminded += await _remind(unit, item.holder, item.number, "") is not None
        if len(due) < at_once:
            return reminded
        after = due[-1].ref


async def remind(unit: Unit, holder: PartyId, number: str, *, by: str) -> Reminder:
    """Now, by somebody's hand. Raises UnknownInvoice, NotOverdue, RemindersStopped."""
    why = await store.stopped(unit, holder, (await _item(unit, holder, number)).ref)
    if why is not None:
        raise RemindersStopped(number, why)
    made = await _remind(unit, holder, number, by)
    if made is None:
        raise NotOverdue(number)
    people.note(unit, by, "remind", f"invoice {number}", str(made.level))
    return made


async def _remind(unit: Unit, holder: PartyId, number: str, by: str) -> Reminder | None:
    item = await _item(unit, holder, number)
    debtor = await buyers.locked(unit, holder, item.debtor_id)
    item = await _item(unit, holder, number)
    level = reminding.next_level(item, await store.of_invoice(unit, holder, item.ref), unit.now)
    # An invoice may stay open although its money is here, on account: of that nobody is reminded.
    owed = await ledger.balance(unit, holder, receivable(item.debtor_id), item.currency)
    if level is None or owed <= 0 or await _stays_open(unit, item):
        return None
    made = Reminder(level=level.number, open=item.open, at=unit.now, by=by)
    store.insert(unit, holder, item.ref, made)
    zone = zone_of(await parties.fetch(unit, holder))
    fee = reminding.fee_of(debtor, item.currency, unit.now.astimezone(zone).date()) if level.costs else None
    if fee is not None and not (fee.once and level.number > 2):
        await items.add(unit, holder, debtor.id, reminding.fee_item(item, level, fee, unit.now))
    await interest.charge(unit, item, debtor)
    unit.announce(InvoiceReminded(holder=holder, ref=item.ref, level=level.number))
    return made


async def _stays_open(unit: Unit, item: OpenItem) -> bool:
    """Whoever pays by card cannot pay so little by it."""
    customer = await customers.of_debtor(unit, item.holder, item.debtor_id)
    return customer is not None and customer.pays_by is PaysBy.CARD and item.open < least(item.currency)


async def _item(unit: Unit, holder: PartyId, number: str) -> OpenItem:
    found = await settling.numbered(unit, holder, [number])
    if not found:
        raise UnknownInvoice(number)
    return found[0]


async def stop(unit: Unit, holder: PartyId, number: str, why: str, *, by: str) -> None:
    """Nobody is reminded of it any more. Raises UnknownInvoice, StopWithoutReason."""
    item = await _item(unit, holder, number)
    if not why.strip():
        raise StopWithoutReason
    store.stop(unit, holder, item.ref, why.strip()[:500], by)
    people.note(unit, by, "stop reminders", f"invoice {number}", why.strip()[:500])


async def go_on(unit: Unit, holder: PartyId, number: str, *, by: str) -> None:
    """It is reminded of again. Raises UnknownInvoice."""
    item = await _item(unit, holder, number)
    store.go_on(unit, holder, item.ref)
    people.note(unit, by, "go on with reminders", f"invoice {number}")


async def turn(unit: Unit, holder: PartyId, *, on: bool, by: str) -> None:
    """Whether this party's overdue invoices are reminded of by themselves. Raises UnknownParty."""
    await parties.fetch(unit, holder)
    store.turn(unit, holder, by, on=on)
    people.note(unit, by, "turn reminders " + ("on" if on else "off"), f"party {holder}")


async def reminds(unit: Unit, holder: PartyId) -> bool:
    return await store.reminds(unit, holder)


async def of_invoice(unit: Unit, holder: PartyId, invoice_ref: str) -> tuple[tuple[Reminder, ...], str | None]:
    """The reminders of an invoice, the first first, and why they were stopped, if they were."""
    return await store.of_invoice(unit, holder, invoice_ref), await store.stopped(unit, holder, invoice_ref)
