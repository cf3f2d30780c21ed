"""A server for tests, which begin and end hundreds: it is there when it says so, and gone when it is told to."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from typing import Any

import uvicorn
from starlette.types import ASGIApp

CLOSING = 0.1  # seconds for what is under way; uvicorn waits as long, whether there is anything or not


class Server(uvicorn.Server):
    """Uvicorn looks ten times a second whether it is to end; this one hears it."""

    def __init__(self, app: ASGIApp, **config: Any) -> None:
        super().__init__(uvicorn.Config(app, log_config=None, lifespan="off", **config))
        self._over = asyncio.Event()
        self._serving: asyncio.Task[None] | None = None

    async def up(self, sock: socket.socket) -> None:
        self._serving = asyncio.create_task(self.serve(sockets=[sock]))
        async with asyncio.timeout(10):
            while not self.started:
                await asyncio.sleep(0.001)

    async def down(self) -> None:
        """Nobody answers at its port any more."""
        self._over.set()
        if self._serving is not None:
            await self._serving

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self._over.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for sock in sockets or ():
            sock.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSING):
                while self.server_state.connections or self.server_state.tasks:
                    await asyncio.sleep(0.001)


def listening(port: int = 0) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Else the second packet of an answer waits 40 ms for the first to be acknowledged.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.bind(("127.0.0.1", port))
    sock.listen()
    return sock
