"""The operator API about invoices."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from laddnav.billing import actions
from laddnav.billing.model import Invoice, InvoiceHeading
from laddnav.db.unit import Unit
from laddnav.people.api import Limit, Page, Route, page
from laddnav.people.model import Visitor


class InvoiceShown(Struct, frozen=True, kw_only=True):
    """With what its charges and its VAT add up to."""

    thing: Invoice
    total_excl: Decimal
    total_tax: Decimal
    total_incl: Decimal


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
    )


ROUTES = (
    Route(method="GET", path="/invoices", does=list_invoices),
    Route(method="GET", path="/invoices/{ref}", does=fetch_invoice),
)
