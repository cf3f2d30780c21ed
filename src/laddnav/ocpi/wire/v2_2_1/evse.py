"""EVSE as OCPI 2.2.1 spells it (OCPI 2.2.1 mod_locations_evse_object)."""

from collections.abc import Callable
from typing import Annotated, Any

from msgspec import Meta, Struct

from laddnav.locations.model import Connector, Evse, Status, StatusSchedule
from laddnav.ocpi.wire.codec import Codec, Hearing, Unsayable
from laddnav.ocpi.wire.shared.business import WireImage, read_image, write_image
from laddnav.ocpi.wire.shared.geo import WireGeoLocation, read_place, write_place
from laddnav.ocpi.wire.shared.scalars import (
    CiString36,
    CiString48,
    DateTime,
    String4,
    String16,
    Word,
    instant_of,
    many,
    maybe_instant,
)
from laddnav.ocpi.wire.shared.texts import WireDisplayText, read_texts, write_texts
from laddnav.ocpi.wire.v2_2_1.connector import WireConnector, read_connector, sayable, write_connector
from laddnav.ocpi.wire.v2_2_1.listed import listed


class WireStatusSchedule(Struct, kw_only=True, omit_defaults=True):
    period_begin: DateTime
    period_end: DateTime | None = None
    status: Status


class WireEvse(Struct, kw_only=True, omit_defaults=True):
    uid: CiString36
    evse_id: CiString48 | None = None
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


def read_evse_of(wire: WireEvse, read_connector: Callable[[Any], Connector], **more: Any) -> Evse:
    """`more` is what a later version says besides."""
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
        **more,
    )


def evse_words(evse: Evse) -> dict[str, Any]:
    """The fields of WireEvse, but for the Connectors and what its lists have no words for."""
    return {
        "uid": evse.uid,
        "evse_id": evse.evse_id,
        "status": evse.status,
        "status_schedule": many(
            WireStatusSchedule(
                period_begin=DateTime(one.begin_at), period_end=maybe_instant(one.end_at), status=one.status
            )
            for one in evse.status_schedule
        ),
        "floor_level": evse.floor_level,
        "coordinates": None if evse.coordinates is None else write_place(evse.coordinates),
        "physical_reference": evse.physical_reference,
        "directions": write_texts(evse.directions),
        "images": many(write_image(one) for one in evse.images),
        "last_updated": DateTime(evse.last_updated),
    }


def read_evse(wire: WireEvse) -> Evse:
    return read_evse_of(wire, read_connector)


def write_evse(evse: Evse) -> WireEvse:
    """With the Connectors that can be said. Raises Unsayable where none can be."""
    connectors = tuple(write_connector(one) for one in evse.connectors if sayable(one))
    if not connectors:
        raise Unsayable(f"OCPI 2.2.1 has no words for any Connector of Evse {evse.uid!r}")
    return WireEvse(
        **evse_words(evse),
        connectors=connectors,
        capabilities=listed("capabilities", evse.capabilities),
        parking_restrictions=listed("parking_restrictions", evse.parking_restrictions),
    )


def read(wire: WireEvse, hearing: Hearing) -> Evse:
    return read_evse(wire)


codec = Codec(WireEvse, read, write_evse)
