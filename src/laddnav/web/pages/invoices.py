"""Invoices: what each debtor owes, charge by charge, and the paper of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from laddnav.billing import actions as billing
from laddnav.billing.actions import buyers, crediting, paying_back, reminders, settling, writing_off
from laddnav.billing.credits import lines_of
from laddnav.billing.einvoice.cii import cii
from laddnav.billing.einvoice.document import document
from laddnav.billing.einvoice.en16931 import Document
from laddnav.billing.einvoice.peppol import SENTENCES, kept_out
from laddnav.billing.einvoice.ubl import ubl
from laddnav.billing.item_words import said as called
from laddnav.billing.model import Charge, Invoice, InvoiceLine, Item
from laddnav.billing.pdf import pdf
from laddnav.billing.pdf_words import WORDS
from laddnav.billing.vat import reasons
from laddnav.db.unit import Unit
from laddnav.payments.actions import paying
from laddnav.payments.payment import Payment, Purpose
from laddnav.people import actions as people
from laddnav.people.api import yours
from laddnav.people.model import Role
from laddnav.web.asked import Asked, Door, do, see
from laddnav.web.pages.payments import REASONS, left

PAGE = 50


async def list_all(asked: Asked) -> Response:
    cursor = asked.query("cursor")
    async with asked.unit() as unit:
        known = await billing.invoices(unit, asked.visitor.holder, after=cursor, limit=PAGE + 1)
    page = known[:PAGE]
    return asked.page(
        "invoices.html",
        invoices=page,
        next=page[-1].ref if len(known) > PAGE else None,
        begun=cursor is not None,
    )


async def one(asked: Asked) -> Response:
    async with asked.unit() as unit:
        invoice = await billing.invoice(unit, asked.part("ref"))
        buyer = await billing.debtor(unit, invoice.debtor.ref)
        paid = await paying.of_debtors(unit, invoice.holder, [invoice.debtor.id], limit=PAGE)
        opened = await _open(asked, unit, invoice) if invoice.number else {"item": None}
        centres = await buyers.parts_of(unit, invoice)
    return asked.page(
        "invoice.html",
        called=lambda item: called(item.words, asked.language, _terms(asked)),
        **opened,
        invoice=invoice,
        buyer=buyer,
        centres=centres,
        reasons=reasons(invoice, asked.language),
        kept_out=[asked.say(SENTENCES[one]) for one in kept_out(invoice)],
        payments=[(one, left(one)) for one in paid if _is_of(one, invoice)],
        refund_reasons=REASONS,
    )


def _is_of(payment: Payment, invoice: Invoice) -> bool:
    """Paid for this invoice, or at once for the one charge that it is of."""
    if payment.purpose is Purpose.INVOICE:
        return invoice.number is not None and invoice.number in payment.about
    return len(invoice.charges) == 1 and payment.purpose is Purpose.SESSION


def _terms(asked: Asked) -> dict[str, str]:
    return WORDS.get(asked.language, WORDS["en"])


async def _open(asked: Asked, unit: Unit, invoice: Invoice) -> dict[str, Any]:
    """What of an issued invoice is open, what settled it, who was reminded, and what can be taken back."""
    number = invoice.number or ""
    can_be = set(await crediting.left(unit, invoice))
    reminded, stopped = await reminders.of_invoice(unit, invoice.holder, invoice.ref)
    item = await settling.item_named(unit, invoice.holder, number)
    lost = await writing_off.why_lost(unit, item)
    return {
        "item": item,
        "lost": lost,
        "settled_by": await settling.settled_by(unit, invoice.holder, invoice.ref),
        "reminded": reminded,
        "stopped": stopped,
        "now": unit.now,
        "on_account": await paying_back.on_account(unit, invoice.holder, invoice.debtor.id, invoice.currency),
        "creditable": [
            (place, _named(asked, charge, line), line.amount)
            for place, charge, line in lines_of(invoice)
            if place in can_be and lost is None
        ],
    }


def _named(asked: Asked, charge: Charge | None, line: InvoiceLine | Item) -> str:
    if isinstance(line, Item):
        return called(line.words, asked.language, _terms(asked))
    term = _terms(asked).get(line.dimension, line.dimension)
    return term if charge is None else f"{charge.place}: {term}"


async def as_ubl(asked: Asked) -> Response:
    return await _for_machines(asked, "ubl", ubl)


async def as_cii(asked: Asked) -> Response:
    return await _for_machines(asked, "cii", cii)


async def _for_machines(asked: Asked, spelling: str, spell: Callable[[Document], bytes]) -> Response:
    """Raises UnknownInvoice, NotIssuedYet, NoVatNumber."""
    async with asked.unit() as unit:
        invoice = await billing.invoice(unit, asked.part("ref"))
    written = spell(document(invoice, asked.language))
    return _file(written, f"{invoice.number}.{spelling}.xml", "application/xml")


async def paper(asked: Asked) -> Response:
    async with asked.unit() as unit:
        invoice = await billing.invoice(unit, asked.part("ref"))
    # A compiler at work: not in the loop that answers stations.
    written = await asyncio.to_thread(pdf, invoice, asked.language)
    return _file(written, f"{invoice.number or invoice.ref}.pdf", "application/pdf")


def _file(body: bytes, name: str, media_type: str) -> Response:
    kept_as = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return Response(body, media_type=media_type, headers={"Content-Disposition": kept_as})


async def issue(asked: Asked) -> Response:
    async with asked.unit() as unit:
        before = await billing.invoice(unit, asked.part("ref"))
        invoice = await billing.issue(unit, before.holder, before.ref)
        people.note(unit, asked.visitor.name, "issue invoice", f"invoice {invoice.ref}", invoice.number or "")
    return asked.done(
        f"/invoices/{invoice.ref}", asked.say("The invoice has its number: %(number)s", number=invoice.number)
    )


async def describe(asked: Asked) -> Response:
    """Who the buyer is; on this invoice too while it is open. Raises UnknownInvoice, NotAVatNumber, NotAnEndpoint."""
    async with asked.unit() as unit:
        invoice = await billing.invoice(unit, asked.part("ref"))
        said = {name: asked.said(name) for name in ("name", "vat_number", "endpoint", "reference", "email")}
        address = "\n".join(line.strip() for line in asked.said("address").split(","))
        await billing.describe(unit, yours(asked.visitor, invoice.holder), invoice.debtor.id, address=address, **said)
        people.note(unit, asked.visitor.name, "describe debtor", f"debtor {invoice.debtor.id}")
    return asked.done(f"/invoices/{invoice.ref}", asked.say("Kept. Invoices that are not issued yet say so."))


DOORS: tuple[Door, ...] = (
    see("/invoices", list_all),
    see("/invoices/{ref}.pdf", paper),
    see("/invoices/{ref}.ubl.xml", as_ubl),
    see("/invoices/{ref}.cii.xml", as_cii),
    see("/invoices/{ref}", one),
    do("/invoices/{ref}/issue", issue, Role.FINANCE),
    do("/invoices/{ref}/buyer", describe, also=(Role.FINANCE,)),
)
