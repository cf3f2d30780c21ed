"""Session as OCPI 2.2.1 spells it (OCPI 2.2.1 mod_sessions_session_object)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from msgspec import Struct

from laddnav.kit.energy import kwh
from laddnav.kit.ids import PartyId
from laddnav.kit.money import Price
from laddnav.ocpi.wire.codec import Codec, Hearing
from laddnav.ocpi.wire.shared.scalars import (
    CiString2,
    CiString3,
    CiString36,
    DateTime,
    Number,
    String3,
    String255,
    instant_of,
    many,
    maybe_instant,
)
from laddnav.ocpi.wire.v2_2_1.cdr_token import WireCdrToken, read_cdr_token, write_cdr_token
from laddnav.ocpi.wire.v2_2_1.charging_period import WireChargingPeriod, read_periods, write_periods
from laddnav.ocpi.wire.v2_2_1.price import WirePrice, read_price, write_price
from laddnav.sessions.model import NO_ZONE, AuthMethod, Session, Status

P = TypeVar("P", bound=Struct)


class WireSessionOf(Struct, Generic[P], kw_only=True, omit_defaults=True):
    """A Session whose cost is spelt as a P."""

    country_code: CiString2
    party_id: CiString3
    id: CiString36
    start_date_time: DateTime
    end_date_time: DateTime | None = None
    kwh: Number
    cdr_token: WireCdrToken
    auth_method: AuthMethod
    authorization_reference: CiString36 | None = None
    location_id: CiString36
    evse_uid: CiString36
    connector_id: CiString36
    meter_id: String255 | None = None
    currency: String3
    charging_periods: tuple[WireChargingPeriod, ...] | None = None
    total_cost: P | None = None
    status: Status
    last_updated: DateTime

    def __post_init__(self) -> None:
        if self.status is Status.SETTLING:
            raise ValueError(f"Invalid enum value {self.status.value!r} - at `$.status`")


class WireSession(WireSessionOf[WirePrice], kw_only=True, omit_defaults=True):
    pass


def read_session_of(wire: WireSessionOf[P], hearing: Hearing, read_price: Callable[[P], Price]) -> Session:
    """The words name no time zone; whoever knows the Location puts its zone in."""
    return Session(
        holder=hearing.holder,
        owner=PartyId.of(wire.country_code, wire.party_id),
        id=wire.id,
        ref=hearing.ref,
        status=wire.status,
        token=read_cdr_token(wire.cdr_token),
        auth_method=wire.auth_method,
        authorization_reference=wire.authorization_reference,
        location_id=wire.location_id,
        evse_uid=wire.evse_uid,
        connector_id=wire.connector_id,
        started_at=wire.start_date_time.at,
        ended_at=instant_of(wire.end_date_time),
        energy=kwh(wire.kwh.value),
        currency=wire.currency.upper(),
        time_zone=NO_ZONE,
        cost=None if wire.total_cost is None else read_price(wire.total_cost),
        periods=read_periods(wire.charging_periods),
        meter_id=wire.meter_id,
        last_updated=wire.last_updated.at,
    )


def session_words(session: Session, write_price: Callable[[Price], P]) -> dict[str, Any]:
    """The fields of WireSessionOf, but for the token.

    What still waits for its last facts is ACTIVE to a partner: COMPLETED promises that nothing changes any more.
    """
    return {
        "country_code": session.owner.country,
        "party_id": session.owner.party,
        "id": session.id,
        "start_date_time": DateTime(session.started_at),
        "end_date_time": maybe_instant(session.ended_at),
        "kwh": Number(session.energy.kwh),
        "auth_method": session.auth_method,
        "authorization_reference": session.authorization_reference,
        "location_id": session.location_id,
        "evse_uid": session.evse_uid,
        "connector_id": session.connector_id,
        "meter_id": session.meter_id,
        "currency": session.currency,
        "charging_periods": many(write_periods(session.periods)),
        "total_cost": None if session.cost is None else write_price(session.cost),
        "status": Status.ACTIVE if session.status is Status.SETTLING else session.status,
        "last_updated": DateTime(session.last_updated),
    }


def read(wire: WireSession, hearing: Hearing) -> Session:
    return read_session_of(wire, hearing, read_price)


def write(session: Session) -> WireSession:
    return WireSession(**session_words(session, write_price), cdr_token=write_cdr_token(session.token))


# New periods are said alone (OCPI 2.2.1 mod_sessions_patch_method).
APPENDS = frozenset({"charging_periods"})
codec = Codec(WireSession, read, write, appends=APPENDS)
