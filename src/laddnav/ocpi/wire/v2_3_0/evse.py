"""EVSE as OCPI 2.3.0 spells it: as 2.2.1, where one parks for it, and whose contracts are good there.

OCPI 2.3.0 mod_locations_evse_object.
"""

from typing import Annotated

from msgspec import Meta, Struct

from laddnav.locations.model import Evse, EvseParking, EvsePosition
from laddnav.ocpi.wire.codec import Codec, Hearing, Unsayable
from laddnav.ocpi.wire.shared.scalars import CiString36, String50, clipped, many
from laddnav.ocpi.wire.v2_2_1 import evse as v2_2_1
from laddnav.ocpi.wire.v2_2_1.evse import evse_words, read_evse_of
from laddnav.ocpi.wire.v2_3_0.connector import WireConnector, read_connector, sayable, write_connector


class WireEvseParking(Struct, kw_only=True, omit_defaults=True):
    """OCPI 2.3.0 mod_locations_evseparking_class."""

    parking_id: CiString36
    evse_position: EvsePosition | None = None


class WireEvse(v2_2_1.WireEvse, kw_only=True, omit_defaults=True):
    connectors: Annotated[tuple[WireConnector, ...], Meta(min_length=1)]
    parking: tuple[WireEvseParking, ...] | None = None
    accepted_service_providers: tuple[String50, ...] | None = None


def read_evse(wire: WireEvse) -> Evse:
    return read_evse_of(
        wire,
        read_connector,
        parking=tuple(EvseParking(one.parking_id, one.evse_position) for one in wire.parking or ()),
        accepted_service_providers=wire.accepted_service_providers or (),
    )


def write_evse(evse: Evse) -> WireEvse:
    """With the Connectors that can be said. Raises Unsayable where none can be.

    Its lists are open: what we were told is said on, whatever it is (OCPI 2.3.0 types_openenum_type).
    """
    connectors = tuple(write_connector(one) for one in evse.connectors if sayable(one))
    if not connectors:
        raise Unsayable(f"OCPI 2.3.0 has no words for any Connector of Evse {evse.uid!r}")
    return WireEvse(
        **evse_words(evse),
        connectors=connectors,
        capabilities=many(evse.capabilities),
        parking_restrictions=many(evse.parking_restrictions),
        parking=many(WireEvseParking(parking_id=one.parking_id, evse_position=one.position) for one in evse.parking),
        accepted_service_providers=many(clipped(one, 50) for one in evse.accepted_service_providers),
    )


def read(wire: WireEvse, hearing: Hearing) -> Evse:
    return read_evse(wire)


codec = Codec(WireEvse, read, write_evse)
