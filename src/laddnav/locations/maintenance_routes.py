"""The operator API about maintenance of places and stations."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.time import utc
from laddnav.locations import actions
from laddnav.locations.actions import maintenance
from laddnav.locations.model import Maintenance, OutageReason, Station
from laddnav.locations.rules import NoPlace, UnknownLocation
from laddnav.people.api import Limit, Page, Route, page, yours
from laddnav.people.model import Role, Visitor


class Entered(Struct, frozen=True, kw_only=True):
    """`station_id`, or else `location` by our ref: everything that stands there. `closes`: nobody may charge there."""

    station_id: str | None = None
    location: str | None = None
    begin_at: datetime
    end_at: datetime
    reason: OutageReason
    note: Annotated[str, Meta(max_length=500)] = ""
    closes: bool = False


async def list_maintenance(
    unit: Unit, by: Visitor, *, limit: Limit = 50, cursor: str | None = None
) -> Page[Maintenance]:
    """Times in which Stations or Locations are out for a reason, the newest entry first."""
    found = await maintenance.entered(unit, by.holder, before=cursor, limit=limit + 1)
    return page(found, limit, lambda one: one.ref)


async def enter_maintenance(unit: Unit, by: Visitor, body: Entered) -> Maintenance:
    """A Station or a Location of ours is out for a reason: drivers are told, and its outage does not count."""
    holder, of = await _meant(unit, body)
    return await maintenance.enter(
        unit,
        yours(by, holder),
        of,
        begin_at=utc(body.begin_at),
        end_at=utc(body.end_at),
        reason=body.reason,
        note=body.note,
        by=by.name,
        closes=body.closes,
    )


async def end_maintenance(unit: Unit, by: Visitor, ref: str) -> Maintenance:
    """It is over now; what has not begun never was."""
    return await maintenance.end(unit, ref, by.holder)


async def _meant(unit: Unit, body: Entered) -> tuple[PartyId, Station | str]:
    """(holder, Station or id of a Location of ours). Raises NoPlace, UnknownStation, UnknownLocation."""
    if (body.station_id is None) == (body.location is None):
        raise NoPlace
    if body.station_id is not None:
        station = await actions.station(unit, body.station_id)
        return station.holder, station
    holder, location = await actions.by_ref(unit, body.location or "")
    if holder != location.owner:
        raise UnknownLocation(location.id)
    return holder, location.id


ROUTES = (
    Route(method="GET", path="/maintenance", does=list_maintenance),
    Route(method="POST", path="/maintenance", does=enter_maintenance, needs=Role.OPERATOR, status=201),
    Route(method="POST", path="/maintenance/{ref}/end", does=end_maintenance, needs=Role.OPERATOR),
)
