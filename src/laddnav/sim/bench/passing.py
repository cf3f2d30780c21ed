"""The limit of whoever asks others: the same Uvicorn and the same HTTP client as ours, and nothing between them.

What it is asked it asks the server behind it, as a reverse proxy; where it is told to, it tells many partners much.
"""

from __future__ import annotations

import asyncio
import socket
import sys

import aiohttp
import uvicorn
import uvloop
from starlette.types import Receive, Scope, Send

from laddnav.ocpi.telling.push import EACH
from laddnav.server.http import uvicorn_config
from laddnav.sim.bench.answers import DONE, answer, body
from laddnav.sim.process import READY

CHANGE = b'{"status":"RESERVED","last_updated":"2026-11-21T09:47:00.000Z"}'
HEADERS = {"Content-Type": "application/json", "Authorization": "Token cGVlcg=="}


class Passing:
    """`/tell/50/1000`: as many changes to each of as many partners, and the answer when all have arrived."""

    def __init__(self, behind: str, session: aiohttp.ClientSession) -> None:
        self._behind = behind
        self._session = session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match scope["path"].split("/"):
            case ["", "tell", partners, changes]:
                await asyncio.gather(*(self._tell(partner, int(changes)) for partner in range(int(partners))))
                await answer(send, 200, DONE)
            case _:
                said = await body(receive)
                headers = {name.decode(): value.decode() for name, value in scope["headers"] if name != b"host"}
                url = f"{self._behind}{scope['path']}"
                async with self._session.request(scope["method"], url, data=said or None, headers=headers) as response:
                    await answer(send, response.status, await response.read())

    async def _tell(self, partner: int, changes: int) -> None:
        waiting = iter(range(changes))

        async def tell_on() -> None:
            for number in waiting:
                url = f"{self._behind}/emsp{partner}/limit/{number}"
                async with self._session.patch(url, data=CHANGE, headers=HEADERS) as response:
                    await response.read()

        await asyncio.gather(*(tell_on() for _ in range(EACH)))


async def _serve(behind: str) -> None:
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=60)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
        listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
        sys.stdout.write(f"{READY}http://127.0.0.1:{listening.getsockname()[1]}\n")
        sys.stdout.flush()
        await uvicorn.Server(uvicorn_config(Passing(behind, session))).serve(sockets=[listening])


if __name__ == "__main__":
    uvloop.run(_serve(sys.argv[1]))
