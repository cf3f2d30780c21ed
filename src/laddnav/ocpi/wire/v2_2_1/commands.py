"""Commands and their answers as OCPI 2.2.1 spells them (OCPI 2.2.1 mod_commands_object_description)."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from laddnav.ocpi.wire.codec import Codec, Hearing
from laddnav.ocpi.wire.commands import (
    CancelReservation,
    CommandResponse,
    CommandResult,
    ReserveNow,
    Result,
    StartSession,
    StopSession,
    UnlockConnector,
    Verdict,
)
from laddnav.ocpi.wire.shared.scalars import CiString36, DateTime, Url
from laddnav.ocpi.wire.shared.texts import WireDisplayText, read_texts, write_texts
from laddnav.ocpi.wire.v2_2_1.token import WireToken, read_token, write_token


class WireStartSession(Struct, kw_only=True, omit_defaults=True):
    response_url: Url
    token: WireToken
    location_id: CiString36
    evse_uid: CiString36 | None = None
    connector_id: CiString36 | None = None
    authorization_reference: CiString36 | None = None

    def __post_init__(self) -> None:
        if self.connector_id is not None and self.evse_uid is None:
            raise ValueError("`connector_id` needs an `evse_uid`")


class WireStopSession(Struct, kw_only=True):
    response_url: Url
    session_id: CiString36


class WireUnlockConnector(Struct, kw_only=True):
    response_url: Url
    location_id: CiString36
    evse_uid: CiString36
    connector_id: CiString36


class WireReserveNow(Struct, kw_only=True, omit_defaults=True):
    response_url: Url
    token: WireToken
    expiry_date: DateTime
    reservation_id: CiString36
    location_id: CiString36
    evse_uid: CiString36 | None = None
    authorization_reference: CiString36 | None = None


class WireCancelReservation(Struct, kw_only=True):
    response_url: Url
    reservation_id: CiString36


class WireCommandResponse(Struct, kw_only=True, omit_defaults=True):
    result: Verdict
    timeout: Annotated[int, Meta(ge=0)]
    message: tuple[WireDisplayText, ...] | None = None


class WireCommandResult(Struct, kw_only=True, omit_defaults=True):
    result: Result
    message: tuple[WireDisplayText, ...] | None = None


def read_start(wire: WireStartSession, hearing: Hearing) -> StartSession:
    return StartSession(
        response_url=wire.response_url,
        token=read_token(wire.token),
        location_id=wire.location_id,
        evse_uid=wire.evse_uid,
        connector_id=wire.connector_id,
        authorization_reference=wire.authorization_reference,
    )


def write_start(command: StartSession) -> WireStartSession:
    return WireStartSession(**start_words(command), token=write_token(command.token))


def start_words(command: StartSession) -> dict[str, Any]:
    """The fields of WireStartSession, but for the token."""
    return {
        "response_url": command.response_url,
        "location_id": command.location_id,
        "evse_uid": command.evse_uid,
        "connector_id": command.connector_id,
        "authorization_reference": command.authorization_reference,
    }


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
        token=read_token(wire.token),
        expires_at=wire.expiry_date.at,
        reservation_id=wire.reservation_id,
        location_id=wire.location_id,
        evse_uid=wire.evse_uid,
        authorization_reference=wire.authorization_reference,
    )


def write_reserve(command: ReserveNow) -> WireReserveNow:
    return WireReserveNow(**reserve_words(command), token=write_token(command.token))


def reserve_words(command: ReserveNow) -> dict[str, Any]:
    """The fields of WireReserveNow, but for the token."""
    return {
        "response_url": command.response_url,
        "expiry_date": DateTime(command.expires_at),
        "reservation_id": command.reservation_id,
        "location_id": command.location_id,
        "evse_uid": command.evse_uid,
        "authorization_reference": command.authorization_reference,
    }


def read_cancel(wire: WireCancelReservation, hearing: Hearing) -> CancelReservation:
    return CancelReservation(response_url=wire.response_url, reservation_id=wire.reservation_id)


def write_cancel(command: CancelReservation) -> WireCancelReservation:
    return WireCancelReservation(response_url=command.response_url, reservation_id=command.reservation_id)


def read_response(wire: WireCommandResponse, hearing: Hearing) -> CommandResponse:
    return CommandResponse(result=wire.result, timeout=wire.timeout, message=read_texts(wire.message))


def write_response(response: CommandResponse) -> WireCommandResponse:
    return WireCommandResponse(result=response.result, timeout=response.timeout, message=write_texts(response.message))


def read_result(wire: WireCommandResult, hearing: Hearing) -> CommandResult:
    return CommandResult(result=wire.result, message=read_texts(wire.message))


def write_result(result: CommandResult) -> WireCommandResult:
    return WireCommandResult(result=result.result, message=write_texts(result.message))


CODECS: dict[type[Any], Codec[Any, Any]] = {
    StartSession: Codec(WireStartSession, read_start, write_start),
    StopSession: Codec(WireStopSession, read_stop, write_stop),
    UnlockConnector: Codec(WireUnlockConnector, read_unlock, write_unlock),
    ReserveNow: Codec(WireReserveNow, read_reserve, write_reserve),
    CancelReservation: Codec(WireCancelReservation, read_cancel, write_cancel),
    CommandResponse: Codec(WireCommandResponse, read_response, write_response),
    CommandResult: Codec(WireCommandResult, read_result, write_result),
}
