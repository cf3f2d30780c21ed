"""What is over is forgotten by its age, in small bites, each a Unit of its own: what is left, the next run finds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta

from laddnav.db.unit import Database, Unit

BITE = 1_000  # rows that are locked at a time

# Of what was over before then, at most so many; how many there were.
Forget = Callable[[Unit, datetime, int], Awaitable[int]]


async def forget(database: Database, each: Iterable[tuple[Forget, timedelta]], bite: int = BITE) -> int:
    """Says how many rows there were that are older than this."""
    many = 0
    for some, length in each:
        bitten = bite
        while bitten == bite:
            async with database.unit() as unit:
                bitten = await some(unit, unit.now - length, bite)
            many += bitten
    return many
