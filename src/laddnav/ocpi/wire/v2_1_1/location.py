"""Location as OCPI 2.1.1 spells it: without an owner, always public, with a type (OCPI 2.1.1 mod_locations §3.1)."""

from msgspec import Struct

from laddnav.locations.model import Location, NamedGeoLocation
from laddnav.ocpi.wire.codec import Codec, Hearing, Unsayable
from laddnav.ocpi.wire.shared.business import (
    WireBusinessDetails,
    WireImage,
    read_business,
    read_image,
    write_business,
    write_image,
)
from laddnav.ocpi.wire.shared.geo import WireGeoLocation, read_place
from laddnav.ocpi.wire.shared.scalars import (
    CiString39,
    DateTime,
    String3,
    String10,
    String45,
    String255,
    Word,
    clipped,
    known_zone,
    many,
)
from laddnav.ocpi.wire.shared.texts import WireDisplayText, read_text, read_texts, write_text, write_texts
from laddnav.ocpi.wire.v2_1_1.energy_mix import WireEnergyMix, read_energy_mix, write_energy_mix
from laddnav.ocpi.wire.v2_1_1.evse import WireEvse, read_evse, write_evses
from laddnav.ocpi.wire.v2_1_1.geo import write_place
from laddnav.ocpi.wire.v2_1_1.instants import second
from laddnav.ocpi.wire.v2_1_1.listed import LISTED, listed
from laddnav.ocpi.wire.v2_1_1.opening_times import WireHours, read_hours_of, write_hours_of
from laddnav.ocpi.wire.v2_1_1.plain import plainly
from laddnav.pricing.zones import ZONE_OF_COUNTRY

UNKNOWN = "UNKNOWN"


class WireNamedGeoLocation(WireGeoLocation, kw_only=True, omit_defaults=True):
    """OCPI 2.1.1 mod_locations §4.1."""

    name: WireDisplayText | None = None


class WireLocation(Struct, kw_only=True, omit_defaults=True):
    id: CiString39
    type: Word
    name: String255 | None = None
    address: String45
    city: String45
    postal_code: String10
    country: String3
    coordinates: WireGeoLocation
    related_locations: tuple[WireNamedGeoLocation, ...] | None = None
    evses: tuple[WireEvse, ...] | None = None
    directions: tuple[WireDisplayText, ...] | None = None
    operator: WireBusinessDetails | None = None
    suboperator: WireBusinessDetails | None = None
    owner: WireBusinessDetails | None = None
    facilities: tuple[Word, ...] | None = None
    time_zone: String255 | None = None
    opening_times: WireHours | None = None
    charging_when_closed: bool | None = None
    images: tuple[WireImage, ...] | None = None
    energy_mix: WireEnergyMix | None = None
    last_updated: DateTime


def read(wire: WireLocation, hearing: Hearing) -> Location:
    """It belongs to whom we hear it from, and everybody may see it: 2.1.1 has no words for anything else."""
    return Location(
        owner=hearing.sender,
        id=wire.id,
        publish=True,
        name=wire.name,
        address=wire.address,
        city=wire.city,
        postal_code=wire.postal_code or None,
        country=wire.country,
        coordinates=read_place(wire.coordinates),
        related_locations=tuple(
            NamedGeoLocation(read_place(one), None if one.name is None else read_text(one.name))
            for one in wire.related_locations or ()
        ),
        parking_type=None if wire.type == UNKNOWN else wire.type,
        evses=tuple(read_evse(one) for one in wire.evses or ()),
        directions=read_texts(wire.directions),
        operator=read_business(wire.operator),
        suboperator=read_business(wire.suboperator),
        proprietor=read_business(wire.owner),
        facilities=wire.facilities or (),
        time_zone=zone_of(wire.time_zone, wire.country),
        opening_times=None if wire.opening_times is None else read_hours_of(wire.opening_times),
        charging_when_closed=wire.charging_when_closed,
        images=tuple(read_image(one) for one in wire.images or ()),
        energy_mix=None if wire.energy_mix is None else read_energy_mix(wire.energy_mix),
        last_updated=wire.last_updated.at,
    )


def write(location: Location) -> WireLocation:
    """Raises Unsayable for one that not everybody may see."""
    if not location.publish:
        raise Unsayable(f"OCPI 2.1.1 cannot say that Location {location.id!r} is not to be shown")
    return WireLocation(
        id=location.id,
        type=_type(location.parking_type),
        name=location.name,
        address=clipped(location.address, 45),
        city=clipped(location.city, 45),
        postal_code=location.postal_code or "",
        country=location.country,
        coordinates=write_place(location.coordinates),
        related_locations=many(_write_named(one) for one in location.related_locations),
        evses=write_evses(location.evses),
        directions=write_texts(location.directions),
        operator=write_business(location.operator),
        suboperator=write_business(location.suboperator),
        owner=write_business(location.proprietor),
        facilities=listed("facilities", location.facilities),
        time_zone=location.time_zone,
        opening_times=None if location.opening_times is None else write_hours_of(location.opening_times),
        charging_when_closed=location.charging_when_closed,
        images=many(write_image(one) for one in location.images),
        energy_mix=None if location.energy_mix is None else write_energy_mix(location.energy_mix),
        last_updated=second(location.last_updated),
    )


def zone_of(time_zone: str | None, country: str) -> str:
    """Where it is left out, that of the country, if it has only one; else UTC: all that can be said.

    Raises Unreadable.
    """
    if time_zone is None:
        return ZONE_OF_COUNTRY.get(country.upper(), "UTC")
    return known_zone(time_zone, "$.time_zone")


def _type(parking_type: str | None) -> str:
    if parking_type is None:
        return UNKNOWN
    return parking_type if parking_type in LISTED["type"] else "OTHER"


def _write_named(place: NamedGeoLocation) -> WireNamedGeoLocation:
    degrees = write_place(place.place)
    name = None if place.name is None else write_text(place.name)
    return WireNamedGeoLocation(latitude=degrees.latitude, longitude=degrees.longitude, name=name)


codec = Codec(WireLocation, read, plainly(write))
