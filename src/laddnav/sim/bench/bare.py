"""The limit: a bare ASGI application under the same Uvicorn, which does nothing but what cannot be left out.

Nobody is recognised, nothing is checked, logged or announced; there is one prepared statement, or none.
"""

from __future__ import annotations

import socket
import sys

import asyncpg
import uvicorn
import uvloop
from starlette.types import Receive, Scope, Send

from laddnav.server.http import uvicorn_config
from laddnav.sim.bench import store
from laddnav.sim.process import READY


class Bare:
    """`page` are the arguments of the statement: whose words, in which version, from which key on, how many."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record], page: tuple[str, str, str, int]) -> None:
        self._pool = pool
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match scope["path"]:
            case "/page":
                rows = await self._pool.fetch(store.PAGE, *self._page)
                await _answer(send, 200, _enveloped([row["body"] for row in rows]))
            case "/keep":
                await self._pool.execute(store.KEEP, (await _body(receive)).decode())
                await _answer(send, 201, b'{"status_code":1000}')
            case "/echo" | "/keeping-echo":
                await self._echo(receive, send, keeping=scope["path"] == "/keeping-echo")

    async def _echo(self, receive: Receive, send: Send, *, keeping: bool) -> None:
        await receive()
        await send({"type": "websocket.accept", "subprotocol": "ocpp1.6"})
        while (message := await receive())["type"] == "websocket.receive":
            if keeping:
                await self._pool.execute(store.KEEP, message["text"])
            await send({"type": "websocket.send", "text": message["text"]})


def _enveloped(members: list[str]) -> bytes:
    ending = '],"status_code":1000,"status_message":"Success","timestamp":"2026-11-21T09:47:00.000Z"}'
    return f'{{"data":[{",".join(members)}{ending}'.encode()


async def _body(receive: Receive) -> bytes:
    pieces = []
    while True:
        message = await receive()
        pieces.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(pieces)


async def _answer(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _serve(database: str, page: tuple[str, str, str, int]) -> None:
    async with asyncpg.create_pool(database, min_size=1, max_size=10, reset=_leave_as_it_is) as pool:
        await pool.execute(store.PREPARE)
        listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
        sys.stdout.write(f"{READY}http://127.0.0.1:{listening.getsockname()[1]}\n")
        sys.stdout.flush()
        await uvicorn.Server(uvicorn_config(Bare(pool, page))).serve(sockets=[listening])


async def _leave_as_it_is(_: object) -> None:
    return None


if __name__ == "__main__":
    database, holder, version, first, limit = sys.argv[1:]
    uvloop.run(_serve(database, (holder, version, first, int(limit))))
