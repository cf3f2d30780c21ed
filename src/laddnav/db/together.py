"""Units of several callers in one transaction: what they ask at the same time is asked, and committed, at once."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Generator, Hashable, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar

import structlog

from laddnav.db.batch import share
from laddnav.db.refusals import Collided, Overtaken, Unreachable
from laddnav.db.rows import Rows
from laddnav.db.statements import only_reads, selects
from laddnav.db.unit import Database, Record, Unit, Writes

log = structlog.get_logger()

R = TypeVar("R")
SLOW = 0.01  # seconds
SLOW_ONES = 2
DOUBTS = 1.0  # seconds: where other processes write the same, what is remembered is wrong again and again
Work = Callable[[Unit], Awaitable[R]]


class Together:
    """Runs what many callers want done, each in a Unit of its own that shares its transaction with others.

    A caller goes on when that transaction has committed. Whoever is refused leaves without a trace, and the others do
    not notice; where a statement fails, or one is refused who has written already, everybody is tried again alone, and
    once more where it waited in a ring. So the work may be begun again, and awaits nothing but its Unit. Where the
    database hung up on the commit, all hear so.

    They may go by what is remembered without asking (`Unit.believed`), and by this, that what they insert is new: the
    last statement says whether it was so. Where it was not all are done again, asking, and what they believed is
    forgotten; for a while everybody asks, unless it may only have been that something was here already, which a caller
    says again. Who is refused by what it believes, or writes nothing that says whether it was so, is done again by
    itself.

    These Units see of each other what concurrent ones would, with one difference: a row that one of them locks is not
    locked for the others. Callers who could lock the same have equal keys, and take turns.
    """

    def __init__(self, database: Database, *, at_once: int = 2, most: int = 64, writes: bool = False) -> None:
        """So many transactions at once, each of so many Units; one that is slow does not count, up to `SLOW_ONES`.

        Whoever comes at once is shared out among them, so that one is worked out while another is written.
        `writes`: nearly all who come do.
        """
        self._database = database
        self._writes = writes
        self._at_once = at_once
        self._most = most
        self._waiting: list[_Member[Any]] = []
        # Since when in its present transaction; None: it looks for whom to take.
        self._running: dict[asyncio.Task[None], float | None] = {}
        self._busy: set[object] = set()  # the keys of those who are under way
        self._doubts_until = 0.0

    async def run(self, work: Work[R], key: object = None) -> R:
        """What `work` returns, after the commit. Without a key it locks nothing. Raises what `work` raises."""
        loop = asyncio.get_running_loop()
        member = _Member(self._database, work, key, loop.create_future())
        self._waiting.append(member)
        self._run_another(loop)
        if await member.committed:
            return member.result
        try:
            return await self._alone(work)
        except Collided:
            return await self._alone(work)

    async def _alone(self, work: Work[R]) -> R:
        async with self._database.unit() as unit:
            return await work(unit)

    def _run_another(self, loop: asyncio.AbstractEventLoop) -> None:
        """Where there is room for one."""
        under_way = quick = 0
        now = loop.time()
        for running, began in self._running.items():
            if not running.done():  # who ended in this tick is still among them, and looks for nobody any more
                under_way += 1
                quick += began is None or now - began < SLOW
        if under_way < self._at_once + SLOW_ONES and quick < self._at_once:
            task = loop.create_task(self._run())
            self._running[task] = None
            task.add_done_callback(self._running.pop)

    async def _run(self) -> None:
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task is not None
        await asyncio.sleep(0)  # whoever comes in the same tick comes along
        while members := self._next(now := loop.time()):
            self._running[task] = now
            if self._waiting:
                self._run_another(loop)
            done, driven, keys = False, False, {member.key for member in members} - {None}
            again: list[_Member[Any]] = []
            self._busy |= keys
            believes = now >= self._doubts_until and not any(member.overtaken for member in members)
            moment = self._database.clock.now()
            for member in members:
                member.begin(moment, believes=believes)
            try:
                async with self._database.unit(writes=self._writes) as unit:
                    await _driven(unit, members)
                    driven = True
                done = True
            except Exception as error:  # noqa: BLE001 - each hears its own when it is tried alone
                if isinstance(error, Overtaken) and any(member.unit.went_by_belief for member in members):
                    again = members
                    if not any(member.unit.inserted for member in members):
                        self._doubts_until = loop.time() + DOUBTS
                    for member in members:
                        member.overtake()
                else:
                    log.info("tried_alone", members=len(members), error=repr(error))
                if driven and isinstance(error, Unreachable):  # perhaps it was committed, and nobody is done twice
                    for member in members:
                        member.fail(error)
            finally:
                self._busy -= keys
                again = again or [member for member in members if done and member.doubts]
                self._waiting[:0] = again
                self._running[task] = None
                for member in members:
                    if member not in again:
                        member.end(done=done)

    def _next(self, now: float) -> list[_Member[Any]]:
        """Those who have waited longest; of equal keys the first, once nobody with that key is under way."""
        quick = sum(began is not None and now - began < SLOW for began in self._running.values())
        most = share(len(self._waiting), self._at_once - quick, self._most)
        taken: list[_Member[Any]] = []
        left: list[_Member[Any]] = []
        keys = set(self._busy)
        for member in self._waiting:
            fits = len(taken) < most and member.key not in keys
            (taken if fits else left).append(member)
            if member.key is not None:
                keys.add(member.key)
        self._waiting = left
        return taken


async def _driven(unit: Unit, members: Sequence[_Member[Any]]) -> None:
    """All to their ends, with what they wrote and announced left for the end of `unit`. Raises _Apart."""
    for member in members:
        member.go_on(None)
    while asking := [(asks, member) for member in members if (asks := member.asks) is not None]:
        _write(unit, [member for _, member in asking])
        alike = defaultdict[str, list[tuple[tuple[Any, ...], _Member[Any]]]](list)
        for asks, member in asking:
            alike[asks.sql].append((asks.arguments, member))
        for statement in sorted(alike):
            answers = await unit.fetch_each(statement, [arguments for arguments, _ in alike[statement]])
            for (_, member), rows in zip(alike[statement], answers, strict=True):
                member.go_on(rows)
    granted: list[_Member[Any]] = []
    for member in members:
        if not member.doubts:
            if member.error is None:
                granted.append(member)
        elif member.unit.wrote:
            raise Overtaken("Something was written already by who has to be done again")
    _write(unit, granted)
    for condition, row in dict.fromkeys(went_by for member in members for went_by in member.unit.went_by):
        unit.write(condition, *row)
    for member in granted:
        member.unit.hand_over(unit)


def _write(unit: Unit, members: Sequence[_Member[Any]]) -> None:
    """What each has written so far, in its order, and so that equal statements travel together."""
    left = [writes for member in members if (writes := member.unit.take_writes())]
    while left:
        statement = left[0][0][0]
        for writes in left:
            if writes[0][0] == statement:
                unit.write_rows(*writes.pop(0))
        left = [writes for writes in left if writes]


class _Apart(Exception):
    """They cannot share a transaction."""


class _Question:
    """A statement, and what a member makes of its rows."""

    __slots__ = ("arguments", "sql")

    def __init__(self, sql: str, arguments: tuple[Any, ...]) -> None:
        self.sql = sql
        self.arguments = arguments

    def __await__(self) -> Generator[_Question, list[Record], list[Record]]:
        return (yield self)


class _Shared(Unit):
    """The Unit of a member, which asks whoever drives it, and whose writes that one takes."""

    wrote = False
    went_by_belief = False
    inserted = False  # what it goes by is new

    def __init__(self, database: Database, now: datetime, *, believes: bool) -> None:
        super().__init__(database, now=now)
        self.went_by: list[tuple[Rows, tuple[Any, ...]]] = []
        self.beliefs: list[tuple[Hashable, tuple[Any, ...]]] = []
        self.unproved: list[tuple[tuple[Any, ...], tuple[Rows, ...]]] = []  # and by what will be written of each
        self._believes = believes

    async def holds(self, condition: Rows, *row: Any) -> bool:
        """It is looked at with what is written last, which saves everybody a question before.

        Who is refused went by it too: to know even that may be for nobody who is not let in.
        """
        self.went_by.append((condition, row))
        return True

    async def insert(self, statement: Rows, *row: Any) -> bool:
        if not self._believes:
            sql, *arguments = statement.asked(*row)
            return bool(await self.value(sql, *arguments))
        self.went_by_belief = self.inserted = True
        self.write(statement, *row)
        return True

    def believed(self, kind: Hashable, key: tuple[Any, ...], *by: Rows) -> Any:
        what = self.remembered.get(kind, {}).get(key) if self._believes else None
        if what is not None:
            self.went_by_belief = True
            self.beliefs.append((kind, key))
            self.unproved.append((key, by))
        return what

    def write(self, statement: str | Rows, *arguments: Any) -> None:
        super().write(statement, *arguments)
        if self.unproved:
            self.unproved = [
                (key, by) for key, by in self.unproved if statement not in by or arguments[: len(key)] != key
            ]

    async def fetch(self, sql: str, *arguments: Any) -> list[Record]:
        return await self._question(sql, arguments)

    async def fetch_one(self, sql: str, *arguments: Any) -> Record | None:
        rows = await self._question(sql, arguments)
        return rows[0] if rows else None

    async def fetch_each(self, sql: str, many: Sequence[tuple[Any, ...]]) -> list[Sequence[Record]]:
        return [await self.fetch(sql, *arguments) for arguments in many]

    async def value(self, sql: str, *arguments: Any) -> Any:
        rows = await self._question(sql, arguments)
        return rows[0][0] if rows else None

    async def execute(self, sql: str, *arguments: Any) -> int:
        """Only a connection knows how many rows that touched."""
        raise _Apart

    def _question(self, sql: str, arguments: tuple[Any, ...]) -> _Question:
        self.wrote = self.wrote or not selects(sql)
        return _Question(sql, arguments)

    def take_writes(self) -> Writes:
        writes, self._writes = self._writes, []
        self.wrote = self.wrote or bool(writes)
        return writes

    def hand_over(self, unit: Unit) -> None:
        """What was announced and learnt, to the Unit at whose end it is true."""
        announced, self._announced = self._announced, []
        for event in announced:
            unit.announce(event)
        for kind, learnt in self._learnt.items():
            for key, what in learnt.items():
                unit.learn(kind, key, what)


class _Member(Generic[R]):
    """One caller: what it wants done, and how far that is."""

    result: R
    unit: _Shared
    begun = False
    overtaken = False  # what it went by the last time, or one beside it, was not so any more

    def __init__(self, database: Database, work: Work[R], key: object, committed: asyncio.Future[bool]) -> None:
        """`committed` will be True: done and committed; or False: nothing of it was done."""
        self.key = key
        self.asks: _Question | None = None
        self.error: Exception | None = None
        self.committed = committed
        self._database = database
        self._work = work
        self._way: Generator[Any, Any, R] | None = None

    def begin(self, now: datetime, *, believes: bool) -> None:
        """From the beginning, with nothing done so far."""
        believes = believes and not (self.begun and self.doubts)
        self.begun = True
        self._leave()
        self.overtaken = False
        self.unit = _Shared(self._database, now, believes=believes)
        self.error = None

    @property
    def doubts(self) -> bool:
        """Whether it has to be done again, asking."""
        refused = self.error is not None and self.unit.went_by_belief
        return refused or bool(self.unit.unproved)

    def go_on(self, rows: Sequence[Record] | None) -> None:
        """To its next question, or its end. Raises _Apart where it is not one of those who can share."""
        self.asks = None
        try:
            if self._way is None:
                self._way = self._work(self.unit).__await__()
            asked = self._way.send(rows)
        except StopIteration as end:
            self.result = end.value
        except _Apart:
            raise
        except Exception as error:
            if self.unit.wrote:
                raise _Apart from error
            self.error = error
        else:
            if not isinstance(asked, _Question):
                raise _Apart
            if self.unit.unproved and not self.unit.wrote and not only_reads(asked.sql):
                # What it believes is locked at its end, and would be after this, which it locks now.
                self.begin(self.unit.now, believes=False)
                self.go_on(None)
            else:
                self.asks = asked

    def overtake(self) -> None:
        """Nothing of it was done, and what it believed may not be so."""
        self.overtaken = True
        for kind, key in self.unit.beliefs:
            self._database.remembered.get(kind, {}).pop(key, None)

    def fail(self, error: Exception) -> None:
        """Nobody knows whether it was done."""
        if not self.committed.done():
            self.committed.set_exception(error)

    def end(self, *, done: bool) -> None:
        """Committed, or with nothing done."""
        self._leave()
        if self.committed.done():
            return
        if done and self.error is not None:
            self.committed.set_exception(self.error)
        else:
            self.committed.set_result(done)

    def _leave(self) -> None:
        if self._way is not None:
            self._way.close()
        self._way = None
