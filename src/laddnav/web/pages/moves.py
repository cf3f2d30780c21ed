"""A station that goes: to another of our places, to another central system, or away; and those that went."""

from __future__ import annotations

from starlette.responses import Response

from laddnav.locations import actions as locations
from laddnav.people import actions as people
from laddnav.people.api import yours
from laddnav.sessions import actions as sessions
from laddnav.takeover import actions as takeover
from laddnav.web.asked import Asked, Door, do, see
from laddnav.web.pages import places

PLACES = 500  # to choose from
PAGE = 50


async def show(asked: Asked) -> Response:
    async with asked.unit() as unit:
        station = await locations.station(unit, asked.part("id"))
        yours(asked.visitor, station.holder)
        ours = await locations.page(unit, station.holder, station.holder, limit=PLACES)
        past = await takeover.past_charges(unit, station.holder, station.id)
    return asked.page(
        "station_move.html",
        station=station,
        past=past,
        places=[(location.id, f"{places.name_of(location)}, {location.city}") for _, _, location in ours],
    )


async def gone(asked: Asked) -> Response:
    """Stations that belong to another central system now; what they did here stays."""
    cursor = asked.query("cursor")
    async with asked.unit() as unit:
        found = await locations.moved_away(unit, asked.visitor.holder, after=cursor, limit=PAGE + 1)
    return asked.page(
        "stations_moved.html",
        stations=found[:PAGE],
        next=found[PAGE - 1].id if len(found) > PAGE else None,
        begun=cursor is not None,
    )


async def relocate(asked: Asked) -> Response:
    id = asked.part("id")
    async with asked.unit() as unit:
        yours(asked.visitor, (await locations.station(unit, id)).holder)
        station = await sessions.relocate(unit, id, asked.said("location"))
        people.note(unit, asked.visitor.name, "relocate station", f"station {id}", station.location_id or "")
    return asked.done(f"/stations/{id}", asked.say("The station stands there now, with its EVSEs."))


async def remove(asked: Asked) -> Response:
    id = asked.part("id")
    async with asked.unit() as unit:
        yours(asked.visitor, (await locations.station(unit, id)).holder)
        await sessions.leave(unit, id, "")
        people.note(unit, asked.visitor.name, "remove station", f"station {id}")
    return asked.done(f"/stations/{id}/move", asked.say("The station is off our list; what it did stays."))


DOORS: tuple[Door, ...] = (
    see("/stations/moved", gone),
    see("/stations/{id}/move", show),
    do("/stations/{id}/relocate", relocate),
    do("/stations/{id}/remove", remove),
)
