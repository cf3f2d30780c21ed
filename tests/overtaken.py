"""Two at one instant: the second begins when the first has done its part, and the first ends when the second waits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from laddnav.db.unit import Database, Unit

A = TypeVar("A")
B = TypeVar("B")

WAITS = "select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')"


async def overtaken(
    database: Database, first: Callable[[Unit], Awaitable[A]], second: Callable[[Unit], Awaitable[B]]
) -> tuple[A, B | BaseException]:
    """What each comes to; the second goes by what it read before the first had ended, unless it waited for it."""

    async def do_second() -> B:
        async with database.unit() as unit:
            return await second(unit)

    async with database.unit() as unit:
        done = await first(unit)
        await unit.value("select 1")  # whatever it wrote is with the database
        doing = asyncio.create_task(do_second())
        await _waits(database, doing)
    (came_to,) = await asyncio.gather(doing, return_exceptions=True)
    return done, came_to


async def _waits(database: Database, doing: asyncio.Task[B]) -> None:
    """Until it waits for what somebody else holds, or waited for nothing."""
    async with asyncio.timeout(10):
        while not doing.done():
            async with database.unit() as unit:
                if await unit.value(WAITS):
                    return
            await asyncio.sleep(0.005)
