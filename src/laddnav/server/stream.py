"""GET /api/v1/events: what is announced, as server-sent events, resumed at a cursor without loss."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from laddnav.db import stream
from laddnav.db.stream import Announced
from laddnav.db.unit import Database
from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.kit.time import rfc3339
from laddnav.people import actions as people
from laddnav.people.model import Role
from laddnav.people.rules import require
from laddnav.server.api import Answering, bearer_of
from laddnav.server.problems import NoKey

LOOK_ANYWAY = 1.0  # seconds: a wake-up may be missed, and what was still being committed is there by then
SIGN_OF_LIFE = 15  # looks without news after which a comment is sent, so that nothing on the way takes us for dead


def follow(database: Database) -> Answering:
    async def opened(request: Request) -> Response:
        cursor = request.query_params.get("after") or request.headers.get("last-event-id") or ""
        bearer = bearer_of(request)
        async with database.unit() as unit:
            by = await people.who(unit, bearer=bearer)
            if by is None:
                raise NoKey
            require(by, Role.VIEWER)
            first = await stream.after(unit, cursor, by.holder)
        told = _told(database, bearer, by.holder, cursor, first)
        return StreamingResponse(told, media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    return opened


async def _told(
    database: Database, bearer: str, holder: PartyId | None, cursor: str, happened: Sequence[Announced]
) -> AsyncIterator[bytes]:
    """Until the reader leaves, or its key is revoked."""
    sleeper = database.sleeper()
    quiet = 0
    try:
        yield b": laddnav\n\n"
        while True:
            sleeper.clear()
            for one in happened:
                yield _event(one)
                cursor = one.cursor
            if not happened:
                quiet += 1
                if quiet % SIGN_OF_LIFE == 0:
                    yield b":\n\n"
                await _news(sleeper)
            async with database.unit() as unit:
                if await people.who(unit, bearer=bearer) is None:
                    return
                happened = await stream.after(unit, cursor, holder)
    finally:
        database.forget(sleeper)


async def _news(sleeper: asyncio.Event) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(LOOK_ANYWAY):
            await sleeper.wait()


def _event(one: Announced) -> bytes:
    """The event's own fields, its holder as text, and when it was announced."""
    fields = json.decode(one.body, dict[str, object])
    words = json.encode({**fields, "holder": str(one.holder), "kind": one.kind, "at": rfc3339(one.at)})
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (one.cursor.encode(), one.kind.encode(), words)
