"""Parking as OCPI 2.3.0 spells it: the space that a vehicle stands in (OCPI 2.3.0 mod_locations_parking_object)."""

from typing import Annotated

from msgspec import Meta, Struct

from laddnav.locations.model import Parking, ParkingDirection
from laddnav.ocpi.wire.shared.business import WireImage, read_image, write_image
from laddnav.ocpi.wire.shared.scalars import (
    CiString36,
    CiString255,
    Number,
    String12,
    Word,
    many,
    maybe_number,
    value_of,
)


class WireParking(Struct, kw_only=True, omit_defaults=True):
    """`apds_reference` has no length in the text; 255 is ours."""

    id: CiString36
    physical_reference: String12 | None = None
    vehicle_types: Annotated[tuple[Word, ...], Meta(min_length=1)]
    max_vehicle_weight: Number | None = None
    max_vehicle_height: Number | None = None
    max_vehicle_length: Number | None = None
    max_vehicle_width: Number | None = None
    parking_space_length: Number | None = None
    parking_space_width: Number | None = None
    dangerous_goods_allowed: bool | None = None
    direction: ParkingDirection | None = None
    drive_through: bool | None = None
    restricted_to_type: bool
    reservation_required: bool
    time_limit: Number | None = None
    roofed: bool | None = None
    images: tuple[WireImage, ...] | None = None
    lighting: bool | None = None
    refrigeration_outlet: bool | None = None
    standards: tuple[CiString36, ...] | None = None
    apds_reference: CiString255 | None = None


def read_parking(wire: WireParking) -> Parking:
    return Parking(
        id=wire.id,
        physical_reference=wire.physical_reference,
        vehicle_types=wire.vehicle_types,
        vehicle_weight_max=value_of(wire.max_vehicle_weight),
        vehicle_height_max=value_of(wire.max_vehicle_height),
        vehicle_length_max=value_of(wire.max_vehicle_length),
        vehicle_width_max=value_of(wire.max_vehicle_width),
        length=value_of(wire.parking_space_length),
        width=value_of(wire.parking_space_width),
        dangerous_goods_allowed=wire.dangerous_goods_allowed,
        direction=wire.direction,
        drive_through=wire.drive_through,
        restricted_to_type=wire.restricted_to_type,
        reservation_required=wire.reservation_required,
        minutes_max=value_of(wire.time_limit),
        roofed=wire.roofed,
        images=tuple(read_image(one) for one in wire.images or ()),
        lighting=wire.lighting,
        refrigeration_outlet=wire.refrigeration_outlet,
        standards=wire.standards or (),
        apds_reference=wire.apds_reference,
    )


def write_parking(parking: Parking) -> WireParking:
    return WireParking(
        id=parking.id,
        physical_reference=parking.physical_reference,
        vehicle_types=parking.vehicle_types,
        max_vehicle_weight=maybe_number(parking.vehicle_weight_max),
        max_vehicle_height=maybe_number(parking.vehicle_height_max),
        max_vehicle_length=maybe_number(parking.vehicle_length_max),
        max_vehicle_width=maybe_number(parking.vehicle_width_max),
        parking_space_length=maybe_number(parking.length),
        parking_space_width=maybe_number(parking.width),
        dangerous_goods_allowed=parking.dangerous_goods_allowed,
        direction=parking.direction,
        drive_through=parking.drive_through,
        restricted_to_type=parking.restricted_to_type,
        reservation_required=parking.reservation_required,
        time_limit=maybe_number(parking.minutes_max),
        roofed=parking.roofed,
        images=many(write_image(one) for one in parking.images),
        lighting=parking.lighting,
        refrigeration_outlet=parking.refrigeration_outlet,
        standards=many(parking.standards),
        apds_reference=parking.apds_reference,
    )
