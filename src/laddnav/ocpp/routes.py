"""The operator API about what passes between us and a station."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

from laddnav.db.unit import Database, Unit
from laddnav.locations import actions as locations
from laddnav.locations.model import Station
from laddnav.ocpp import actions, calls
from laddnav.ocpp.model import Direction, Looked, Message
from laddnav.people.api import Limit, Page, Route, yours
from laddnav.people.model import Role, Visitor


class Failed(Struct, frozen=True, kw_only=True):
    """The Station's own CALLERROR."""

    code: str
    description: str


class Replied(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the Station said: its result, or its error."""

    result: dict[str, Any] | None = None
    error: Failed | None = None


async def list_messages(
    unit: Unit,
    by: Visitor,
    station_id: str,
    *,
    words: Annotated[str, Meta(max_length=200)] = "",
    action: Annotated[str, Meta(max_length=60)] = "",
    direction: Direction | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    failed: bool = False,
    limit: Limit = 100,
    cursor: int | None = None,
) -> Page[Message]:
    """Every frame in both directions, newest last: the newest ones, or those after the id that is the cursor.

    Of all of them, or of those with these words (also the id of a message), of this action, direction and time;
    `failed`: errors, what could not be read, and what departs from its schema.
    """
    station = await locations.station(unit, station_id)
    yours(by, station.holder)
    looked = Looked(words=words, action=action, direction=direction, since=since, until=until, failed=failed)
    found = await actions.messages(unit, station, looked=looked, after=cursor, limit=limit)
    more = cursor is not None and len(found) == limit
    return Page(items=tuple(found), next=str(found[-1].id) if more else None)


async def ask_station(database: Database, by: Visitor, station_id: str, action: str, body: dict[str, Any]) -> Replied:
    """Send a request to a Station in OCPP's own words, and wait for its answer."""
    await looked_at(database, by, station_id)
    return answered(await calls.ask(database, station_id, action, body))


async def looked_at(database: Database, by: Visitor, station_id: str) -> Station:
    """Whoever asks a Station for something may do so. Raises UnknownStation, NotYours."""
    async with database.unit() as unit:
        station = await locations.station(unit, station_id)
    yours(by, station.holder)
    return station


def answered(replied: calls.Replied) -> Replied:
    if replied.code is not None:
        return Replied(error=Failed(code=replied.code, description=replied.description or ""))
    return Replied(result=replied.result or {})


ROUTES = (
    Route(method="GET", path="/stations/{station_id}/messages", does=list_messages),
    Route(
        method="POST",
        path="/stations/{station_id}/ocpp/{action}",
        does=ask_station,
        needs=Role.OPERATOR,
        looks_itself=True,
    ),
)
