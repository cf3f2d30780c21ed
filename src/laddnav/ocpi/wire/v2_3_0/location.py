"""Location as OCPI 2.3.0 spells it: as 2.2.1, with parking places and a telephone number for help.

OCPI 2.3.0 mod_locations_location_object.
"""

from msgspec.structs import replace

from laddnav.locations.model import Location
from laddnav.ocpi.wire.codec import Codec, Hearing
from laddnav.ocpi.wire.shared.scalars import CiString25, many
from laddnav.ocpi.wire.v2_2_1 import location as v2_2_1
from laddnav.ocpi.wire.v2_2_1.location import location_words, read_location_of
from laddnav.ocpi.wire.v2_3_0.connector import sayable
from laddnav.ocpi.wire.v2_3_0.energy_mix import WireEnergyMix
from laddnav.ocpi.wire.v2_3_0.energy_mix import sayable as sayable_mix
from laddnav.ocpi.wire.v2_3_0.evse import WireEvse, read_evse, write_evse
from laddnav.ocpi.wire.v2_3_0.parking import WireParking, read_parking, write_parking


class WireLocation(v2_2_1.WireLocation, kw_only=True, omit_defaults=True):
    evses: tuple[WireEvse, ...] | None = None
    energy_mix: WireEnergyMix | None = None
    parking_places: tuple[WireParking, ...] | None = None
    help_phone: CiString25 | None = None


def read(wire: WireLocation, hearing: Hearing) -> Location:
    return read_location_of(
        wire,
        read_evse,
        parking_places=tuple(read_parking(one) for one in wire.parking_places or ()),
        help_phone=wire.help_phone,
    )


def write(location: Location) -> WireLocation:
    """Its own lists are open: what we were told is said on, whatever it is (OCPI 2.3.0 types_openenum_type).

    An Evse none of whose Connectors can be said is left out.
    """
    return WireLocation(
        **location_words(replace(location, energy_mix=sayable_mix(location.energy_mix))),
        parking_type=location.parking_type,
        evses=many(write_evse(one) for one in location.evses if any(map(sayable, one.connectors))),
        facilities=many(location.facilities),
        parking_places=many(write_parking(one) for one in location.parking_places),
        help_phone=location.help_phone,
    )


codec = Codec(WireLocation, read, write)
