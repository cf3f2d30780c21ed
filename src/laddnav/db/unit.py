"""A Database, and the Unit: one transaction in which a verb reads, decides, writes and announces."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cache
from typing import Any

import asyncpg

from laddnav.db import announcements
from laddnav.db.events import Event
from laddnav.db.hearing import OfOurs
from laddnav.db.lookups import NUMBER, several
from laddnav.db.pool import GONE, Connection, Pool
from laddnav.db.refusals import Undone, Unreachable, refusals
from laddnav.db.rows import Rows, Write, runs, together
from laddnav.db.statements import Numbered, distinct, numbered, only_reads, returns, selects
from laddnav.kit.time import Clock

Record = asyncpg.Record
Listener = Callable[["Database", Any], Awaitable[None]]
Writes = list[Write]  # in their order

WAKE_CHANNEL = "laddnav_wake"
REMEMBERED = 20_000  # of a kind that Units learn, of some 4 KB each: charges that tell in turn have to fit in


class Unit:
    """One transaction. Reads happen at once; writes are kept and sent in as few round trips as will do.

    Nothing is sent, and no connection taken, before the first read or the end. An exception undoes everything.
    A Unit that only reads is none to PostgreSQL, and costs it neither a begin nor a commit.
    """

    def __init__(self, database: Database, *, writes: bool = False, now: datetime | None = None) -> None:
        """`writes`: it surely will, so it takes a connection on which a transaction has begun, if there is one.

        `now`: that of the transaction that it shares.
        """
        self._database = database
        self._connection: Connection | None = None
        self._will_write = writes
        self._begun = False
        self._writes: Writes = []
        self._announced: list[Event] = []
        self._learnt: dict[Hashable, dict[Any, Any]] = {}
        self.now: datetime = now or database.clock.now()

    async def __aenter__(self) -> Unit:
        return self

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Everything in it commits together at the end of the block, or nothing does."""
        if error is None:
            try:
                await self._end()
            except BaseException:
                await asyncio.shield(self._undo())
                raise
        else:
            await asyncio.shield(self._undo())

    @property
    def clock(self) -> Clock:
        return self._database.clock

    @property
    def remembered(self) -> dict[object, Any]:
        """What readers keep from one Unit to the next; nothing in it is true without being asked after."""
        return self._database.remembered

    def learn(self, kind: Hashable, key: Hashable, what: Any) -> None:
        """Remembered under its kind once this Unit is committed, and of each kind only so many that are the newest.

        None: what was remembered is not so any more, and there is nothing to go by.
        """
        self._learnt.setdefault(kind, {})[key] = what

    def new_id(self) -> str:
        return self._database.clock.new_id()

    async def fetch(self, sql: str, *arguments: Any) -> list[Record]:
        with refusals:
            return await (await self._ready(sql)).fetch(sql, *arguments)

    async def fetch_one(self, sql: str, *arguments: Any) -> Record | None:
        with refusals:
            return await (await self._ready(sql)).fetchrow(sql, *arguments)

    async def value(self, sql: str, *arguments: Any) -> Any:
        with refusals:
            return await (await self._ready(sql)).fetchval(sql, *arguments)

    async def fetch_each(self, sql: str, many: Sequence[tuple[Any, ...]]) -> list[Sequence[Record]]:
        """The rows of one statement for each of these arguments, in as few round trips as will do.

        What only reads is asked once for arguments that are equal.
        """
        asked = distinct(many) if only_reads(sql) else many
        with refusals:
            found = await self._found(await self._ready(sql), sql, asked)
        if len(asked) == len(many):
            return found
        by_arguments = dict(zip(asked, found, strict=True))
        return [by_arguments[arguments] for arguments in many]

    async def _found(self, connection: Connection, sql: str, many: Sequence[tuple[Any, ...]]) -> list[Sequence[Record]]:
        if len(many) == 1 or not (selects(sql) or returns(sql)):
            return [await connection.fetch(sql, *arguments) for arguments in many]
        lookup = several(sql)
        if lookup is not None:
            rows = await connection.fetch(lookup, *zip(*many, strict=True), record_class=Numbered)
        else:
            each = [(*arguments, number) for number, arguments in enumerate(many)]
            rows = await connection.fetchmany(numbered(sql, len(many[0]) + 1), each, record_class=Numbered)
        found: list[list[Record]] = [[] for _ in many]
        for row in rows:
            found[row[NUMBER]].append(row)
        return list(found)

    async def execute(self, sql: str, *arguments: Any) -> int:
        """Write at once and say how many rows it touched."""
        with refusals:
            tag = await (await self._ready(sql)).execute(sql, *arguments)
        return int(tag.rsplit(" ", 1)[-1])

    def write(self, statement: str | Rows, *arguments: Any) -> None:
        """Write before the next read or at the end; equal statements in a row travel together, and so do Rows."""
        if self._writes and self._writes[-1][0] == statement:
            self._writes[-1][1].append(arguments)
        else:
            self._writes.append((statement, [arguments]))

    def write_rows(self, statement: str | Rows, rows: list[tuple[Any, ...]]) -> None:
        """As `write` for each of them, which are this Unit's from now on."""
        if self._writes and self._writes[-1][0] == statement:
            self._writes[-1][1].extend(rows)
        else:
            self._writes.append((statement, rows))

    async def holds(self, condition: Rows, *row: Any) -> bool:
        """Whether this row is so. Who shares a transaction hears yes, and it is undone at its end if it was not."""
        return bool(await self.value(*condition.asked(*row)))

    async def insert(self, statement: Rows, *row: Any) -> bool:
        """False where it was there already. Who shares a transaction may hear yes, and is tried again if it was."""
        return bool(await self.value(*statement.asked(*row)))

    def believed(self, kind: Hashable, key: tuple[Any, ...], *by: Rows) -> Any:
        """What was learnt of this, for who is tried again if it is not so any more; to everybody else nothing.

        It was so where a row of one of `by` is written that begins with this key: each finds only what was. Who writes
        none is tried again too, and asks.
        """
        return None

    def announce(self, event: Event) -> None:
        """The event and the work of everyone who hears it commit with this Unit."""
        self._announced.append(event)

    async def _ready(self, sql: str) -> Connection:
        """A connection on which this statement can be sent next."""
        connection = await self._taken()
        if self._writes or not only_reads(sql):
            await self._begin(connection)
        if self._writes:
            await self._flush(connection)
        return connection

    async def _taken(self) -> Connection:
        if self._connection is None:
            begun = await self._database.pool.begun() if self._will_write else None
            self._begun = begun is not None
            self._connection = begun or await self._database.acquire()
        return self._connection

    async def _begin(self, connection: Connection) -> None:
        """At READ COMMITTED each statement sees the newest anyway, so nothing begins before it writes or locks."""
        if not self._begun:
            self._begun = True
            await connection.execute("begin")

    async def _flush(self, connection: Connection) -> None:
        writes, self._writes = self._writes, []
        await self._send(connection, runs(writes))

    async def _send(self, connection: Connection, several: Sequence[Sequence[Write]]) -> None:
        for run in several:
            statement, rows = run[0]
            if isinstance(statement, Rows):
                await connection.execute(*together(run))
            else:
                await connection.executemany(statement, rows)

    async def _end(self) -> None:
        self._write_announced()
        with refusals:
            await self._send_last()
            await self._commit()
        for kind, learnt in self._learnt.items():
            _keep(self.remembered.setdefault(kind, {}), learnt)
        if self._announced:
            self._database.wake()

    def _write_announced(self) -> None:
        for statement, rows in announcements.writes(self._announced, self._database.listeners_of, self.now):
            self.write_rows(statement, rows)

    async def _send_last(self) -> None:
        """What is left to write, and whether all is as was supposed. Raises Overtaken."""
        writes, self._writes = self._writes, []
        last = runs(writes)
        if not last:
            return
        # A single statement is a transaction by itself: one round trip instead of three.
        if len(last) == 1 and self._connection is None:
            self._connection = await self._database.acquire()
        connection = await self._taken()
        if len(last) > 1:
            await self._begin(connection)
        await self._send(connection, last)

    async def _commit(self) -> None:
        """Where more writes will follow soon, the next transaction begins with the end of this one."""
        connection, pool = self._connection, self._database.pool
        keeps = self._begun and self._will_write and pool.keeps_begun()
        if self._begun and connection is not None:
            # PostgreSQL answers to the commit of a transaction that failed before with a rollback, and no error.
            if await connection.execute("commit and chain" if keeps else "commit") != "COMMIT":
                raise Undone("a statement of this Unit failed, and nobody let it fail")
            if keeps:
                self._connection = None
                pool.keep_begun(connection)
        await self._release(sound=True)

    async def _undo(self) -> None:
        connection = self._connection
        if connection is None:
            return
        try:
            # Not asked of the connection: a `begin` that was cancelled on its way may still have begun.
            if self._begun and not connection.is_closed():
                await connection.execute("rollback")
        except GONE:
            # It is gone, and half a Unit with it; in no case may it come back to the pool with that half in it.
            with suppress(asyncpg.InterfaceError):
                connection.terminate()
        finally:
            await self._release(sound=False)

    async def _release(self, *, sound: bool) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await self._database.pool.release(connection, sound=sound)


def _keep(known: dict[Any, Any], learnt: dict[Any, Any]) -> None:
    for key in learnt:
        known.pop(key, None)
    known.update(learnt)
    while len(known) > REMEMBERED:
        del known[next(iter(known))]


class Database:
    """A pool of connections, the one clock, and the table of who hears what."""

    def __init__(
        self, pool: asyncpg.Pool[Record], clock: Clock, hears: Mapping[type[Event], Sequence[Listener]]
    ) -> None:
        self.clock = clock
        self.pool = Pool(pool)
        self.listeners = _by_name(one for many in hears.values() for one in many)
        self._names = {
            kind: ([_name(one) for one in many], [_name(one) for one in many if not isinstance(one, OfOurs)])
            for kind, many in hears.items()
        }
        self.kinds: dict[str, type[Event]] = {kind.__name__: kind for kind in hears}
        self.remembered: dict[object, Any] = {}
        self._sleepers: set[asyncio.Event] = set()
        self._notifier: asyncio.Task[None] | None = None

    @classmethod
    async def connect(
        cls,
        url: str,
        *,
        clock: Clock,
        hears: Mapping[type[Event], Sequence[Listener]] | None = None,
        size: int = 10,
    ) -> Database:
        """`url` is a libpq URL. Raises Unreachable."""
        try:
            # No RESET at release: nobody here changes a setting of a connection.
            pool = await asyncpg.create_pool(url, min_size=1, max_size=size, reset=_leave_as_it_is)
        except (OSError, asyncpg.PostgresError) as error:
            raise Unreachable(f"The database does not answer: {error}") from error
        return cls(pool, clock, hears or {})

    async def close(self) -> None:
        if self._notifier is not None:
            await asyncio.gather(self._notifier, return_exceptions=True)
        await self.pool.close()

    def terminate(self) -> None:
        """Drop every connection at once, as a process does that is killed."""
        self.pool.terminate()

    def unit(self, *, writes: bool = False) -> Unit:
        """One transaction, to be entered: what is done in the block commits at its end. `writes`: as surely it will."""
        return Unit(self, writes=writes)

    async def copy(self, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        """Rows that are new and that nothing speaks against, in a transaction of their own and a third of the time."""
        connection = await self.acquire()
        try:
            with refusals:
                await connection.copy_records_to_table(table, columns=columns, records=rows)
        finally:
            await self.pool.release(connection, sound=False)

    async def acquire(self) -> Connection:
        try:
            return await self.pool.acquire()
        except (OSError, asyncpg.CannotConnectNowError, asyncpg.TooManyConnectionsError) as error:
            raise Unreachable(f"The database does not answer: {error}") from error

    def listeners_of(self, event: Event) -> Sequence[str]:
        """The names of those that have something to do."""
        of_ours, of_others = self._names.get(type(event), ((), ()))
        everybody = len(of_ours) == len(of_others)  # whose it is takes longer to find out, and does not matter then
        return of_ours if everybody or event.ours else of_others

    def sleeper(self) -> asyncio.Event:
        """An event that is set whenever something was announced here or, while `hear_others` runs, elsewhere."""
        sleeper = asyncio.Event()
        self._sleepers.add(sleeper)
        return sleeper

    def forget(self, sleeper: asyncio.Event) -> None:
        self._sleepers.discard(sleeper)

    def wake(self) -> None:
        """Wake who waits here at once, and other processes by one NOTIFY for however many Units ended meanwhile."""
        self._wake_here()
        if self._notifier is None or self._notifier.done():
            self._notifier = asyncio.get_running_loop().create_task(self._notify())

    def _wake_here(self) -> None:
        for sleeper in self._sleepers:
            sleeper.set()

    async def _notify(self) -> None:
        await asyncio.sleep(0.02)
        try:
            async with self.pool.one() as connection:
                await connection.execute(f"notify {WAKE_CHANNEL}")
        except (OSError, asyncpg.PostgresError, *GONE):
            # Only a wake-up: the tables are the truth, and everybody looks at them again within a second.
            return

    async def hear_others(self) -> None:
        """Pass on the wake-ups of other processes, until cancelled. Raises Unreachable when the line is lost."""

        def heard(*_: object) -> None:
            self._wake_here()

        lost = asyncio.Event()

        def hung_up(*_: object) -> None:
            lost.set()

        async with self.pool.one() as connection:
            connection.add_termination_listener(hung_up)
            await connection.add_listener(WAKE_CHANNEL, heard)
            try:
                await lost.wait()
            finally:
                connection.remove_termination_listener(hung_up)
                if not connection.is_closed():
                    await connection.remove_listener(WAKE_CHANNEL, heard)
        raise Unreachable("The database hung up")


@cache
def _name(listener: Listener) -> str:
    """Its room and its own name, which jobs are kept under: where in its room it stands may change meanwhile."""
    return f"{listener.__module__.removeprefix('laddnav.').partition('.')[0]}.{listener.__name__}"


def _by_name(listeners: Iterable[Listener]) -> dict[str, Listener]:
    named: dict[str, Listener] = {}
    for one in listeners:
        assert named.setdefault(_name(one), one) is one, f"two listeners are called {_name(one)}"
    return named


async def _leave_as_it_is(_: object) -> None:
    return None
