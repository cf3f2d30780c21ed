"""The connections over which partners are called: those of each line apart, guarded as the line is."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from datetime import datetime, timedelta

import aiohttp
from aiohttp import AddrInfoType

from laddnav.kit.time import Clock
from laddnav.ocpi.calls.guard import GuardedResolver, may_be_called
from laddnav.ocpi.model import Exchange
from laddnav.ocpi.settings import Settings

FORGOTTEN_AFTER = timedelta(hours=1)  # nobody keeps a Partner that long without a call
# Each call has a time of its own for all it does; who does not even take a connection is not waited for so long.
_TIMES = aiohttp.ClientTimeout(total=None, sock_connect=10)


class Lines:
    """A session for each partner, so that one that hangs holds up nobody else; `note` gets every exchange."""

    def __init__(self, settings: Settings, clock: Clock, note: Callable[[Exchange], None]) -> None:
        self.settings = settings
        self.clock = clock
        self.note = note
        self._sessions: dict[str, aiohttp.ClientSession] = {}
        self._called_at: dict[str, datetime] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._guards: dict[str, tuple[datetime | None, ssl.SSLContext | None]] = {}

    async def close(self) -> None:
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()
        await asyncio.gather(*self._closing)

    def guarded_at(self, line: str) -> datetime | None:
        """Since when the line is guarded as it is; None: as every line."""
        return self._guards.get(line, (None, None))[0]

    async def guard(self, line: str, at: datetime | None, context: ssl.SSLContext | None) -> None:
        """What is called from now on is called like that, over connections of its own."""
        self._guards[line] = (at, context)
        session = self._sessions.pop(line, None)
        if session is not None:
            await session.close()

    def session(self, line: str) -> aiohttp.ClientSession:
        now = self.clock.now()
        self._called_at[line] = now
        session = self._sessions.get(line)
        if session is None or session.closed:
            self._forget_silent(now)
            connector = aiohttp.TCPConnector(
                resolver=GuardedResolver(self.settings.allow_loopback, networks=self.settings.networks),
                socket_factory=self._socket,
                limit=16,
                ssl=self._guards.get(line, (None, None))[1] or True,
                keepalive_timeout=60,
            )
            session = self._sessions[line] = aiohttp.ClientSession(
                connector=connector, auto_decompress=True, cookie_jar=aiohttp.DummyCookieJar(), timeout=_TIMES
            )
        return session

    def _forget_silent(self, now: datetime) -> None:
        """Lines that are called no more, for they were removed; who is called again later is guarded anew."""
        silent = now - self.clock.wall(FORGOTTEN_AFTER)
        for line in [line for line in self._sessions if self._called_at[line] < silent]:
            self._guards.pop(line, None)
            del self._called_at[line]
            closing = asyncio.create_task(self._sessions.pop(line).close())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    def _socket(self, where: AddrInfoType) -> socket.socket:
        """The last look, at the very address: in whatever way it was spelt, nobody leads us past it."""
        family, kind, protocol, _, address = where
        if not may_be_called(str(address[0]), self.settings.allow_loopback, self.settings.networks):
            raise OSError(None, f"{address[0]} is no public address")
        return socket.socket(family, kind, protocol)
