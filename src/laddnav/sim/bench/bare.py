"""The limit: a bare ASGI application under the same Uvicorn, which does nothing but what cannot be left out.

Nobody is recognised, nothing is checked, logged or delivered. What is read is one prepared statement; what is told is
two in one transaction, the object and a row for those who are to hear of it, answered after the commit. Before it is
ready it says at which port it does the same over TLS.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import sys

import asyncpg
import uvicorn
import uvloop
from starlette.types import Receive, Scope, Send

from laddnav.kit import tls
from laddnav.ocpp.security import authority
from laddnav.ocpp.security.authority import KeyKind
from laddnav.server.clock import WallClock
from laddnav.server.http import uvicorn_config
from laddnav.server.stations import context
from laddnav.sim.bench import store
from laddnav.sim.bench.answers import DONE, answer, body, enveloped
from laddnav.sim.process import READY


class Bare:
    """What is asked stands in the path: what for, the key, and how many objects or how long a row of news."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record]) -> None:
        self._pool = pool

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match scope["path"].split("/"):
            case ["", "page", first, limit]:
                found = await self._pool.fetchval(store.PAGE, first, int(limit))
                await answer(send, 200, enveloped(b"[%b]" % found))
            case ["", "one", key]:
                found = await self._pool.fetchval(store.ONE, key)
                await answer(send, 200, enveloped(found))
            case ["", "keep", key, size]:
                await self._write(store.KEEP, key, await body(receive), int(size))
                await answer(send, 201, DONE)
            case ["", "change", key, size]:
                await self._write(store.CHANGE, key, await body(receive), int(size))
                await answer(send, 200, DONE)
            case ["", "echo"]:
                await self._echo(receive, send, keeping=False)
            case ["", "keeping-echo"]:
                await self._echo(receive, send, keeping=True)

    async def _write(self, statement: str, key: str, words: bytes, size: int) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(statement, key, words.decode())
            await connection.execute(store.TELL, key, "." * (size - len(key)))

    async def _echo(self, receive: Receive, send: Send, *, keeping: bool) -> None:
        await receive()
        await send({"type": "websocket.accept", "subprotocol": "ocpp1.6"})
        while (message := await receive())["type"] == "websocket.receive":
            if keeping:
                await self._pool.execute(store.TELL, "echo", message["text"])
            await send({"type": "websocket.send", "text": message["text"]})


async def _serve(database: str) -> None:
    async with asyncpg.create_pool(database, min_size=1, max_size=10, reset=_leave_as_it_is) as pool:
        plain, secured = (socket.create_server(("127.0.0.1", 0), backlog=2048) for _ in range(2))
        sys.stdout.write(f"{secured.getsockname()[1]}\n{READY}http://127.0.0.1:{plain.getsockname()[1]}\n")
        sys.stdout.flush()
        over_tls = uvicorn_config(Bare(pool), ssl_context_factory=lambda *_: _tls())
        await asyncio.gather(
            uvicorn.Server(uvicorn_config(Bare(pool))).serve(sockets=[plain]),
            uvicorn.Server(over_tls).serve(sockets=[secured]),
        )


def _tls() -> ssl.SSLContext:
    """As that of our own port of stations, with a key as short as a certificate of ours has."""
    made, key = context(()), authority.new_key(KeyKind.EC)
    tls.load(made, authority.root_of("Limit", key, WallClock().now()), authority.pem_of_key(key))
    return made


async def _leave_as_it_is(_: object) -> None:
    return None


if __name__ == "__main__":
    uvloop.run(_serve(sys.argv[1]))
