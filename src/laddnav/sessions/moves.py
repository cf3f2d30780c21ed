"""What may happen to a charge, and where that takes it: its state table."""

from __future__ import annotations

from laddnav.sessions.model import Status


class Unexpected(AssertionError):
    """A move that the table does not have: a verb forgot to look first."""


class Happening:
    """What can happen to a charge, as the table below speaks of it."""

    BEGAN = "BEGAN"
    STOPPED = "STOPPED"
    SETTLED = "SETTLED"
    REOPENED = "REOPENED"
    RELEASED = "RELEASED"
    GIVEN_UP = "GIVEN_UP"


MOVES = {
    (Status.PENDING, Happening.BEGAN): Status.ACTIVE,
    (Status.PENDING, Happening.GIVEN_UP): Status.INVALID,
    (Status.RESERVATION, Happening.BEGAN): Status.ACTIVE,
    (Status.RESERVATION, Happening.RELEASED): Status.COMPLETED,
    (Status.RESERVATION, Happening.GIVEN_UP): Status.INVALID,
    (Status.ACTIVE, Happening.STOPPED): Status.SETTLING,
    (Status.ACTIVE, Happening.GIVEN_UP): Status.INVALID,
    (Status.SETTLING, Happening.SETTLED): Status.COMPLETED,
    (Status.SETTLING, Happening.REOPENED): Status.ACTIVE,
    (Status.SETTLING, Happening.GIVEN_UP): Status.INVALID,
    (Status.COMPLETED, Happening.REOPENED): Status.ACTIVE,
}


def moved(status: Status, happening: str) -> Status:
    """Raises Unexpected, naming both, for every pair that is not in the table."""
    try:
        return MOVES[status, happening]
    except KeyError:
        raise Unexpected(f"{happening} cannot happen to a Session that is {status.value}") from None


OPEN = (Status.PENDING, Status.RESERVATION, Status.ACTIVE, Status.SETTLING)
