"""Invoices: what each debtor owes, charge by charge, and the paper of it."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from starlette.responses import Response

from laddnav.billing import actions as billing
from laddnav.billing.pdf import pdf
from laddnav.people import actions as people
from laddnav.web.asked import Asked, Door, do, see

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
    return asked.page("invoice.html", invoice=invoice)


async def paper(asked: Asked) -> Response:
    async with asked.unit() as unit:
        invoice = await billing.invoice(unit, asked.part("ref"))
    # A compiler at work: not in the loop that answers stations.
    written = await asyncio.to_thread(pdf, invoice, asked.language)
    name = quote(f"{invoice.number or invoice.ref}.pdf", safe="")
    return Response(
        written, media_type="application/pdf", headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    )


async def issue(asked: Asked) -> Response:
    async with asked.unit() as unit:
        before = await billing.invoice(unit, asked.part("ref"))
        invoice = await billing.issue(unit, before.holder, before.ref)
        people.note(unit, asked.visitor.name, "issue invoice", f"invoice {invoice.ref}", invoice.number or "")
    return asked.done(
        f"/invoices/{invoice.ref}", asked.say("The invoice has its number: %(number)s", number=invoice.number)
    )


DOORS: tuple[Door, ...] = (
    see("/invoices", list_all),
    see("/invoices/{ref}.pdf", paper),
    see("/invoices/{ref}", one),
    do("/invoices/{ref}/issue", issue),
)
