"""The connections to the database, of which those that were used last are at hand for nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeAlias

import asyncpg

Connection: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
AT_HAND = 4  # at most; whoever waits for a connection comes first


class Pool:
    """The driver's pool, to which going and coming back costs as much as a question, and before it what is at hand."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record]) -> None:
        self._pool = pool
        self._at_hand: list[Connection] = []
        self._waiting = 0
        self._closing = False

    @property
    def lent(self) -> int:
        """How many connections somebody has."""
        return self._pool.get_size() - self._pool.get_idle_size() - len(self._at_hand)

    async def acquire(self) -> Connection:
        while self._at_hand:
            connection = self._at_hand.pop()
            if not connection.is_closed():
                return connection
            await self._pool.release(connection)
        self._waiting += 1
        try:
            return await self._pool.acquire()
        finally:
            self._waiting -= 1

    async def release(self, connection: Connection, *, sound: bool) -> None:
        """`sound`: nothing was cut short on it, so that whoever is next may have it as it is."""
        wanted = self._closing or self._waiting or len(self._at_hand) >= AT_HAND
        if sound and not wanted and not connection.is_closed():
            self._at_hand.append(connection)
        else:
            await self._pool.release(connection)

    @asynccontextmanager
    async def one(self) -> AsyncIterator[Connection]:
        """For what is no Unit."""
        connection = await self.acquire()
        try:
            yield connection
        finally:
            await self.release(connection, sound=False)

    async def close(self) -> None:
        """When everybody has given back what is lent."""
        self._closing = True
        while self._at_hand:
            await self._pool.release(self._at_hand.pop())
        await self._pool.close()

    def terminate(self) -> None:
        """Drop every connection at once."""
        self._pool.terminate()
