"""Whom to look after first, and the button that may help; what a station noticed is looked at here."""

from __future__ import annotations

from starlette.responses import Response

from laddnav.locations import actions as locations
from laddnav.ocpp import attention
from laddnav.ocpp.cures import actions as cures
from laddnav.ocpp.security import noticing
from laddnav.people import actions as people
from laddnav.people.api import yours
from laddnav.web.asked import Asked, Door, do, see


async def list_all(asked: Asked) -> Response:
    async with asked.unit() as unit:
        found = await attention.wanted(unit, asked.visitor.holder)
        tried = await cures.last(unit, found)
    return asked.page("attention.html", found=found, tried=tried)


async def look(asked: Asked) -> Response:
    """Up to the newest event that the page showed: what came since then still waits."""
    id, until = asked.part("id"), asked.number("until") or 0
    async with asked.unit() as unit:
        station = await locations.station(unit, id)
        yours(asked.visitor, station.holder)
        seen = await noticing.see(unit, station, asked.visitor.name, until)
        people.note(unit, asked.visitor.name, "see security events", f"station {id}", str(seen))
    return asked.done(asked.said("back"), asked.say("What the station noticed is marked as seen."))


DOORS: tuple[Door, ...] = (see("/attention", list_all), do("/stations/{id}/seen", look))
