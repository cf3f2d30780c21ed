"""What is due, or lost, decides how a customer stands: hears of reminders, what settles and what is written off."""

from __future__ import annotations

from laddnav.billing.actions import buyers, reading
from laddnav.billing.events import InvoiceReminded, InvoiceSettled, InvoiceWrittenOff
from laddnav.billing.reminding import LEVELS
from laddnav.billing.store import reminding, settling
from laddnav.customers import actions as customers
from laddnav.customers import limits
from laddnav.customers.actions import allowing
from laddnav.db.unit import Database


async def judge(database: Database, event: InvoiceReminded | InvoiceSettled | InvoiceWrittenOff) -> None:
    """Hears them all: the highest reminder of what is still open says how its customer stands; again is nothing.

    What is paid counts no more, nor does an invoice that somebody stopped to remind of: its customer charges again.
    Of whom something is written off charges no more, until somebody takes that back.
    """
    async with database.unit() as unit:
        invoice = await reading.invoice(unit, event.ref)
        customer = await customers.of_debtor(unit, event.holder, invoice.debtor.id)
        if customer is None:
            return
        await customers.lock(unit, customer.ref)  # before the debtor, as whoever pays from a wallet does
        await buyers.locked(unit, event.holder, invoice.debtor.id)
        highest, number = 0, ""
        for one in await settling.open_items(unit, event.holder, invoice.debtor.id, invoice.currency):
            if await reminding.stopped(unit, event.holder, one.ref) is not None:
                continue
            for made in await reminding.of_invoice(unit, event.holder, one.ref):
                if made.level > highest:
                    highest, number = made.level, one.number
        why = f"reminder {highest} of {number}" if highest else "nothing reminded of is open"
        lost = await settling.lost(unit, event.holder, invoice.debtor.id)
        if lost:
            highest, why = len(LEVELS), f"{lost[0]} is written off"
        await allowing.stand(unit, customer.ref, limits.standing_after(highest), why=why, by="reminders")
