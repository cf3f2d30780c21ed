"""Commands and their answers as OCPI 2.1.1 spells them: both answers are one word (OCPI 2.1.1 mod_commands §3)."""

import zlib
from typing import Any, Literal

from msgspec import Struct

from laddnav.locations.model import DisplayText
from laddnav.ocpi.wire.codec import Codec, Hearing
from laddnav.ocpi.wire.commands import (
    CommandResponse,
    CommandResult,
    ReserveNow,
    Result,
    StartSession,
    StopSession,
    UnlockConnector,
    Verdict,
)
from laddnav.ocpi.wire.shared.scalars import CiString36, CiString39, DateTime, Url
from laddnav.ocpi.wire.v2_1_1.instants import second
from laddnav.ocpi.wire.v2_1_1.plain import plainly
from laddnav.ocpi.wire.v2_1_1.token import WireToken, read_token, write_token

SECONDS = 60  # 2.1.1 does not say how long a result may take: as long as we give a station of ours
TOO_LATE = DisplayText("en", "The station did not answer in time")
NUMBERS = 2**31  # OCPP 1.6 wants a reservation's number to be one of these

# What has a word of its own; any other no is a REJECTED (OCPI 2.1.1 mod_commands §4.1).
SAYABLE = {Result.ACCEPTED, Result.NOT_SUPPORTED, Result.REJECTED, Result.TIMEOUT}


class WireStartSession(Struct, kw_only=True, omit_defaults=True):
    response_url: Url
    token: WireToken
    location_id: CiString39
    evse_uid: CiString39 | None = None


class WireStopSession(Struct, kw_only=True):
    response_url: Url
    session_id: CiString36


class WireUnlockConnector(Struct, kw_only=True):
    response_url: Url
    location_id: CiString39
    evse_uid: CiString39
    connector_id: CiString36


class WireReserveNow(Struct, kw_only=True, omit_defaults=True):
    response_url: Url
    token: WireToken
    expiry_date: DateTime
    reservation_id: int
    location_id: CiString39
    evse_uid: CiString39 | None = None


class WireCommandResponse(Struct, kw_only=True):
    result: Literal["NOT_SUPPORTED", "REJECTED", "ACCEPTED", "TIMEOUT", "UNKNOWN_SESSION"]


def read_start(wire: WireStartSession, hearing: Hearing) -> StartSession:
    return StartSession(
        response_url=wire.response_url,
        token=read_token(wire.token, hearing),
        location_id=wire.location_id,
        evse_uid=wire.evse_uid,
    )


def write_start(command: StartSession) -> WireStartSession:
    return WireStartSession(
        response_url=command.response_url,
        token=write_token(command.token),
        location_id=command.location_id,
        evse_uid=command.evse_uid,
    )


def read_stop(wire: WireStopSession, hearing: Hearing) -> StopSession:
    return StopSession(response_url=wire.response_url, session_id=wire.session_id)


def write_stop(command: StopSession) -> WireStopSession:
    return WireStopSession(response_url=command.response_url, session_id=command.session_id)


def read_unlock(wire: WireUnlockConnector, hearing: Hearing) -> UnlockConnector:
    return UnlockConnector(
        response_url=wire.response_url,
        location_id=wire.location_id,
        evse_uid=wire.evse_uid,
        connector_id=wire.connector_id,
    )


def write_unlock(command: UnlockConnector) -> WireUnlockConnector:
    return WireUnlockConnector(
        response_url=command.response_url,
        location_id=command.location_id,
        evse_uid=command.evse_uid,
        connector_id=command.connector_id,
    )


def read_reserve(wire: WireReserveNow, hearing: Hearing) -> ReserveNow:
    return ReserveNow(
        response_url=wire.response_url,
        token=read_token(wire.token, hearing),
        expires_at=wire.expiry_date.at,
        reservation_id=str(wire.reservation_id),
        location_id=wire.location_id,
        evse_uid=wire.evse_uid,
    )


def write_reserve(command: ReserveNow) -> WireReserveNow:
    return WireReserveNow(
        response_url=command.response_url,
        token=write_token(command.token),
        expiry_date=second(command.expires_at),
        reservation_id=_number(command.reservation_id),
        location_id=command.location_id,
        evse_uid=command.evse_uid,
    )


def _number(reservation_id: str) -> int:
    """The number that it is, or one that is always the same for it: whoever reserves again replaces what he had."""
    if reservation_id.isdecimal() and str(int(reservation_id)) == reservation_id and int(reservation_id) < NUMBERS:
        return int(reservation_id)
    return zlib.crc32(reservation_id.encode()) % NUMBERS


def read_response(wire: WireCommandResponse, hearing: Hearing) -> CommandResponse:
    """A station that did not answer the CPO at once is a no like others."""
    if wire.result == "TIMEOUT":
        return CommandResponse(result=Verdict.REJECTED, timeout=SECONDS, message=(TOO_LATE,))
    return CommandResponse(result=Verdict(wire.result), timeout=SECONDS)


def write_response(response: CommandResponse) -> WireCommandResponse:
    return WireCommandResponse(result=response.result.value)


def read_result(wire: WireCommandResponse, hearing: Hearing) -> CommandResult:
    if wire.result == "UNKNOWN_SESSION":
        return CommandResult(result=Result.REJECTED, message=(DisplayText("en", "The session is not known"),))
    return CommandResult(result=Result(wire.result))


def write_result(result: CommandResult) -> WireCommandResponse:
    word = result.result if result.result in SAYABLE else Result.REJECTED
    return WireCommandResponse(result=word.value)  # type: ignore[arg-type]  # SAYABLE are among the words


CODECS: dict[type[Any], Codec[Any, Any]] = {
    StartSession: Codec(WireStartSession, read_start, plainly(write_start)),
    StopSession: Codec(WireStopSession, read_stop, write_stop),
    UnlockConnector: Codec(WireUnlockConnector, read_unlock, write_unlock),
    ReserveNow: Codec(WireReserveNow, read_reserve, plainly(write_reserve)),
    CommandResponse: Codec(WireCommandResponse, read_response, write_response),
    CommandResult: Codec(WireCommandResponse, read_result, write_result),
}
