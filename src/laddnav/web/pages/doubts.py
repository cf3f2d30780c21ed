"""Doubts: what meters and stations said that does not add up, until somebody has looked."""

from __future__ import annotations

from msgspec import Struct
from starlette.responses import Response

from laddnav.kit.ids import PartyId
from laddnav.people import actions as people
from laddnav.readings import actions as readings
from laddnav.readings.model import KeptDoubt
from laddnav.sessions import actions as sessions
from laddnav.web.asked import Asked, Door, do, see

PAGE = 50


class Row(Struct, frozen=True, kw_only=True):
    """`session_ref` None: no charge could be named."""

    doubt: KeptDoubt
    session_ref: str | None


async def list_all(asked: Asked) -> Response:
    cursor = asked.query("cursor")
    async with asked.unit() as unit:
        known = await readings.open_doubts(unit, asked.visitor.holder, before=cursor, limit=PAGE + 1)
        page = known[:PAGE]
        charges = [await sessions.find(unit, doubt.holder, doubt.holder, doubt.session_id) for doubt in page]
    return asked.page(
        "doubts.html",
        rows=[
            Row(doubt=doubt, session_ref=charge.ref if charge else None)
            for doubt, charge in zip(page, charges, strict=True)
        ],
        next=page[-1].id if len(known) > PAGE else None,
        begun=cursor is not None,
    )


async def settle(asked: Asked) -> Response:
    async with asked.unit() as unit:
        await readings.settle_doubt(unit, PartyId.parse(asked.said("holder")), asked.part("id"))
        people.note(unit, asked.visitor.name, "settle doubt", f"doubt {asked.part('id')}")
    return asked.done(asked.came_from("/doubts"), asked.say("The doubt is settled."))


DOORS: tuple[Door, ...] = (see("/doubts", list_all), do("/doubts/{id}/settle", settle))
