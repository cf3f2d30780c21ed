"""The connections to the database, of which those that were used last are at hand for nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TypeAlias

import asyncpg

Connection: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
AT_HAND = 4  # at most of each kind; whoever waits for a connection comes first
BEGUN_FOR = 0.1  # seconds that a transaction stands open and empty, in which nothing is read, locked or held back

# What is raised on a line that was cut; an InterfaceError where that had been noticed before, an InternalClientError
# where its last words are still being read.
GONE = (ConnectionError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.InternalClientError)


class Pool:
    """The driver's pool, to which going and coming back costs as much as a question, and before it what is at hand."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record]) -> None:
        self._pool = pool
        self._at_hand: list[Connection] = []
        self._begun: list[Connection] = []
        self._begun_used = False  # since it was last looked at
        self._look: asyncio.TimerHandle | None = None
        self._ending: asyncio.Task[None] | None = None
        self._waiting = 0
        self._closing = False

    @property
    def lent(self) -> int:
        """How many connections somebody has."""
        return self._pool.get_size() - self._pool.get_idle_size() - len(self._at_hand) - len(self._begun)

    async def acquire(self) -> Connection:
        while self._at_hand:
            connection = self._at_hand.pop()
            if not _lost(connection):
                return connection
            await self._pool.release(connection)
        while (begun := await self.begun()) is not None:
            if await self._ended(begun):
                return begun
        self._waiting += 1
        try:
            return await self._pool.acquire()
        finally:
            self._waiting -= 1

    async def release(self, connection: Connection, *, sound: bool) -> None:
        """`sound`: nothing was cut short on it, so that whoever is next may have it as it is."""
        wanted = self._closing or self._waiting or len(self._at_hand) >= AT_HAND
        if sound and not wanted and not _lost(connection):
            self._at_hand.append(connection)
        else:
            await self._pool.release(connection)

    async def begun(self) -> Connection | None:
        """A connection on which a transaction has begun, with nothing in it so far, if there is one."""
        self._begun_used = True
        while self._begun:
            connection = self._begun.pop()
            if not _lost(connection):
                return connection
            await self._pool.release(connection)
        return None

    def keeps_begun(self) -> bool:
        """Whether one that is given back now may stay as it is."""
        return not (self._closing or self._waiting or len(self._begun) >= AT_HAND)

    def keep_begun(self, connection: Connection) -> None:
        self._begun.append(connection)
        if self._closing:
            self._end_soon()
        else:
            self._look_later()

    def _look_later(self) -> None:
        if self._look is None:
            self._begun_used = False
            self._look = asyncio.get_running_loop().call_later(BEGUN_FOR, self._end_unused)

    def _end_unused(self) -> None:
        self._look = None
        if self._begun_used:
            self._look_later()
        elif self._begun:
            self._end_soon()

    def _end_soon(self) -> None:
        self._ending = asyncio.get_running_loop().create_task(self._end_begun())

    async def _end_begun(self) -> None:
        while self._begun:
            connection = self._begun.pop()
            if await self._ended(connection):
                await self.release(connection, sound=True)

    async def _ended(self, connection: Connection) -> bool:
        """False where it is lost with its transaction, and given back."""
        try:
            await connection.execute("rollback")
        except BaseException as error:
            with suppress(asyncpg.InterfaceError):
                connection.terminate()
            await asyncio.shield(self._pool.release(connection))
            if isinstance(error, GONE):
                return False
            raise
        return True

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
        self._stop_looking()
        if self._ending is not None:
            await asyncio.gather(self._ending, return_exceptions=True)
        await self._end_begun()
        while self._at_hand:
            await self._pool.release(self._at_hand.pop())
        await self._pool.close()

    def terminate(self) -> None:
        """Drop every connection at once."""
        self._stop_looking()
        self._begun.clear()
        self._pool.terminate()

    def _stop_looking(self) -> None:
        if self._look is not None:
            self._look.cancel()


def _lost(connection: Connection) -> bool:
    """The driver takes a connection back by itself once it has noticed that it was cut, and then answers nothing."""
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:
        return True
