"""What a reservation may become, and when."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec.structs import replace

from laddnav.kit.refusal import Refusal
from laddnav.reservations.model import Reservation, State

# A start that a Station tells a moment after the end may have happened before it.
TOLD_WITHIN = timedelta(minutes=1)
# Nobody knows what will stand there in a week, and an Evse that waits earns nothing.
LONGEST = timedelta(days=1)

RESERVABLE = "RESERVABLE"


class UnknownReservation(Refusal):
    """No reservation with this id is known here."""

    def __init__(self, reservation_id: str) -> None:
        super().__init__(f"No reservation {reservation_id!r} is known here")
        self.reservation_id = reservation_id


class NotReservable(Refusal):
    """This Evse cannot be reserved."""

    def __init__(self, evse_uid: str) -> None:
        super().__init__(f"Evse {evse_uid!r} cannot be reserved")
        self.evse_uid = evse_uid


class NotSoLong(Refusal):
    """A reservation ends in the future, and within a day."""

    def __init__(self) -> None:
        super().__init__("A reservation ends in the future, and within a day")


class ReservationOver(Refusal):
    """The reservation is over already."""

    def __init__(self, reservation_id: str, state: State) -> None:
        super().__init__(f"Reservation {reservation_id!r} is {state.value} already")
        self.reservation_id, self.state = reservation_id, state


class Unexpected(AssertionError):
    """A move that the table does not have: a verb forgot to look first."""


class Happening(StrEnum):
    """What can happen to a reservation."""

    KEPT = "KEPT"
    REFUSED = "REFUSED"
    USED = "USED"
    RAN_OUT = "RAN_OUT"
    CANCELED = "CANCELED"
    BROKEN = "BROKEN"


MOVES = {
    (State.ASKED, Happening.KEPT): State.HELD,
    (State.ASKED, Happening.REFUSED): State.REFUSED,
    (State.HELD, Happening.KEPT): State.HELD,
    (State.HELD, Happening.REFUSED): State.HELD,  # a change was refused: the promise stands as it was
    (State.HELD, Happening.USED): State.USED,
    (State.HELD, Happening.RAN_OUT): State.EXPIRED,
    (State.HELD, Happening.CANCELED): State.CANCELED,
    (State.HELD, Happening.BROKEN): State.WITHDRAWN,
}
OVER = frozenset(State) - {State.ASKED, State.HELD}


def moved(state: State, happening: Happening) -> State:
    """Raises Unexpected, naming both, for every pair that is not in the table."""
    try:
        return MOVES[state, happening]
    except KeyError:
        raise Unexpected(f"{happening} cannot happen to a reservation that is {state}") from None


def after(reservation: Reservation, happening: Happening, now: datetime) -> Reservation:
    return replace(reservation, state=moved(reservation.state, happening), wanted_until=None, last_updated=now)


def checked_end(until: datetime, now: datetime) -> datetime:
    """Raises NotSoLong."""
    if not now < until <= now + LONGEST:
        raise NotSoLong
    return until
