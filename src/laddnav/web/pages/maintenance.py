"""Times in which stations or places are out for a reason: entered, looked through, and ended."""

from __future__ import annotations

from starlette.responses import Response

from laddnav.locations import actions as locations
from laddnav.locations.actions import maintenance
from laddnav.locations.model import OutageReason, Station
from laddnav.people import actions as people
from laddnav.people.api import yours
from laddnav.web.asked import Asked, Door, do, see
from laddnav.web.pages.places import name_of

PAGE = 50
PLACES = 500  # to choose from


async def list_all(asked: Asked) -> Response:
    cursor = asked.query("cursor")
    async with asked.unit() as unit:
        found = await maintenance.entered(unit, asked.visitor.holder, before=cursor, limit=PAGE + 1)
        known = await locations.page(unit, asked.visitor.holder, limit=PLACES)
        ours = [(ref, one) for ref, holder, one in known if holder == one.owner]
        now = unit.now
    return asked.page(
        "maintenance.html",
        found=found[:PAGE],
        next=found[PAGE - 1].ref if len(found) > PAGE else None,
        begun=cursor is not None,
        now=now,
        station=asked.query("station") or "",
        places=[(ref, f"{name_of(one)}, {one.city}") for ref, one in ours],
        names={one.id: name_of(one) for _, one in ours},
        reasons=tuple(OutageReason),
    )


async def enter(asked: Asked) -> Response:
    """Of the station that is named, or else of the whole place; times are those of the place."""
    by, id = asked.visitor.name, asked.said("station")
    reason = next((one for one in OutageReason if one.value == asked.said("reason")), OutageReason.MAINTENANCE)
    of: Station | str
    async with asked.unit() as unit:
        if id:
            of = station = await locations.station(unit, id)
            holder = station.holder
            zone = await locations.time_zone(unit, holder, holder, station.location_id or "") or asked.zone
        else:
            holder, place = await locations.by_ref(unit, asked.said("place"))
            of, zone = place.id, place.time_zone
        one = await maintenance.enter(
            unit,
            yours(asked.visitor, holder),
            of,
            begin_at=asked.instant("begin", zone),
            end_at=asked.instant("end", zone),
            reason=reason,
            note=asked.said("note")[:500],
            by=by,
            closes=asked.said("closes") == "yes",
        )
        people.note(unit, by, "enter maintenance", f"maintenance {one.ref}", id or one.location_id)
    return asked.done("/maintenance", asked.say("The maintenance is entered, and drivers are told."))


async def end(asked: Asked) -> Response:
    ref = asked.part("ref")
    async with asked.unit() as unit:
        await maintenance.end(unit, ref, asked.visitor.holder)
        people.note(unit, asked.visitor.name, "end maintenance", f"maintenance {ref}")
    return asked.done("/maintenance", asked.say("The maintenance is over."))


DOORS: tuple[Door, ...] = (
    see("/maintenance", list_all),
    do("/maintenance", enter),
    do("/maintenance/{ref}/end", end),
)
