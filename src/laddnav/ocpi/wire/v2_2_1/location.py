"""Location as OCPI 2.2.1 spells it (OCPI 2.2.1 mod_locations_location_object)."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from laddnav.kit.ids import PartyId
from laddnav.locations.model import Evse, Location, NamedGeoLocation, PublishTokenType
from laddnav.ocpi.wire.codec import Codec, Hearing
from laddnav.ocpi.wire.shared.business import (
    WireBusinessDetails,
    WireImage,
    read_business,
    read_image,
    write_business,
    write_image,
)
from laddnav.ocpi.wire.shared.geo import WireGeoLocation, read_place, write_place
from laddnav.ocpi.wire.shared.scalars import (
    CiString2,
    CiString3,
    CiString36,
    DateTime,
    String3,
    String10,
    String45,
    String64,
    String255,
    Word,
    clipped,
    known_zone,
    many,
)
from laddnav.ocpi.wire.shared.texts import WireDisplayText, read_text, read_texts, write_text, write_texts
from laddnav.ocpi.wire.v2_2_1.connector import sayable
from laddnav.ocpi.wire.v2_2_1.energy_mix import WireEnergyMix, read_energy_mix, write_energy_mix
from laddnav.ocpi.wire.v2_2_1.evse import WireEvse, read_evse, write_evse
from laddnav.ocpi.wire.v2_2_1.listed import listed
from laddnav.ocpi.wire.v2_2_1.opening_times import WireHours, read_hours_of, write_hours_of


class WireNamedGeoLocation(WireGeoLocation, kw_only=True, omit_defaults=True):
    """OCPI 2.2.1 mod_locations_additionalgeolocation_class."""

    name: WireDisplayText | None = None


class WirePublishTokenType(Struct, kw_only=True, omit_defaults=True):
    """OCPI 2.2.1 mod_locations_publish_token_class."""

    uid: CiString36 | None = None
    type: Word | None = None
    visual_number: String64 | None = None
    issuer: String64 | None = None
    group_id: CiString36 | None = None

    def __post_init__(self) -> None:
        if self.uid is None and self.visual_number is None and self.group_id is None:
            raise ValueError("At least one of `uid`, `visual_number` and `group_id` is needed")
        if self.uid is not None and self.type is None:
            raise ValueError("`uid` needs a `type`")
        if self.visual_number is not None and self.issuer is None:
            raise ValueError("`visual_number` needs an `issuer`")


class WireLocation(Struct, kw_only=True, omit_defaults=True):
    country_code: CiString2
    party_id: CiString3
    id: CiString36
    publish: bool
    publish_allowed_to: tuple[WirePublishTokenType, ...] | None = None
    name: String255 | None = None
    address: String255
    city: String45
    postal_code: String10 | None = None
    state: String45 | None = None
    country: String3
    coordinates: WireGeoLocation
    related_locations: tuple[WireNamedGeoLocation, ...] | None = None
    parking_type: Word | None = None
    evses: tuple[WireEvse, ...] | None = None
    directions: tuple[WireDisplayText, ...] | None = None
    operator: WireBusinessDetails | None = None
    suboperator: WireBusinessDetails | None = None
    owner: WireBusinessDetails | None = None
    facilities: tuple[Word, ...] | None = None
    time_zone: String255
    opening_times: WireHours | None = None
    charging_when_closed: bool | None = None
    images: tuple[WireImage, ...] | None = None
    energy_mix: WireEnergyMix | None = None
    last_updated: DateTime


def read_location_of(wire: WireLocation, read_evse: Callable[[Any], Evse], **more: Any) -> Location:
    """`more` is what a later version says besides."""
    return Location(
        owner=PartyId.of(wire.country_code, wire.party_id),
        id=wire.id,
        publish=wire.publish,
        publish_allowed_to=tuple(
            PublishTokenType(
                uid=one.uid,
                type=one.type,
                visual_number=one.visual_number,
                issuer=one.issuer,
                group_id=one.group_id,
            )
            for one in wire.publish_allowed_to or ()
        ),
        name=wire.name,
        address=wire.address,
        city=wire.city,
        postal_code=wire.postal_code,
        state=wire.state,
        country=wire.country,
        coordinates=read_place(wire.coordinates),
        related_locations=tuple(
            NamedGeoLocation(read_place(one), None if one.name is None else read_text(one.name))
            for one in wire.related_locations or ()
        ),
        parking_type=wire.parking_type,
        evses=tuple(read_evse(one) for one in wire.evses or ()),
        directions=read_texts(wire.directions),
        operator=read_business(wire.operator),
        suboperator=read_business(wire.suboperator),
        proprietor=read_business(wire.owner),
        facilities=wire.facilities or (),
        time_zone=known_zone(wire.time_zone, "$.time_zone"),
        opening_times=None if wire.opening_times is None else read_hours_of(wire.opening_times),
        charging_when_closed=wire.charging_when_closed,
        images=tuple(read_image(one) for one in wire.images or ()),
        energy_mix=None if wire.energy_mix is None else read_energy_mix(wire.energy_mix),
        last_updated=wire.last_updated.at,
        **more,
    )


def location_words(location: Location) -> dict[str, Any]:
    """The fields of WireLocation, but for the Evses and what its lists have no words for."""
    return {
        "country_code": location.owner.country,
        "party_id": location.owner.party,
        "id": location.id,
        "publish": location.publish,
        "publish_allowed_to": many(
            WirePublishTokenType(
                uid=one.uid,
                type=one.type,
                visual_number=one.visual_number,
                issuer=one.issuer,
                group_id=one.group_id,
            )
            for one in (() if location.publish else location.publish_allowed_to)
        ),
        "name": location.name,
        "address": clipped(location.address, 255),
        "city": clipped(location.city, 45),
        "postal_code": location.postal_code,
        "state": location.state,
        "country": location.country,
        "coordinates": write_place(location.coordinates),
        "related_locations": many(_write_named(one) for one in location.related_locations),
        "directions": write_texts(location.directions),
        "operator": write_business(location.operator),
        "suboperator": write_business(location.suboperator),
        "owner": write_business(location.proprietor),
        "time_zone": location.time_zone,
        "opening_times": None if location.opening_times is None else write_hours_of(location.opening_times),
        "charging_when_closed": location.charging_when_closed,
        "images": many(write_image(one) for one in location.images),
        "energy_mix": None if location.energy_mix is None else write_energy_mix(location.energy_mix),
        "last_updated": DateTime(location.last_updated),
    }


def read(wire: WireLocation, hearing: Hearing) -> Location:
    return read_location_of(wire, read_evse)


def write(location: Location) -> WireLocation:
    """An Evse none of whose Connectors can be said is left out."""
    return WireLocation(
        **location_words(location),
        parking_type=next(iter(listed("parking_type", [location.parking_type or ""]) or ()), None),
        evses=many(write_evse(one) for one in location.evses if any(map(sayable, one.connectors))),
        facilities=listed("facilities", location.facilities),
    )


def _write_named(place: NamedGeoLocation) -> WireNamedGeoLocation:
    degrees = write_place(place.place)
    name = None if place.name is None else write_text(place.name)
    return WireNamedGeoLocation(latitude=degrees.latitude, longitude=degrees.longitude, name=name)


codec = Codec(WireLocation, read, write)
