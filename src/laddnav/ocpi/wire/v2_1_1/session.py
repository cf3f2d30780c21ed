"""Session as OCPI 2.1.1 spells it: the Token's auth_id alone, a whole Location, and a cost without taxes.

OCPI 2.1.1 mod_sessions §3.1.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from laddnav.kit.energy import kwh
from laddnav.kit.money import Price
from laddnav.ocpi.wire.codec import Codec, Hearing, Unsayable
from laddnav.ocpi.wire.shared.scalars import (
    NOT_AVAILABLE,
    CiString36,
    DateTime,
    Number,
    String3,
    String36,
    String255,
    instant_of,
    many,
)
from laddnav.ocpi.wire.v2_1_1.cdr_location import WireLocation, read_location, write_location
from laddnav.ocpi.wire.v2_1_1.charging_period import WireChargingPeriod, read_periods, write_periods
from laddnav.ocpi.wire.v2_1_1.instants import maybe_second, second
from laddnav.ocpi.wire.v2_1_1.location import zone_of
from laddnav.ocpi.wire.v2_1_1.plain import plainly
from laddnav.sessions.model import AuthMethod, CdrToken, Session, Status
from laddnav.tokens.model import TokenType

Stage = Literal["ACTIVE", "COMPLETED", "INVALID", "PENDING"]

# What 2.1.1 has no word for: what waits for its last facts still goes on, and who has reserved has not begun.
STAGES: dict[Status, Stage] = {
    Status.ACTIVE: "ACTIVE",
    Status.COMPLETED: "COMPLETED",
    Status.INVALID: "INVALID",
    Status.PENDING: "PENDING",
    Status.RESERVATION: "PENDING",
    Status.SETTLING: "ACTIVE",
}


class WireSession(Struct, kw_only=True, omit_defaults=True):
    id: CiString36
    start_datetime: DateTime
    end_datetime: DateTime | None = None
    kwh: Number
    auth_id: String36
    auth_method: Literal["AUTH_REQUEST", "WHITELIST"]
    location: WireLocation
    meter_id: String255 | None = None
    currency: String3
    charging_periods: tuple[WireChargingPeriod, ...] | None = None
    total_cost: Number | None = None
    status: Stage
    last_updated: DateTime


def read(wire: WireSession, hearing: Hearing) -> Session:
    """The Token is one of ours, of which only the contract is said; the taxes are what nobody said."""
    place = read_location(wire.location)
    return Session(
        holder=hearing.holder,
        owner=hearing.sender,
        id=wire.id,
        ref=hearing.ref,
        status=Status(wire.status),
        token=CdrToken(owner=hearing.holder, uid=NOT_AVAILABLE, type=TokenType.OTHER, contract_id=wire.auth_id),
        auth_method=AuthMethod(wire.auth_method),
        location_id=place.id,
        evse_uid=place.evse_uid,
        connector_id=place.connector_id,
        place=place,
        started_at=wire.start_datetime.at,
        ended_at=instant_of(wire.end_datetime),
        energy=kwh(wire.kwh.value),
        currency=wire.currency.upper(),
        time_zone=zone_of(wire.location.time_zone, wire.location.country),
        cost=None if wire.total_cost is None else Price(wire.total_cost.value),
        periods=read_periods(wire.charging_periods or ()),
        meter_id=wire.meter_id,
        last_updated=wire.last_updated.at,
    )


def write(session: Session) -> WireSession:
    """Raises Unsayable where nobody says what its place is like."""
    if session.place is None:
        raise Unsayable(f"OCPI 2.1.1 cannot tell Session {session.id!r} without the Location it is at")
    return WireSession(
        id=session.id,
        start_datetime=second(session.started_at),
        end_datetime=maybe_second(session.ended_at),
        kwh=Number(session.energy.kwh),
        auth_id=session.token.contract_id,
        auth_method="WHITELIST" if session.auth_method is AuthMethod.WHITELIST else "AUTH_REQUEST",
        location=write_location(session.place, session.started_at, session.time_zone),
        meter_id=session.meter_id,
        currency=session.currency,
        charging_periods=many(write_periods(session.periods)),
        total_cost=None if session.cost is None else Number(session.cost.before_taxes),
        status=STAGES[session.status],
        last_updated=second(session.last_updated),
    )


# No text says that periods in a PATCH are added, so they replace what was there, as any list does; a partner's policy
# may say otherwise.
codec = Codec(WireSession, read, plainly(write))
