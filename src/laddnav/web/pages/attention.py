"""Whom to look after first, and the button that may help."""

from __future__ import annotations

from starlette.responses import Response

from laddnav.ocpp import attention
from laddnav.web.asked import Asked, Door, see


async def list_all(asked: Asked) -> Response:
    async with asked.unit() as unit:
        found = await attention.wanted(unit, asked.visitor.holder)
    return asked.page("attention.html", found=found)


DOORS: tuple[Door, ...] = (see("/attention", list_all),)
