"""The operator API about places and the stations that stand there."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.locations import actions
from laddnav.locations.model import Location, Station
from laddnav.locations.rules import UnknownStation
from laddnav.people.api import Held, Limit, Page, Route, held, page
from laddnav.people.model import Visitor

EvseNo = Annotated[int, Meta(ge=1, le=2**31 - 1)]


class Attached(Struct, frozen=True, kw_only=True):
    """The Station's own number `evse_no` is this Evse."""

    evse_no: EvseNo
    location_id: str
    evse_uid: str


class StationShown(Struct, frozen=True, kw_only=True):
    thing: Station
    evses: tuple[Attached, ...]


async def list_locations(
    unit: Unit,
    by: Visitor,
    *,
    limit: Limit = 50,
    cursor: str | None = None,
    owner: PartyId | None = None,
    words: str | None = None,
) -> Page[Held[Location]]:
    """Our own Locations and those of partners, in the order in which they became known.

    `owner` is the CPO; `words` are looked for in name, city and id.
    """
    found = await actions.page(unit, by.holder, owner, words=words, after=cursor, limit=limit + 1)
    return page([held(one) for one in found], limit, lambda one: one.ref)


async def fetch_location(unit: Unit, ref: str) -> Held[Location]:
    """One Location with its Evses and Connectors."""
    holder, location = await actions.by_ref(unit, ref)
    return Held(ref=ref, holder=holder, thing=location)


async def list_stations(unit: Unit, by: Visitor, *, limit: Limit = 50, cursor: str | None = None) -> Page[StationShown]:
    """Stations in the order of their ids."""
    found = await actions.stations(unit, by.holder, after=cursor, limit=limit + 1)
    return page([shown(one) for one in found], limit, lambda one: one.thing.id)


async def fetch_station(unit: Unit, station_id: str) -> StationShown:
    """One Station, by its own id or by our ref."""
    try:
        return shown(await actions.station(unit, station_id))
    except UnknownStation:
        return shown(await actions.station_by_ref(unit, station_id))


def shown(station: Station) -> StationShown:
    """With its Evses by name."""
    evses = tuple(
        Attached(evse_no=number, location_id=where.location_id, evse_uid=where.evse_uid)
        for number, where in station.evses
    )
    return StationShown(thing=station, evses=evses)


ROUTES = (
    Route(method="GET", path="/locations", does=list_locations),
    Route(method="GET", path="/locations/{ref}", does=fetch_location),
    Route(method="GET", path="/stations", does=list_stations),
    Route(method="GET", path="/stations/{station_id}", does=fetch_station),
)
