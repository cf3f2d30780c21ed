"""CDR as OCPI 2.2.1 spells it (OCPI 2.2.1 mod_cdrs_cdr_object)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Generic, TypeVar

from msgspec import Meta, Struct

from laddnav.cdrs.model import Cdr, Costs, SignedData, SignedValue
from laddnav.kit.energy import kwh
from laddnav.kit.ids import PartyId
from laddnav.kit.money import Price
from laddnav.ocpi.wire.codec import Codec, Hearing
from laddnav.ocpi.wire.shared.geo import WireGeoLocation, read_place, write_place
from laddnav.ocpi.wire.shared.repeated import Repeated
from laddnav.ocpi.wire.shared.scalars import (
    Blob5000,
    CiString2,
    CiString3,
    CiString32,
    CiString36,
    CiString39,
    CiString48,
    DateTime,
    Number,
    String3,
    String10,
    String20,
    String45,
    String255,
    String512,
    Word,
    clipped,
    many,
    read_hours,
    write_hours,
)
from laddnav.ocpi.wire.v2_2_1.cdr_token import WireCdrToken, read_cdr_token, write_cdr_token
from laddnav.ocpi.wire.v2_2_1.charging_period import WireChargingPeriod, read_periods, write_periods
from laddnav.ocpi.wire.v2_2_1.price import WirePrice, read_price, write_price
from laddnav.ocpi.wire.v2_2_1.tariff import WireTariff, read_tariff, write_tariff
from laddnav.sessions.model import AuthMethod, CdrLocation
from laddnav.tariffs.model import Tariff

P = TypeVar("P", bound=Struct)
T = TypeVar("T", bound=Struct)


class WireCdrLocation(Struct, kw_only=True, omit_defaults=True):
    """OCPI 2.2.1 mod_cdrs_cdr_location_class; it has less room for an address than a Location."""

    id: CiString36
    name: String255 | None = None
    address: String45
    city: String45
    postal_code: String10 | None = None
    state: String20 | None = None
    country: String3
    coordinates: WireGeoLocation
    evse_uid: CiString36
    evse_id: CiString48
    connector_id: CiString36
    connector_standard: Word
    connector_format: Word
    connector_power_type: Word


class WireSignedValue(Struct, kw_only=True):
    nature: CiString32
    plain_data: Blob5000
    signed_data: Blob5000


class WireSignedData(Struct, kw_only=True, omit_defaults=True):
    encoding_method: CiString36
    encoding_method_version: int | None = None
    public_key: String512 | None = None
    signed_values: Annotated[tuple[WireSignedValue, ...], Meta(min_length=1)]
    url: String512 | None = None


class WireCdrOf(Struct, Generic[P, T], kw_only=True, omit_defaults=True):
    """A CDR whose prices are spelt as a P and whose Tariffs as a T."""

    country_code: CiString2
    party_id: CiString3
    id: CiString39
    start_date_time: DateTime
    end_date_time: DateTime
    session_id: CiString36 | None = None
    cdr_token: WireCdrToken
    auth_method: AuthMethod
    authorization_reference: CiString36 | None = None
    cdr_location: WireCdrLocation
    meter_id: String255 | None = None
    currency: String3
    tariffs: tuple[T, ...] | None = None
    charging_periods: Annotated[tuple[WireChargingPeriod, ...], Meta(min_length=1)]
    signed_data: WireSignedData | None = None
    total_cost: P
    total_fixed_cost: P | None = None
    total_energy: Number
    total_energy_cost: P | None = None
    total_time: Number
    total_time_cost: P | None = None
    total_parking_time: Number | None = None
    total_parking_cost: P | None = None
    total_reservation_cost: P | None = None
    remark: String255 | None = None
    invoice_reference_id: CiString39 | None = None
    credit: bool | None = None
    credit_reference_id: CiString39 | None = None
    home_charging_compensation: bool | None = None
    last_updated: DateTime

    def __post_init__(self) -> None:
        if self.credit and self.credit_reference_id is None:
            raise ValueError("A Credit CDR needs a `credit_reference_id`")


class WireCdr(WireCdrOf[WirePrice, WireTariff], kw_only=True, omit_defaults=True):
    pass


known_tariff = Repeated(WireTariff, read_tariff)


def read_cdr_of(
    wire: WireCdrOf[P, T], hearing: Hearing, read_price: Callable[[P], Price], read_tariff: Callable[[T], Tariff]
) -> Cdr:
    def maybe(said: P | None) -> Price | None:
        return None if said is None else read_price(said)

    return Cdr(
        holder=hearing.holder,
        owner=PartyId.of(wire.country_code, wire.party_id),
        id=wire.id,
        ref=hearing.ref,
        session_id=wire.session_id,
        started_at=wire.start_date_time.at,
        ended_at=wire.end_date_time.at,
        token=read_cdr_token(wire.cdr_token),
        auth_method=wire.auth_method,
        authorization_reference=wire.authorization_reference,
        location=_read_location(wire.cdr_location),
        meter_id=wire.meter_id,
        currency=wire.currency.upper(),
        tariffs=tuple([read_tariff(one) for one in wire.tariffs or ()]),
        periods=read_periods(wire.charging_periods),
        signed_data=None if wire.signed_data is None else _read_signed(wire.signed_data),
        costs=Costs(
            total=read_price(wire.total_cost),
            fixed=maybe(wire.total_fixed_cost),
            energy=maybe(wire.total_energy_cost),
            time=maybe(wire.total_time_cost),
            parking=maybe(wire.total_parking_cost),
            reservation=maybe(wire.total_reservation_cost),
        ),
        energy=kwh(wire.total_energy.value),
        time=read_hours(wire.total_time),
        parking_time=None if wire.total_parking_time is None else read_hours(wire.total_parking_time),
        remark=wire.remark,
        invoice_reference_id=wire.invoice_reference_id,
        credit=bool(wire.credit),
        credit_reference_id=wire.credit_reference_id,
        home_charging_compensation=wire.home_charging_compensation,
        last_updated=wire.last_updated.at,
    )


def cdr_words(cdr: Cdr, write_price: Callable[[Price], P], write_tariff: Callable[[Tariff], T]) -> dict[str, Any]:
    """The fields of WireCdrOf, but for the token."""

    def maybe(price: Price | None) -> P | None:
        return None if price is None else write_price(price)

    costs = cdr.costs
    return {
        "country_code": cdr.owner.country,
        "party_id": cdr.owner.party,
        "id": cdr.id,
        "start_date_time": DateTime(cdr.started_at),
        "end_date_time": DateTime(cdr.ended_at),
        "session_id": cdr.session_id,
        "auth_method": cdr.auth_method,
        "authorization_reference": cdr.authorization_reference,
        "cdr_location": _write_location(cdr.location),
        "meter_id": cdr.meter_id,
        "currency": cdr.currency,
        "tariffs": many(write_tariff(one) for one in cdr.tariffs),
        "charging_periods": write_periods(cdr.periods),
        "signed_data": None if cdr.signed_data is None else _write_signed(cdr.signed_data),
        "total_cost": write_price(costs.total),
        "total_fixed_cost": maybe(costs.fixed),
        "total_energy": Number(cdr.energy.kwh),
        "total_energy_cost": maybe(costs.energy),
        "total_time": write_hours(cdr.time),
        "total_time_cost": maybe(costs.time),
        "total_parking_time": None if cdr.parking_time is None else write_hours(cdr.parking_time),
        "total_parking_cost": maybe(costs.parking),
        "total_reservation_cost": maybe(costs.reservation),
        "remark": None if cdr.remark is None else clipped(cdr.remark, 255),
        "invoice_reference_id": cdr.invoice_reference_id,
        "credit": cdr.credit or None,
        "credit_reference_id": cdr.credit_reference_id,
        "home_charging_compensation": cdr.home_charging_compensation,
        "last_updated": DateTime(cdr.last_updated),
    }


def read(wire: WireCdr, hearing: Hearing) -> Cdr:
    return read_cdr_of(wire, hearing, read_price, known_tariff)


def write(cdr: Cdr) -> WireCdr:
    return WireCdr(**cdr_words(cdr, write_price, write_tariff), cdr_token=write_cdr_token(cdr.token))


def _read_location(wire: WireCdrLocation) -> CdrLocation:
    return CdrLocation(
        id=wire.id,
        name=wire.name,
        address=wire.address,
        city=wire.city,
        postal_code=wire.postal_code,
        state=wire.state,
        country=wire.country,
        coordinates=read_place(wire.coordinates),
        evse_uid=wire.evse_uid,
        evse_id=wire.evse_id,
        connector_id=wire.connector_id,
        connector_standard=wire.connector_standard,
        connector_format=wire.connector_format,
        connector_power_type=wire.connector_power_type,
    )


def _write_location(place: CdrLocation) -> WireCdrLocation:
    return WireCdrLocation(
        id=place.id,
        name=place.name,
        address=clipped(place.address, 45),
        city=clipped(place.city, 45),
        postal_code=place.postal_code,
        state=None if place.state is None else clipped(place.state, 20),
        country=place.country,
        coordinates=write_place(place.coordinates),
        evse_uid=place.evse_uid,
        evse_id=place.evse_id,
        connector_id=place.connector_id,
        connector_standard=place.connector_standard,
        connector_format=place.connector_format,
        connector_power_type=place.connector_power_type,
    )


def _read_signed(wire: WireSignedData) -> SignedData:
    return SignedData(
        encoding_method=wire.encoding_method,
        encoding_method_version=wire.encoding_method_version,
        public_key=wire.public_key,
        signed_values=tuple(
            SignedValue(nature=v.nature, plain_data=v.plain_data, signed_data=v.signed_data) for v in wire.signed_values
        ),
        url=wire.url,
    )


def _write_signed(signed: SignedData) -> WireSignedData:
    return WireSignedData(
        encoding_method=signed.encoding_method,
        encoding_method_version=signed.encoding_method_version,
        public_key=signed.public_key,
        signed_values=tuple(
            WireSignedValue(nature=v.nature, plain_data=v.plain_data, signed_data=v.signed_data)
            for v in signed.signed_values
        ),
        url=signed.url,
    )


codec = Codec(WireCdr, read, write, repeats="tariffs")
