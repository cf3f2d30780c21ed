"""The operator API about payment terminals and what was captured at them."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.money import Price
from laddnav.payments import actions
from laddnav.payments.model import Captured, CaptureStatus, Confirmation, Installed, InvoiceCreator, Terminal
from laddnav.people.api import Limit, Page, Route, page, yours
from laddnav.people.model import Role, Visitor

Id = Annotated[str, Meta(min_length=1, max_length=36)]
Line = Annotated[str, Meta(min_length=1, max_length=255)]


class Introduce(Struct, frozen=True, kw_only=True):
    """A terminal of `holder`, a provider, that goes to `cpo`."""

    holder: str
    cpo: str
    id: Id
    reference: Id | None = None
    customer_reference: Id | None = None


class Assign(Struct, frozen=True, kw_only=True):
    """It serves all Evses of these Locations, and these besides."""

    location_ids: tuple[Id, ...] = ()
    evse_uids: tuple[Id, ...] = ()


class Describe(Struct, frozen=True, kw_only=True):
    """All of it; what is left out is not said any more."""

    customer_reference: Id | None = None
    invoice_base_url: Line | None = None
    invoice_creator: InvoiceCreator | None = None


class Confirm(Struct, frozen=True, kw_only=True):
    """What `holder`, a provider, captured for the charge of an authorisation."""

    holder: str
    id: Id
    authorization_reference: Id
    total: Price
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")]
    eft_data: tuple[Line, ...] = ()
    status: CaptureStatus
    message: Line | None = None


class Paid(Struct, frozen=True, kw_only=True):
    """A capture, and the CDR that it paid for; None: that is not here yet."""

    thing: Captured
    cdr_ref: str | None = None
    session_id: str | None = None


async def list_terminals(unit: Unit, by: Visitor, *, limit: Limit = 50, cursor: str | None = None) -> Page[Installed]:
    """Payment terminals, newest first."""
    found = await actions.terminals(unit, by.holder, before=cursor, limit=limit + 1)
    return page(found, limit, lambda one: one.ref)


async def fetch_terminal(unit: Unit, ref: str) -> Installed:
    """One payment terminal."""
    return await actions.terminal_by_ref(unit, ref)


async def list_captures(
    unit: Unit, ref: str, by: Visitor, *, limit: Limit = 50, cursor: str | None = None
) -> Page[Captured]:
    """What was captured for charges where this terminal serves, newest first."""
    one = await actions.terminal_by_ref(unit, ref)
    yours(by, one.holder)
    found = await actions.captures_at(unit, one, before=cursor, limit=limit + 1)
    return page(found, limit, lambda each: each.ref)


async def introduce(unit: Unit, by: Visitor, body: Introduce) -> Installed:
    """As its provider, make a terminal known to the CPO that gets it."""
    terminal = Terminal(
        owner=yours(by, PartyId.parse(body.holder)),
        id=body.id,
        reference=body.reference,
        customer_reference=body.customer_reference,
        last_updated=unit.now,
    )
    return await actions.introduce(unit, terminal, PartyId.parse(body.cpo))


async def assign(unit: Unit, by: Visitor, ref: str, body: Assign) -> Installed:
    """As CPO, say what a terminal serves; its provider is told."""
    yours(by, (await actions.terminal_by_ref(unit, ref)).holder)
    return await actions.assign(unit, ref, location_ids=body.location_ids, evse_uids=body.evse_uids)


async def describe(unit: Unit, by: Visitor, ref: str, body: Describe) -> Installed:
    """As CPO, say by what we know a terminal, who makes the invoice and where it is found; its provider is told."""
    yours(by, (await actions.terminal_by_ref(unit, ref)).holder)
    return await actions.describe(
        unit,
        ref,
        customer_reference=body.customer_reference,
        invoice_base_url=body.invoice_base_url,
        invoice_creator=body.invoice_creator,
    )


async def deactivate(unit: Unit, by: Visitor, ref: str) -> Installed:
    """As CPO, have no use for a terminal any more; its provider is told."""
    yours(by, (await actions.terminal_by_ref(unit, ref)).holder)
    return await actions.deactivate(unit, ref)


async def list_confirmations(
    unit: Unit, by: Visitor, *, limit: Limit = 50, cursor: str | None = None
) -> Page[Captured]:
    """What was captured at terminals, newest first."""
    found = await actions.confirmations(unit, by.holder, before=cursor, limit=limit + 1)
    return page(found, limit, lambda one: one.ref)


async def fetch_confirmation(unit: Unit, ref: str) -> Paid:
    """One capture, and what it paid for."""
    one = await actions.confirmation_by_ref(unit, ref)
    cdr = await actions.charged(unit, one)
    if cdr is None:
        return Paid(thing=one)
    return Paid(thing=one, cdr_ref=cdr.ref, session_id=cdr.session_id)


async def confirm(unit: Unit, by: Visitor, body: Confirm) -> Captured:
    """As provider, say what was captured; its CPO is told where that makes the invoice."""
    return await actions.confirm(
        unit,
        Confirmation(
            owner=yours(by, PartyId.parse(body.holder)),
            id=body.id,
            authorization_reference=body.authorization_reference,
            total=body.total,
            currency=body.currency,
            eft_data=body.eft_data,
            status=body.status,
            message=body.message,
            last_updated=unit.now,
        ),
    )


ROUTES = (
    Route(method="GET", path="/terminals", does=list_terminals),
    Route(method="GET", path="/terminals/{ref}", does=fetch_terminal),
    Route(method="GET", path="/terminals/{ref}/confirmations", does=list_captures),
    Route(method="POST", path="/terminals", does=introduce, needs=Role.OPERATOR, status=201),
    Route(method="PUT", path="/terminals/{ref}/assignment", does=assign, needs=Role.OPERATOR),
    Route(method="PUT", path="/terminals/{ref}/description", does=describe, needs=Role.OPERATOR),
    Route(method="POST", path="/terminals/{ref}/deactivate", does=deactivate, needs=Role.OPERATOR),
    Route(method="GET", path="/confirmations", does=list_confirmations),
    Route(method="GET", path="/confirmations/{ref}", does=fetch_confirmation),
    Route(method="POST", path="/confirmations", does=confirm, needs=Role.OPERATOR, status=201),
)
