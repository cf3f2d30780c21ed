"""A CardHold: one charge of who pays by a stored card, what is held on that card for it, and how far that has come."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from laddnav.kit.ids import PartyId
from laddnav.payments.payment import Payment, State


class HoldState(StrEnum):
    ASKED = "ASKED"  # the bank was asked, and the charge goes on meanwhile
    HELD = "HELD"  # what it may cost is kept for us
    WITHOUT = "WITHOUT"  # nothing is: no card could be asked, or its bank said no
    BILLED = "BILLED"  # what it cost is known, and taken of what was held
    DROPPED = "DROPPED"  # nothing was charged, and nothing is kept


MOVES = {
    HoldState.ASKED: {HoldState.HELD, HoldState.WITHOUT, HoldState.BILLED, HoldState.DROPPED},
    HoldState.HELD: {HoldState.WITHOUT, HoldState.BILLED, HoldState.DROPPED},
    # A bank may hold after all what was not waited for any longer; it is billed or released all the same.
    HoldState.WITHOUT: {HoldState.BILLED, HoldState.DROPPED},
    HoldState.BILLED: set[HoldState](),
    # A charge that a person had decided against, and that is billed after all: by its invoice alone.
    HoldState.DROPPED: set[HoldState](),
}
OVER = (HoldState.BILLED, HoldState.DROPPED)
GONE = (State.REFUSED, State.RELEASED)


class CardHold(Struct, frozen=True, kw_only=True):
    """`first` is what was to be held at first, `wanted` what was asked for last, should the charge go on for longer.

    `required`: the charge ends where nothing is held. `payment` None: there was no card to ask. `due` is what its
    charge comes to on `invoice`, as far as it is the card's to pay. `stop_asked_at` is when the station was asked last;
    `confirm_asked`: its customer was written to that their bank wants to see them.
    """

    holder: PartyId
    ref: str
    customer: str
    session_id: str
    contract_id: str
    evse_id: str
    payment: str | None
    currency: str
    first: Decimal
    wanted: Decimal
    required: bool
    state: HoldState = HoldState.ASKED
    due: Decimal | None = None
    cdr_id: str | None = None
    invoice: str | None = None
    stop_asked_at: datetime | None = None
    confirm_asked: bool = False
    made_at: datetime
    changed_at: datetime


def moved(hold: CardHold, state: HoldState) -> CardHold:
    """Asserts what the table says."""
    assert state in MOVES[hold.state], f"a hold that is {hold.state.value} does not become {state.value}"
    return replace(hold, state=state)


def as_the_bank_says(hold: CardHold, payment: Payment | None, *, there: bool) -> CardHold:
    """While its charge goes on; `there`: all that was asked for first is."""
    if hold.state is HoldState.ASKED and there:
        return moved(hold, HoldState.HELD)
    no = payment is None or payment.state in GONE
    if no and hold.state in (HoldState.ASKED, HoldState.HELD):
        return moved(hold, HoldState.WITHOUT)
    return hold
