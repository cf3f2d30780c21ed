"""BookingOption and BookingTerms as OCPI 2.3.0 spells them: their fields are called as ours.

OCPI 2.3.0 mod_bookings_booking_option_class, mod_bookings_booking_terms_class.
"""

from decimal import Decimal
from typing import Annotated, Any

from msgspec import Meta, Struct

from laddnav.bookings.model import AccessMethod, BookingOption, BookingTerms
from laddnav.locations.model import EvsePosition
from laddnav.ocpi.wire.shared.scalars import CiString36, Number, Url, Word


class WireBookingOption(Struct, kw_only=True, omit_defaults=True):
    evse_uid: CiString36 | None = None
    connector_id: CiString36 | None = None
    parking_id: CiString36 | None = None
    evse_position: tuple[EvsePosition, ...] | None = None
    vehicle_types: tuple[Word, ...] | None = None
    connector_format: tuple[Word, ...] | None = None
    connector_types: tuple[Word, ...] | None = None
    power_types: tuple[Word, ...] | None = None
    max_vehicle_weight: Number | None = None
    max_vehicle_height: Number | None = None
    max_vehicle_length: Number | None = None
    max_vehicle_width: Number | None = None
    min_parking_space_length: Number | None = None
    min_parking_space_width: Number | None = None
    dangerous_goods_allowed: bool | None = None
    drive_through: bool | None = None
    refrigeration_outlet: bool | None = None


class WireBookingTerms(Struct, kw_only=True, omit_defaults=True):
    rfid_auth_required: bool | None = None
    token_groups_supported: bool | None = None
    remote_auth_supported: bool | None = None
    supported_access_methods: Annotated[tuple[AccessMethod, ...], Meta(min_length=1)]
    change_until_minutes: Number
    cancel_until_minutes: Number
    change_not_allowed: bool | None = None
    early_start_allowed: bool | None = None
    early_start_time: Number | None = None
    noshow_timeout: Number | None = None
    noshow_fee: bool | None = None
    late_stop_allowed: bool | None = None
    late_stop_time: Number | None = None
    overlapping_bookings_allowed: bool | None = None
    min_booking_duration: Number | None = None
    max_booking_duration: Number | None = None
    booking_terms: Url | None = None


def read_option(wire: WireBookingOption) -> BookingOption:
    return BookingOption(**_meant(wire))


def write_option(option: BookingOption) -> WireBookingOption:
    return WireBookingOption(**_said(option))


def read_terms(wire: WireBookingTerms) -> BookingTerms:
    return BookingTerms(**_meant(wire))


def write_terms(terms: BookingTerms) -> WireBookingTerms:
    return WireBookingTerms(**_said(terms))


def _meant(wire: Struct) -> dict[str, Any]:
    said = {name: getattr(wire, name) for name in wire.__struct_fields__}
    return {name: one.value if isinstance(one, Number) else one for name, one in said.items() if one is not None}


def _said(thing: Struct) -> dict[str, Any]:
    meant = {name: getattr(thing, name) for name in thing.__struct_fields__}
    return {name: Number(one) if isinstance(one, Decimal) else one for name, one in meant.items() if one != ()}
