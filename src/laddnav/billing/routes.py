"""The operator API about invoices, and about who gets them."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from laddnav.billing import actions
from laddnav.billing.actions import buyers
from laddnav.billing.centres import Part
from laddnav.billing.einvoice.cii import cii
from laddnav.billing.einvoice.document import document
from laddnav.billing.einvoice.peppol import Lack, kept_out
from laddnav.billing.einvoice.ubl import ubl
from laddnav.billing.model import Debtor, Invoice, InvoiceHeading
from laddnav.billing.pdf import pdf
from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.people.api import File, Limit, Page, Route, page, yours
from laddnav.people.model import Role, Visitor

Language = Literal["en", "sv", "de"]
Line = Annotated[str, Meta(max_length=200)]


class InvoiceShown(Struct, frozen=True, kw_only=True):
    """With what its charges and its VAT add up to. What it `lacks` keeps its UBL out of Peppol's network."""

    thing: Invoice
    total_excl: Decimal
    total_tax: Decimal
    total_incl: Decimal
    lacks: tuple[Lack, ...]


class CostCentres(Struct, frozen=True, kw_only=True):
    """Together, what the invoice comes to before VAT; empty where no contract of its customer has a cost centre."""

    holder: PartyId
    currency: str
    parts: tuple[Part, ...]


class DescribeDebtor(Struct, frozen=True, kw_only=True):
    """`country` is ISO 3166 alpha-2; `endpoint` an electronic address, such as 0007:5566778899."""

    name: Line | None = None
    country: Annotated[str, Meta(pattern="^[A-Z]{2}$")] | None = None
    address: Annotated[str, Meta(max_length=500)] | None = None
    vat_number: Line | None = None
    endpoint: Line | None = None
    reference: Line | None = None
    email: Line | None = None
    language: Literal["en", "sv", "de", ""] | None = None


async def list_invoices(
    unit: Unit, by: Visitor, *, limit: Limit = 50, cursor: str | None = None, debtor_id: str | None = None
) -> Page[InvoiceHeading]:
    """Invoices without their charges, newest first."""
    found = await actions.invoices(unit, by.holder, debtor_id=debtor_id, after=cursor, limit=limit + 1)
    return page(found, limit, lambda one: one.ref)


async def fetch_invoice(unit: Unit, ref: str) -> InvoiceShown:
    """One invoice: as it was issued, or as it would be now."""
    invoice = await actions.invoice(unit, ref)
    return InvoiceShown(
        thing=invoice,
        total_excl=invoice.total_excl,
        total_tax=invoice.total_tax,
        total_incl=invoice.total_incl,
        lacks=kept_out(invoice),
    )


async def fetch_invoice_as_pdf(database: Database, ref: str, *, language: Language = "en") -> File:
    """The page as PDF/A-3; once it is issued, with the invoice for machines (Factur-X, ZUGFeRD) inside."""
    async with database.unit() as unit:
        invoice = await actions.invoice(unit, ref)
    # A compiler at work: not in the loop that answers stations.
    body = await asyncio.to_thread(pdf, invoice, language)
    return File(holder=invoice.holder, name=f"{invoice.number or ref}.pdf", body=body)


async def fetch_invoice_as_ubl(unit: Unit, by: Visitor, ref: str, *, language: Language = "en") -> File:
    """An issued invoice as UBL 2.1: Peppol BIS Billing 3 where it has all that the network asks."""
    invoice = await actions.invoice(unit, ref)
    yours(by, invoice.holder)
    return File(holder=invoice.holder, name=f"{invoice.number}.ubl.xml", body=ubl(document(invoice, language)))


async def fetch_invoice_as_cii(unit: Unit, by: Visitor, ref: str, *, language: Language = "en") -> File:
    """An issued invoice as CII D16B in the profile EN 16931, as it lies in the PDF."""
    invoice = await actions.invoice(unit, ref)
    yours(by, invoice.holder)
    return File(holder=invoice.holder, name=f"{invoice.number}.cii.xml", body=cii(document(invoice, language)))


async def list_cost_centres_of_invoice(unit: Unit, ref: str) -> CostCentres:
    """What of a company's invoice each of its cost centres and drivers stands for, before VAT."""
    invoice = await actions.invoice(unit, ref)
    return CostCentres(holder=invoice.holder, currency=invoice.currency, parts=await buyers.parts_of(unit, invoice))


async def list_debtors(unit: Unit, by: Visitor, *, limit: Limit = 50, cursor: str | None = None) -> Page[Debtor]:
    """Who owes us, or did, in the order of their ids."""
    some = await actions.debtors(unit, by.holder)
    after = [one for one in some if cursor is None or (str(one.holder), one.id) > tuple(cursor.split(" ", 1))]
    return page(after, limit, lambda one: f"{one.holder} {one.id}")


async def describe_debtor(unit: Unit, ref: str, body: DescribeDebtor) -> Debtor:
    """Say who it is to tax offices and networks of invoices; what is left out stays, an empty text takes it away."""
    debtor = await actions.debtor(unit, ref)
    return await actions.describe(unit, debtor.holder, debtor.id, **msgspec.structs.asdict(body))


ROUTES = (
    Route(method="GET", path="/invoices", does=list_invoices),
    Route(method="GET", path="/invoices/{ref}", does=fetch_invoice),
    Route(method="GET", path="/invoices/{ref}/pdf", does=fetch_invoice_as_pdf, gives="application/pdf"),
    Route(method="GET", path="/invoices/{ref}/ubl", does=fetch_invoice_as_ubl, gives="application/xml"),
    Route(method="GET", path="/invoices/{ref}/cii", does=fetch_invoice_as_cii, gives="application/xml"),
    Route(method="GET", path="/invoices/{ref}/cost-centres", does=list_cost_centres_of_invoice),
    Route(method="GET", path="/debtors", does=list_debtors),
    Route(method="POST", path="/debtors/{ref}", does=describe_debtor, needs=Role.OPERATOR, also=(Role.FINANCE,)),
)
