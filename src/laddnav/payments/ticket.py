"""A Ticket: one charge that its driver pays for here and now, without an account, and how far that has come."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from laddnav.kit.ids import EvseRef, PartyId
from laddnav.payments.payment import ProviderKind
from laddnav.payments.shortfall import Shortfall


class TicketState(StrEnum):
    PAYING = "PAYING"  # the driver pays
    STARTED = "STARTED"  # what it may cost is held, or paid, and the station was asked to begin
    PAID = "PAID"  # it is over, and what it cost is known
    GIVEN_UP = "GIVEN_UP"  # nothing was charged, and nothing is kept


class Why(StrEnum):
    """Why a ticket was given up."""

    NOT_PAID = "NOT_PAID"  # nobody paid in time, or the provider said no
    CANCELLED = "CANCELLED"  # the driver did
    BUSY = "BUSY"  # somebody else was quicker
    AWAY = "AWAY"  # the station does not answer
    PRICE_CHANGED = "PRICE_CHANGED"  # while the driver paid
    NO_CAR = "NO_CAR"  # none followed, or the station refused to begin
    NOT_BILLED = "NOT_BILLED"  # a person decided that what the meter signed does not prove it


MOVES = {
    TicketState.PAYING: {TicketState.STARTED, TicketState.GIVEN_UP},
    TicketState.STARTED: {TicketState.PAID, TicketState.GIVEN_UP},
    # A charge that a person had decided against, and that is billed after all.
    TicketState.GIVEN_UP: {TicketState.PAID},
    TicketState.PAID: set[TicketState](),
}


class Ticket(Struct, frozen=True, kw_only=True):
    """`code` is what people call it, and the contract that its charge is on; `link` is what opens its page.

    `hold` is what was held first, `wanted` what was asked for last, should the charge go on for longer. `agreed_at` is
    of when the Tariff was that the driver has seen. `due` is what its CDRs come to, taxes included; None: they do not
    stand yet. `charged` is what of it was taken, or will be; what comes to more is `short`. `email` waits for the
    receipt and is forgotten with it; `receipts` counts those that were sent.
    """

    holder: PartyId
    ref: str
    code: str
    link: str
    where: EvseRef
    evse_id: str
    connector_id: str
    zone: str
    payment: str
    provider: ProviderKind
    currency: str
    hold: Decimal
    wanted: Decimal
    tariff_id: str
    agreed_at: datetime
    state: TicketState = TicketState.PAYING
    why: Why | None = None
    session_id: str | None = None
    due: Decimal | None = None
    charged: Decimal | None = None
    short: Shortfall | None = None
    stop_asked_at: datetime | None = None
    email: str | None = None
    receipts: int = 0
    language: str = "en"
    made_at: datetime
    changed_at: datetime


def moved(before: TicketState, after: TicketState) -> TicketState:
    """Asserts what the table says."""
    assert after in MOVES[before], f"a ticket that is {before.value} does not become {after.value}"
    return after
