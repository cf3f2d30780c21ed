"""Group commit: what arrives while Units commit goes into the next one together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from laddnav.db.unit import Database, Unit
from laddnav.kit.refusal import Refusal

T = TypeVar("T")
R = TypeVar("R")
FEW = 8  # what a Unit costs by itself is little for so many


def share(waiting: int, idle: int, most: int) -> int:
    """How many of those who wait go into the next Unit, where so many could be begun.

    All in one would be answered together, speak again together, and wait for the database together ever after.
    """
    return min(most, max(FEW, -(-waiting // max(1, idle))))


class Batch(Generic[T, R]):
    """Hands items to `work`, many in one Unit; each adder goes on when the Unit that holds its item has committed.

    When a Unit fails, its members are tried singly, so that one that is refused does not take the others with it.
    """

    def __init__(
        self,
        database: Database,
        work: Callable[[Unit, Sequence[T]], Awaitable[Sequence[R]]],
        limit: int = 256,
        at_once: int = 1,
    ) -> None:
        """So many items in a Unit at most, and so many Units at once, where no two items need the same row.

        Whoever comes at once is shared out among those that are not open, so that one is worked out while another is
        written.
        """
        self._database = database
        self._work = work
        self._limit = limit
        self._at_once = at_once
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._runners: list[asyncio.Task[None]] = []
        self._busy = 0  # of them, those that have a Unit open

    async def add(self, item: T) -> R:
        """The result for this item, after its commit. Raises what `work` raised for it."""
        promise: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, promise))
        self._run_another()
        return await promise

    def _run_another(self) -> None:
        """Where there is room for one."""
        self._runners = [one for one in self._runners if not one.done()]
        if len(self._runners) < self._at_once:
            self._runners.append(asyncio.create_task(self._run()))

    async def _run(self) -> None:
        # Let everyone who is ready to run add first: frames that arrived in one tick become one Unit.
        await asyncio.sleep(0)
        while taken := self._next():
            self._busy += 1
            if self._waiting:
                self._run_another()
            try:
                await self._together(taken)
            except Exception:  # noqa: BLE001 - whatever it was, each member hears its own error below
                for one in taken:
                    await self._alone(one)
            finally:
                self._busy -= 1

    def _next(self) -> list[tuple[T, asyncio.Future[R]]]:
        """Those who have waited longest, as many as fall to one of the Units that are not open."""
        most = share(len(self._waiting), self._at_once - self._busy, self._limit)
        taken, self._waiting = self._waiting[:most], self._waiting[most:]
        return taken

    async def _together(self, taken: list[tuple[T, asyncio.Future[R]]]) -> None:
        async with self._database.unit(writes=True) as unit:
            results = await self._work(unit, [item for item, _ in taken])
        for (_, promise), result in zip(taken, results, strict=True):
            if not promise.done():
                promise.set_result(result)

    async def _alone(self, one: tuple[T, asyncio.Future[R]]) -> None:
        _, promise = one
        try:
            await self._together([one])
        except (Refusal, Exception) as error:  # noqa: BLE001 - it belongs to who added the item
            if not promise.done():
                promise.set_exception(error)
