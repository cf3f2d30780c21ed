"""Databases for tests, lent to one each: swept and used again, for making one takes longer than most tests do."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager
from typing import Any, TypeAlias, cast

import asyncpg

from laddnav.db.embedded import Cluster
from laddnav.db.events import Event
from laddnav.db.migrate import migrate
from laddnav.db.pool import Connection
from laddnav.db.unit import Database, Listener
from laddnav.kit.time import Clock
from tests.pristine import DATABASE

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

# Connections of this name stay open from test to test. One that is new takes ten times as long for what it is asked,
# for it learns each table first.
LASTING = "lasting"
_at_rest: dict[str, Pool] = {}  # by the URL of their database; all of one event loop


@asynccontextmanager
async def connected(
    url: str, *, clock: Clock, hears: Mapping[type[Event], Sequence[Listener]] | None = None
) -> AsyncIterator[Database]:
    """On connections that the test before had, where nobody has them now."""
    pool = _at_rest.pop(url, None)
    if pool is None:
        named = {"application_name": LASTING}
        pool = await asyncpg.create_pool(url, min_size=1, max_size=10, reset=_as_it_is, server_settings=named)
    database = Database(cast(Pool, Lent(pool)), clock, hears or {})
    try:
        yield database
    finally:
        await database.close()
        if not pool.is_closing() and _at_rest.setdefault(url, pool) is not pool:
            await pool.close()  # there were two at once


async def _as_it_is(_: object) -> None:
    """As `Database.connect` leaves its connections."""


class Lent:
    """A pool for one `Database`: for that it closes as any other does, and goes on for the next."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._closed = False

    def get_size(self) -> int:
        return self._pool.get_size()

    def get_idle_size(self) -> int:
        return self._pool.get_idle_size()

    async def acquire(self) -> Connection:
        if self._closed:
            raise asyncpg.InterfaceError("pool is closed")
        return await self._pool.acquire()

    async def release(self, connection: Connection) -> None:
        await self._pool.release(connection)

    async def close(self) -> None:
        """When everybody has given back what is lent."""
        self._closed = True
        while self.get_idle_size() < self.get_size():
            await asyncio.sleep(0.001)

    def terminate(self) -> None:
        self._closed = True
        self._pool.terminate()


# Whatever still holds a connection, so that it cannot write into the next test.
CUT_OFF = """
select pg_terminate_backend(pid, 5000) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and application_name <> $1
"""
# Where a row is still found. To delete from every table took longer than most tests: there are two hundred.
TABLES = """
select relname::text from pg_class
where relkind = 'r' and relnamespace = 'public'::regnamespace and relname <> 'migration' order by relname
"""


def _in_use(tables: Sequence[str]) -> str:
    looks = (f"case when exists (select from {name}) then '{name}' end" for name in tables)
    return f"select array_remove(array[{', '.join(looks)}]::text[], null)"


class Sweeper:
    """Empties one database between tests, by a connection of its own."""

    def __init__(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        self.connection = connection
        self._tables: list[str] = []
        self._in_use = ""

    async def sweep(self, lasting: str) -> None:
        """Whoever holds a connection of another name than `lasting` is cut off first."""
        await self.connection.execute(CUT_OFF, lasting)
        tables = [name for (name,) in await self.connection.fetch(TABLES)]
        if tables != self._tables:  # a test may make one more, for a week of readings
            self._tables, self._in_use = tables, _in_use(tables)
        if found := await self.connection.fetchval(self._in_use):
            await self.connection.execute(";".join(f"delete from {name}" for name in found))


class Databases:
    """Empty databases with our schema, lent to one test each."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._spare: list[str] = []
        self._made = 0
        self._sweepers: dict[str, Sweeper] = {}
        # Some tests have event loops of their own, and these connections outlive them.
        self._aside = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._aside.run_forever, daemon=True)
        self._thread.start()

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[str]:
        url = self._spare.pop() if self._spare else await self._make()
        yield url
        await asyncio.wrap_future(self._begun(self._sweep(url)))
        self._spare.append(url)

    async def aclose(self) -> None:
        for pool in _at_rest.values():
            await pool.close()
        _at_rest.clear()
        for sweeper in self._sweepers.values():
            self._begun(sweeper.connection.close()).result()
        self._aside.call_soon_threadsafe(self._aside.stop)
        self._thread.join()
        self._aside.close()

    def _begun(self, what: Coroutine[Any, Any, None]) -> Future[None]:
        return asyncio.run_coroutine_threadsafe(what, self._aside)

    async def _sweep(self, url: str) -> None:
        if url not in self._sweepers or self._sweepers[url].connection.is_closed():
            # As a replica it asks no trigger, so tables may be emptied in any order.
            connection = await asyncpg.connect(url, server_settings={"session_replication_role": "replica"})
            self._sweepers[url] = Sweeper(connection)
        await self._sweepers[url].sweep(LASTING if url in _at_rest else "")

    async def _make(self) -> str:
        """A copy of the first, which is lent to nobody: migrating takes three times as long."""
        if not self._made:
            await self._cluster.create_database(DATABASE)
            await migrate(self._cluster.url(DATABASE))
        self._made += 1
        connection = await asyncpg.connect(self._cluster.url("postgres"))
        await connection.execute(f"create database test_{self._made} template {DATABASE} strategy file_copy")
        await connection.close()
        return self._cluster.url(f"test_{self._made}")
