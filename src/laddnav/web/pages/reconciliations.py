"""Reconciliation: which CDRs an invoice of ours or of a partner is for, and whether they are here."""

from __future__ import annotations

from starlette.responses import Response

from laddnav.reconciliation import actions as reconciliation
from laddnav.web.asked import Asked, Door, see

PAGE = 50


async def list_all(asked: Asked) -> Response:
    cursor = asked.query("cursor")
    async with asked.unit() as unit:
        known = await reconciliation.page(unit, asked.visitor.holder, before=cursor, limit=PAGE + 1)
    page = known[:PAGE]
    return asked.page(
        "reconciliations.html",
        records=page,
        next=page[-1].ref if len(known) > PAGE else None,
        begun=cursor is not None,
    )


async def one(asked: Asked) -> Response:
    async with asked.unit() as unit:
        found = await reconciliation.reconciled(unit, asked.part("ref"))
    return asked.page("reconciliation.html", found=found)


DOORS: tuple[Door, ...] = (
    see("/reconciliations", list_all),
    see("/reconciliations/{ref}", one),
)
