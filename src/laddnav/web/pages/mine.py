"""What every page of a driver stands on: who they are, and where else they can go. One more page is a row of TABS."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from laddnav.customers.actions import coming
from laddnav.customers.model import Contract, Customer
from laddnav.db.unit import Unit
from laddnav.sessions.model import CdrToken
from laddnav.web.asked import Asked
from laddnav.web.words import N_

TABS = (
    ("/my", N_("Charges")),
    ("/my/cards", N_("Cards")),
    ("/my/plan", N_("Plan")),
    ("/my/invoices", N_("Invoices")),
    ("/my/you", N_("You")),
)


async def customer_of(asked: Asked, unit: Unit) -> Customer:
    """Raises NotYours."""
    return await coming.theirs(unit, asked.visitor)


def is_theirs(contracts: Sequence[Contract], token: CdrToken, at: datetime) -> bool:
    """A card, and a contract, may have been somebody else's before: theirs is what was charged on it since."""
    return any(one.contract_id.casefold() == token.contract_id.casefold() and one.since <= at for one in contracts)


class Me(Struct, frozen=True, kw_only=True):
    """What the frame of these pages shows, beside what each page does."""

    customer: Customer
    operator: str
    tabs: Sequence[tuple[str, str, str, None]]
    here: str


def me(asked: Asked, customer: Customer) -> Me:
    return Me(
        customer=customer,
        operator=next((one.name for one in asked.parties if one.holder == customer.holder), str(customer.holder)),
        tabs=[(href, asked.say(text), href, None) for href, text in TABS],
        here=max((href for href, _ in TABS if f"{asked.path}/".startswith(f"{href}/")), key=len),
    )
