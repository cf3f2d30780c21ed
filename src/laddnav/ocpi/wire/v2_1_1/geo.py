"""GeoLocation as OCPI 2.1.1 writes it: with exactly six decimals (OCPI 2.1.1 mod_locations §4.12)."""

from laddnav.locations.model import GeoLocation
from laddnav.ocpi.wire.shared.geo import WireGeoLocation


def write_place(place: GeoLocation) -> WireGeoLocation:
    return WireGeoLocation(latitude=f"{place.latitude:.6f}", longitude=f"{place.longitude:.6f}")
