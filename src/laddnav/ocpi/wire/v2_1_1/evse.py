"""EVSE as OCPI 2.1.1 spells it (OCPI 2.1.1 mod_locations §3.2)."""

from typing import Annotated

from msgspec import Meta, Struct

from laddnav.locations.model import Evse, Status, StatusSchedule
from laddnav.ocpi.wire.codec import Codec, Hearing, Unsayable
from laddnav.ocpi.wire.shared.business import WireImage, read_image, write_image
from laddnav.ocpi.wire.shared.geo import WireGeoLocation, read_place
from laddnav.ocpi.wire.shared.scalars import (
    CiString39,
    DateTime,
    String4,
    String16,
    String48,
    Word,
    instant_of,
    many,
)
from laddnav.ocpi.wire.shared.texts import WireDisplayText, read_texts, write_texts
from laddnav.ocpi.wire.v2_1_1.connector import WireConnector, read_connector, sayable, write_connector
from laddnav.ocpi.wire.v2_1_1.geo import write_place
from laddnav.ocpi.wire.v2_1_1.instants import maybe_second, second
from laddnav.ocpi.wire.v2_1_1.listed import listed
from laddnav.ocpi.wire.v2_1_1.plain import plainly


class WireStatusSchedule(Struct, kw_only=True, omit_defaults=True):
    """OCPI 2.1.1 mod_locations §4.21."""

    period_begin: DateTime
    period_end: DateTime | None = None
    status: Status


class WireEvse(Struct, kw_only=True, omit_defaults=True):
    uid: CiString39
    evse_id: String48 | None = None
    status: Status
    status_schedule: tuple[WireStatusSchedule, ...] | None = None
    capabilities: tuple[Word, ...] | None = None
    connectors: Annotated[tuple[WireConnector, ...], Meta(min_length=1)]
    floor_level: String4 | None = None
    coordinates: WireGeoLocation | None = None
    physical_reference: String16 | None = None
    directions: tuple[WireDisplayText, ...] | None = None
    parking_restrictions: tuple[Word, ...] | None = None
    images: tuple[WireImage, ...] | None = None
    last_updated: DateTime


def read_evse(wire: WireEvse) -> Evse:
    return Evse(
        uid=wire.uid,
        evse_id=wire.evse_id,
        status=wire.status,
        connectors=tuple(read_connector(one) for one in wire.connectors),
        status_schedule=tuple(
            StatusSchedule(begin_at=one.period_begin.at, end_at=instant_of(one.period_end), status=one.status)
            for one in wire.status_schedule or ()
        ),
        capabilities=wire.capabilities or (),
        floor_level=wire.floor_level,
        coordinates=None if wire.coordinates is None else read_place(wire.coordinates),
        physical_reference=wire.physical_reference,
        directions=read_texts(wire.directions),
        parking_restrictions=wire.parking_restrictions or (),
        images=tuple(read_image(one) for one in wire.images or ()),
        last_updated=wire.last_updated.at,
    )


def write_evses(evses: tuple[Evse, ...]) -> tuple[WireEvse, ...] | None:
    """Without those of which 2.1.1 can say no Connector."""
    return many(write_evse(one) for one in evses if any(sayable(connector) for connector in one.connectors))


def write_evse(evse: Evse) -> WireEvse:
    """With the Connectors that can be said. Raises Unsayable where none can be."""
    connectors = tuple(write_connector(one) for one in evse.connectors if sayable(one))
    if not connectors:
        raise Unsayable(f"OCPI 2.1.1 has no words for any Connector of Evse {evse.uid!r}")
    return WireEvse(
        uid=evse.uid,
        evse_id=evse.evse_id,
        status=evse.status,
        status_schedule=many(
            WireStatusSchedule(
                period_begin=second(one.begin_at), period_end=maybe_second(one.end_at), status=one.status
            )
            for one in evse.status_schedule
        ),
        capabilities=listed("capabilities", evse.capabilities),
        connectors=connectors,
        floor_level=evse.floor_level,
        coordinates=None if evse.coordinates is None else write_place(evse.coordinates),
        physical_reference=evse.physical_reference,
        directions=write_texts(evse.directions),
        parking_restrictions=listed("parking_restrictions", evse.parking_restrictions),
        images=many(write_image(one) for one in evse.images),
        last_updated=second(evse.last_updated),
    )


def read(wire: WireEvse, hearing: Hearing) -> Evse:
    return read_evse(wire)


codec = Codec(WireEvse, read, plainly(write_evse))
