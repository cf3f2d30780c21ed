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


class CommandResponse(Struct, frozen=True, kw_only=True):
    """The answer at once; `timeout` in seconds, after which no result is to be expected any more."""

    result: Verdict
    timeout: int
    message: tuple[DisplayText, ...] = ()


class CommandResult(Struct, frozen=True, kw_only=True):
    """The answer that follows at the response URL."""

    result: Result
    message: tuple[DisplayText, ...] = ()
