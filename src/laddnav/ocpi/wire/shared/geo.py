"""GeoLocation: WGS 84 degrees as text with at least five decimals (OCPI 2.2.1 mod_locations_geolocation_class)."""

from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

from laddnav.locations.model import GeoLocation

Latitude = Annotated[str, Meta(max_length=10, pattern=r"^-?[0-9]{1,2}\.[0-9]{5,7}\Z")]
Longitude = Annotated[str, Meta(max_length=11, pattern=r"^-?[0-9]{1,3}\.[0-9]{5,7}\Z")]


class WireGeoLocation(Struct, kw_only=True):
    latitude: Latitude
    longitude: Longitude


def read_place(wire: WireGeoLocation) -> GeoLocation:
    return GeoLocation(Decimal(wire.latitude), Decimal(wire.longitude))


def write_place(place: GeoLocation) -> WireGeoLocation:
    return WireGeoLocation(latitude=degrees(place.latitude, 10), longitude=degrees(place.longitude, 11))


def degrees(angle: Decimal, longest: int) -> str:
    """As many decimals as it has, but at least five, and no more than the field has room for."""
    for decimals in (max(5, -_exponent(angle)), 7, 6, 5):
        text = f"{angle:.{decimals}f}"
        if decimals <= 7 and len(text) <= longest:
            return text
    raise AssertionError(f"{angle} is no angle")


def _exponent(angle: Decimal) -> int:
    exponent = angle.as_tuple().exponent
    assert isinstance(exponent, int)
    return exponent
