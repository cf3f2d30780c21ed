"""The operator API about charges without an account that are corrected upwards: what is open, waived, asked for."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.payments.actions import shortfalls
from laddnav.payments.shortfall import ZERO, Shortfall
from laddnav.payments.ticket import Ticket
from laddnav.people.api import Limit, Page, Route, page
from laddnav.people.model import Role, Visitor

Reason = Annotated[str, Meta(min_length=3, max_length=500)]


class ShortCharge(Struct, frozen=True, kw_only=True):
    """`due` is what its CDRs come to, taxes included, `open` what of it is neither paid nor waived."""

    holder: PartyId
    ref: str
    code: str
    evse_id: str
    payment: str
    currency: str
    due: Decimal
    open: Decimal
    shortfall: Shortfall | None


class Waiver(Struct, frozen=True, kw_only=True):
    why: Reason


class AskForMore(Struct, frozen=True, kw_only=True):
    """Without `email`, to where the receipt went."""

    email: Annotated[str, Meta(max_length=254)] = ""


def _told(ticket: Ticket) -> ShortCharge:
    """Without the address of its page, which is its driver's."""
    return ShortCharge(
        holder=ticket.holder,
        ref=ticket.ref,
        code=ticket.code,
        evse_id=ticket.evse_id,
        payment=ticket.payment,
        currency=ticket.currency,
        due=ticket.due or ZERO,
        open=ZERO if ticket.short is None else ticket.short.open,
        shortfall=ticket.short,
    )


async def list_short_charges(
    unit: Unit, by: Visitor, *, limit: Limit = 50, cursor: str | None = None
) -> Page[ShortCharge]:
    """Charges without an account whose CDRs ask for more than was taken, the oldest first."""
    found = await shortfalls.page(unit, by.holder, after=cursor, limit=limit + 1)
    return page([_told(one) for one in found], limit, lambda one: one.ref)


async def waive_short_charge(unit: Unit, ref: str, by: Visitor, body: Waiver) -> ShortCharge:
    """What is open is a loss of ours, and posted as one."""
    return _told(await shortfalls.waive(unit, ref, body.why, by=by.name))


async def ask_for_short_charge(unit: Unit, ref: str, by: Visitor, body: AskForMore) -> ShortCharge:
    """A mail to the driver, with the page on which what is open is paid."""
    return _told(await shortfalls.demand(unit, ref, body.email, by=by.name))


ROUTES = (
    Route(method="GET", path="/short-charges", does=list_short_charges, needs=Role.FINANCE, also=(Role.SUPPORT,)),
    Route(method="POST", path="/short-charges/{ref}/waive", does=waive_short_charge, needs=Role.FINANCE),
    Route(method="POST", path="/short-charges/{ref}/ask", does=ask_for_short_charge, needs=Role.FINANCE),
)
