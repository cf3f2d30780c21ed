"""What was exchanged with a partner: every request and answer of two weeks, looked through by words and by outcome."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.responses import Response

from laddnav.ocpi.connections import partners
from laddnav.ocpi.model import Looked
from laddnav.web import advice
from laddnav.web.asked import Asked, Door, see

PAGE = 50
WORDS_MAX = 200


async def show(asked: Asked) -> Response:
    ref = asked.part("ref")
    looked = Looked(
        words=(asked.query("words") or "").strip()[:WORDS_MAX],
        direction=asked.query("direction") if asked.query("direction") in ("in", "out") else None,
        failed=asked.query("failed") == "yes",
    )
    cursor = asked.query("cursor")
    async with asked.unit() as unit:
        connection = await partners.fetch(unit, ref)
        found = await partners.exchanges(unit, connection, PAGE + 1, looked=looked, before=cursor)
    said = {"words": looked.words, "direction": looked.direction or "", "failed": "yes" if looked.failed else ""}
    return asked.page(
        "exchanges.html",
        path=f"/partners/{ref}/exchanges",
        partner=connection,
        looked=looked,
        narrowed=looked != Looked(),
        exchanges=found[:PAGE],
        next=found[PAGE - 1].id if len(found) > PAGE else None,
        begun=cursor is not None,
        query=urlencode({name: value for name, value in said.items() if value}),
    )


async def one(asked: Asked) -> Response:
    """Of what failed, what was said, what to do about it, and where it was a delivery, a way to repeat it."""
    async with asked.unit() as unit:
        connection = await partners.fetch(unit, asked.part("ref"))
        exchange = await partners.exchange(unit, connection, asked.part("id"))
        delivery = await partners.delivery(unit, connection, exchange.delivery)
    known = advice.of_exchange(exchange)
    return asked.page(
        "exchange.html",
        partner=connection,
        exchange=exchange,
        advice=known and asked.say(known),
        may_resend=exchange.failed and delivery is not None and delivery.state != "done",
    )


DOORS: tuple[Door, ...] = (
    see("/partners/{ref}/exchanges", show),
    see("/partners/{ref}/exchanges/{id}", one),
)
