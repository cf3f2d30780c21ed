"""Where payment providers tell us what happened: what is theirs is looked up at once, and answered when it is kept."""

from __future__ import annotations

import asyncio

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from laddnav.db.unit import Database
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.payments.actions import paying
from laddnav.payments.actions.going_on import Collector

log = structlog.get_logger()

MOST = 256 * 1024  # bytes; none that is sent is a tenth of it


class Hooks:
    """`/hooks/payments/{account}`, one address for each account at a provider."""

    def __init__(self, database: Database, collector: Collector) -> None:
        self._database = database
        self._collector = collector
        self._going_on: set[asyncio.Task[None]] = set()

    async def heard(self, request: Request) -> Response:
        """Who is not the provider hears no more than that."""
        try:
            body = b""
            async for chunk in request.stream():
                body += chunk
                if len(body) > MOST:
                    return PlainTextResponse("too large\n", 413)
            headers = {name.lower(): value for name, value in request.headers.items()}
            path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            async with self._database.unit() as unit:
                ref = await paying.hear(unit, self._collector, request.path_params["account"], path, headers, body)
        except Refusal as error:
            log.warning("hook_refused", why=str(error))
            return PlainTextResponse("not understood\n", 400)
        except Trouble:
            return PlainTextResponse("try again\n", 503)
        except ClientDisconnect:
            return PlainTextResponse("not whole\n", 400)
        if ref is not None:
            self._carry_on(ref)
        return PlainTextResponse("kept\n")

    def _carry_on(self, ref: str) -> None:
        """At once and not before it is answered; if this process ends, the next look finds it."""
        task = asyncio.create_task(self._carried(ref))
        self._going_on.add(task)
        task.add_done_callback(self._going_on.discard)

    async def _carried(self, ref: str) -> None:
        try:
            await self._collector.go_on(ref)
        except (Refusal, Trouble) as error:
            log.warning("payment_waits", payment=ref, why=str(error))
