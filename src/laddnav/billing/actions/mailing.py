"""Invoices and reminders go out by mail, the paper attached; to who has an address, each once.

The paper is made with no Unit open: a compiler at work holds no connection.
"""

from __future__ import annotations

import asyncio
from decimal import Decimal
from zoneinfo import ZoneInfo

from laddnav.billing import letters
from laddnav.billing.actions import by_card, settling
from laddnav.billing.actions import interest as late
from laddnav.billing.actions.reading import invoice as read
from laddnav.billing.events import InvoiceIssued, InvoiceReminded
from laddnav.billing.model import Debtor, Invoice
from laddnav.billing.pdf import pdf
from laddnav.billing.reminding import LEVELS
from laddnav.billing.store import debtors, items, reminding
from laddnav.db.unit import Database, Unit
from laddnav.kit.refusal import Refusal
from laddnav.mail import actions as mail
from laddnav.mail.model import Attachment, Mail


class NowhereToSend(Refusal):
    """Who gets invoices by mail has an address for it."""

    def __init__(self, debtor_id: str) -> None:
        super().__init__(f"{debtor_id} has no address for mail; give it one first")
        self.debtor_id = debtor_id


async def mail_invoice(database: Database, event: InvoiceIssued) -> None:
    """Hears InvoiceIssued. Nothing where nobody takes mail, or nothing is asked for or given."""
    async with database.unit() as unit:
        invoice, debtor = await _of(unit, event.ref)
        invoice = await by_card.as_it_stands(unit, invoice, begun=False)
    if debtor.email is not None and (invoice.to_pay or invoice.total_incl):
        await _send(database, invoice, debtor, debtor.email, f"invoice {invoice.ref}")


async def send_again(database: Database, ref: str, *, key: str) -> Mail:
    """The same mail anew, to where the debtor takes mail now; of one key once. Whose card was refused is asked to pay.

    Raises UnknownInvoice, NowhereToSend.
    """
    async with database.unit() as unit:
        invoice, debtor = await _of(unit, ref)
        invoice = await by_card.as_it_stands(unit, invoice, begun=True)
    if debtor.email is None:
        raise NowhereToSend(debtor.id)
    return await _send(database, invoice, debtor, debtor.email, f"invoice {invoice.ref} {key}")


async def _send(database: Database, invoice: Invoice, debtor: Debtor, to: str, key: str) -> Mail:
    assert invoice.number is not None, "it is issued"
    async with database.unit() as unit:
        open = (await settling.item_named(unit, invoice.holder, invoice.number)).open
    language = letters.language_of(debtor)
    subject, text = letters.beside_invoice(invoice, language, _day(invoice), open)
    paper = await _paper(invoice, language)
    async with database.unit() as unit:
        return await mail.send(
            unit, holder=invoice.holder, key=key, to=to, subject=subject, text=text, attachments=(paper,)
        )


async def mail_reminder(database: Database, event: InvoiceReminded) -> None:
    """Hears InvoiceReminded."""
    async with database.unit() as unit:
        invoice, debtor = await _of(unit, event.ref)
        invoice = await by_card.as_it_stands(unit, invoice, begun=True)
        known = await reminding.of_invoice(unit, invoice.holder, invoice.ref)
        made = [one for one in known if one.level == event.level]
        keys = [f"reminder {invoice.ref} {event.level}", *([f"late {invoice.ref}"] if event.level == 2 else [])]
        costs = [found[2].amount for key in keys if (found := await items.find(unit, invoice.holder, key))]
        interest = await late.charged_at(unit, invoice.holder, invoice.ref, made[0].at) if made else Decimal(0)
    if debtor.email is None or not made:
        return
    language = letters.language_of(debtor)
    subject, text = letters.reminder(
        invoice,
        language,
        _day(invoice),
        made[0].open,
        sum(costs, Decimal(0)),
        interest,
        last=event.level == len(LEVELS),
    )
    paper = await _paper(invoice, language)
    async with database.unit() as unit:
        await mail.send(
            unit,
            holder=invoice.holder,
            key=f"reminder {invoice.ref} {event.level}",
            to=debtor.email,
            subject=subject,
            text=text,
            attachments=(paper,),
        )


async def _of(unit: Unit, ref: str) -> tuple[Invoice, Debtor]:
    """As it was issued, and who takes it now."""
    invoice = await read(unit, ref)
    debtor = await debtors.find(unit, invoice.holder, invoice.debtor.id)
    assert debtor is not None, "an invoice has its debtor"
    return invoice, debtor


async def _paper(invoice: Invoice, language: str) -> Attachment:
    made = await asyncio.to_thread(pdf, invoice, language)
    return Attachment(name=f"{invoice.number}.pdf", kind="application/pdf", data=made)


def _day(invoice: Invoice) -> str:
    """On which it is due, on the seller's calendar."""
    if invoice.due_at is None:
        return ""
    return invoice.due_at.astimezone(ZoneInfo(invoice.seller.time_zone)).date().isoformat()
