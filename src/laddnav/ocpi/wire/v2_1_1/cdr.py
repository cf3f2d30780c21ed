"""CDR as OCPI 2.1.1 spells it: one number of costs, a whole Location, and the Token's auth_id alone.

OCPI 2.1.1 mod_cdrs §3.1.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from laddnav.cdrs.model import Cdr, Costs
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
    clipped,
    many,
    read_hours,
    write_hours,
)
from laddnav.ocpi.wire.v2_1_1.cdr_location import WireLocation, read_location, write_location
from laddnav.ocpi.wire.v2_1_1.charging_period import WireChargingPeriod, read_periods, write_periods
from laddnav.ocpi.wire.v2_1_1.instants import second
from laddnav.ocpi.wire.v2_1_1.plain import plainly
from laddnav.ocpi.wire.v2_1_1.tariff import WireTariff, read_tariff, write_tariff
from laddnav.sessions.model import AuthMethod, CdrToken
from laddnav.tokens.model import TokenType


class WireCdr(Struct, kw_only=True, omit_defaults=True):
    id: CiString36
    start_date_time: DateTime
    stop_date_time: DateTime
    auth_id: String36
    auth_method: Literal["AUTH_REQUEST", "WHITELIST"]
    location: WireLocation
    meter_id: String255 | None = None
    currency: String3
    tariffs: tuple[WireTariff, ...] | None = None
    charging_periods: Annotated[tuple[WireChargingPeriod, ...], Meta(min_length=1)]
    total_cost: Number
    total_energy: Number
    total_time: Number
    total_parking_time: Number | None = None
    remark: String255 | None = None
    last_updated: DateTime


def read(wire: WireCdr, hearing: Hearing) -> Cdr:
    """The Token is one of ours, of which only the contract is said; the taxes are what nobody said."""
    return Cdr(
        holder=hearing.holder,
        owner=hearing.sender,
        id=wire.id,
        ref=hearing.ref,
        started_at=wire.start_date_time.at,
        ended_at=wire.stop_date_time.at,
        token=CdrToken(owner=hearing.holder, uid=NOT_AVAILABLE, type=TokenType.OTHER, contract_id=wire.auth_id),
        auth_method=AuthMethod(wire.auth_method),
        location=read_location(wire.location),
        meter_id=wire.meter_id,
        currency=wire.currency.upper(),
        tariffs=tuple(read_tariff(one, hearing.sender) for one in wire.tariffs or ()),
        periods=read_periods(wire.charging_periods),
        costs=Costs(total=Price(wire.total_cost.value)),
        energy=kwh(wire.total_energy.value),
        time=read_hours(wire.total_time),
        parking_time=None if wire.total_parking_time is None else read_hours(wire.total_parking_time),
        remark=wire.remark,
        last_updated=wire.last_updated.at,
    )


def write(cdr: Cdr) -> WireCdr:
    """Raises Unsayable for a Credit CDR, which would read as a charge with a negative cost."""
    if cdr.credit:
        raise Unsayable(f"OCPI 2.1.1 has no Credit CDRs, so {cdr.id} cannot be said: it is settled outside OCPI")
    return WireCdr(
        id=cdr.id,
        start_date_time=second(cdr.started_at),
        stop_date_time=second(cdr.ended_at),
        auth_id=cdr.token.contract_id,
        auth_method="WHITELIST" if cdr.auth_method is AuthMethod.WHITELIST else "AUTH_REQUEST",
        location=write_location(cdr.location, cdr.started_at),
        meter_id=cdr.meter_id,
        currency=cdr.currency,
        tariffs=many(write_tariff(one) for one in cdr.tariffs),
        charging_periods=write_periods(cdr.periods),
        total_cost=Number(cdr.costs.total.before_taxes),
        total_energy=Number(cdr.energy.kwh),
        total_time=write_hours(cdr.time),
        total_parking_time=None if cdr.parking_time is None else write_hours(cdr.parking_time),
        remark=None if cdr.remark is None else clipped(cdr.remark, 255),
        last_updated=second(cdr.last_updated),
    )


codec = Codec(WireCdr, read, plainly(write))
