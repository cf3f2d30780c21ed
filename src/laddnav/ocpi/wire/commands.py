"""What an eMSP can ask a CPO to do, and the two answers to it, in words that every version can spell."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from laddnav.locations.model import DisplayText
from laddnav.tokens.model import Token


class CommandType(StrEnum):
    """OCPI 2.2.1 mod_commands_commandtype_enum."""

    CANCEL_RESERVATION = "CANCEL_RESERVATION"
    RESERVE_NOW = "RESERVE_NOW"
    START_SESSION = "START_SESSION"
    STOP_SESSION = "STOP_SESSION"
    UNLOCK_CONNECTOR = "UNLOCK_CONNECTOR"


class Verdict(StrEnum):
    """Whether the CPO takes the command on (OCPI 2.2.1 mod_commands_commandresponsetype_enum)."""

    ACCEPTED = "ACCEPTED"
    NOT_SUPPORTED = "NOT_SUPPORTED"
    REJECTED = "REJECTED"
    UNKNOWN_SESSION = "UNKNOWN_SESSION"


class Result(StrEnum):
    """What became of it at the station (OCPI 2.2.1 mod_commands_commandresulttype_enum)."""

    ACCEPTED = "ACCEPTED"
    CANCELED_RESERVATION = "CANCELED_RESERVATION"
    EVSE_INOPERATIVE = "EVSE_INOPERATIVE"
    EVSE_OCCUPIED = "EVSE_OCCUPIED"
    FAILED = "FAILED"
    NOT_SUPPORTED = "NOT_SUPPORTED"
    REJECTED = "REJECTED"
    TIMEOUT = "TIMEOUT"
    UNKNOWN_RESERVATION = "UNKNOWN_RESERVATION"


class StartSession(Struct, frozen=True, kw_only=True):
    response_url: str
    token: Token
    location_id: str
    evse_uid: str | None = None
    connector_id: str | None = None
    authorization_reference: str | None = None


class StopSession(Struct, frozen=True, kw_only=True):
    response_url: str
    session_id: str


class UnlockConnector(Struct, frozen=True, kw_only=True):
    response_url: str
    location_id: str
    evse_uid: str
    connector_id: str


class ReserveNow(Struct, frozen=True, kw_only=True):
    response_url: str
    token: Token
    expires_at: datetime
    reservation_id: str
    location_id: str
    evse_uid: str | None = None
    authorization_reference: str | None = None


class CancelReservation(Struct, frozen=True, kw_only=True):
    response_url: str
    reservation_id: str


Command = StartSession | StopSession | UnlockConnector | ReserveNow | CancelReservation

COMMANDS: dict[CommandType, type[Command]] = {
    CommandType.CANCEL_RESERVATION: CancelReservation,
    CommandType.RESERVE_NOW: ReserveNow,
    CommandType.START_SESSION: StartSession,
    CommandType.STOP_SESSION: StopSession,
    CommandType.UNLOCK_CONNECTOR: UnlockConnector,
}


class CommandState(StrEnum):
    """How a request stands whose result follows later; what came in begins with our yes, what we send as ASKED."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    DONE = "done"
    FAILED = "failed"
    TIMED_OUT = "timed out"
    CANCELED = "canceled"  # a reservation that was granted, and taken back by the CPO


class CommandStep(StrEnum):
    """What can happen to it."""

    TAKEN = "TAKEN"  # yes, at once
    DECLINED = "DECLINED"  # no, at once
    LOST = "LOST"  # it did not get through
    GRANTED = "GRANTED"  # the result is a yes
    DENIED = "DENIED"  # the result is a no
    LATE = "LATE"  # nobody said anything in time
    WITHDRAWN = "WITHDRAWN"  # a second result takes the first one back


# A result may overtake the answer, and counts when it comes late (OCPI 2.2.1 mod_commands_commandresponse_object).
_MOVES = {
    (CommandState.ASKED, CommandStep.TAKEN): CommandState.ACCEPTED,
    (CommandState.ASKED, CommandStep.DECLINED): CommandState.REFUSED,
    (CommandState.ASKED, CommandStep.LOST): CommandState.FAILED,
    **{
        (state, step): after
        for state in (CommandState.ASKED, CommandState.ACCEPTED, CommandState.REFUSED, CommandState.TIMED_OUT)
        for step, after in (
            (CommandStep.GRANTED, CommandState.DONE),
            (CommandStep.DENIED, CommandState.FAILED),
        )
    },
    (CommandState.ASKED, CommandStep.LATE): CommandState.TIMED_OUT,
    (CommandState.ACCEPTED, CommandStep.LATE): CommandState.TIMED_OUT,
    (CommandState.DONE, CommandStep.WITHDRAWN): CommandState.CANCELED,
}


def moved(state: CommandState, step: CommandStep) -> CommandState | None:
    """None: what happens comes too late to change anything, as a second result does."""
    return _MOVES.get((state, step))


class CommandResponse(Struct, frozen=True, kw_only=True):
    """The answer at once; `timeout` in seconds, after which no result is to be expected any more."""

    result: Verdict
    timeout: int
    message: tuple[DisplayText, ...] = ()


class CommandResult(Struct, frozen=True, kw_only=True):
    """The answer that follows at the response URL."""

    result: Result
    message: tuple[DisplayText, ...] = ()
