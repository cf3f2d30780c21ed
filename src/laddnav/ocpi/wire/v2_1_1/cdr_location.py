"""The Location in a Session or CDR of OCPI 2.1.1: a whole one, with the Evse and the Connector that were used.

OCPI 2.1.1 mod_cdrs §3.1, mod_sessions §3.1, mod_locations §3.1 to §3.3. What we do not keep of a place is said as
unknown; a plug that 2.1.1 has no word for is named all the same, because a charge there is still a charge.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from laddnav.ocpi.wire.shared.geo import WireGeoLocation, read_place
from laddnav.ocpi.wire.shared.scalars import (
    NOT_AVAILABLE,
    DateTime,
    String3,
    String10,
    String36,
    String39,
    String45,
    String48,
    String255,
    Word,
    clipped,
)
from laddnav.ocpi.wire.v2_1_1.geo import write_place
from laddnav.ocpi.wire.v2_1_1.instants import second
from laddnav.sessions.model import CdrLocation

UNKNOWN = "UNKNOWN"  # both a LocationType and a Status


class WireConnector(Struct, kw_only=True, omit_defaults=True):
    id: String36
    standard: Word
    format: Word
    power_type: Word
    voltage: int
    amperage: int
    last_updated: DateTime


class WireEvse(Struct, kw_only=True, omit_defaults=True):
    uid: String39
    evse_id: String48 | None = None
    status: Word
    connectors: Annotated[tuple[WireConnector, ...], Meta(min_length=1)]
    last_updated: DateTime


class WireLocation(Struct, kw_only=True, omit_defaults=True):
    id: String39
    type: Word
    name: String255 | None = None
    address: String45
    city: String45
    postal_code: String10
    country: String3
    coordinates: WireGeoLocation
    evses: Annotated[tuple[WireEvse, ...], Meta(min_length=1)]
    time_zone: String255 | None = None
    last_updated: DateTime


def read_location(wire: WireLocation) -> CdrLocation:
    """Only the relevant Evse and Connector are in it (CDR-056); of several, the first are taken for them."""
    evse = wire.evses[0]
    connector = evse.connectors[0]
    return CdrLocation(
        id=wire.id,
        name=wire.name,
        address=wire.address,
        city=wire.city,
        postal_code=wire.postal_code or None,
        country=wire.country,
        coordinates=read_place(wire.coordinates),
        evse_uid=evse.uid,
        evse_id=evse.evse_id or NOT_AVAILABLE,
        connector_id=connector.id,
        connector_standard=connector.standard,
        connector_format=connector.format,
        connector_power_type=connector.power_type,
    )


def write_location(place: CdrLocation, started_at: datetime, time_zone: str | None = None) -> WireLocation:
    """As it was when the charge began, so that is when it was last updated."""
    at = second(started_at)
    connector = WireConnector(
        id=place.connector_id,
        standard=place.connector_standard,
        format=place.connector_format,
        power_type=place.connector_power_type,
        voltage=0,
        amperage=0,
        last_updated=at,
    )
    evse = WireEvse(
        uid=place.evse_uid,
        evse_id=None if place.evse_id == NOT_AVAILABLE else place.evse_id,
        status=UNKNOWN,
        connectors=(connector,),
        last_updated=at,
    )
    return WireLocation(
        id=place.id,
        type=UNKNOWN,
        name=place.name,
        address=clipped(place.address, 45),
        city=clipped(place.city, 45),
        postal_code=place.postal_code or "",
        country=place.country,
        coordinates=write_place(place.coordinates),
        evses=(evse,),
        time_zone=time_zone,
        last_updated=at,
    )
