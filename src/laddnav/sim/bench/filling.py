"""A ledger of any number of postings, made behind its back, step by step, and looked over as a whole at the end.

A step is one transaction, its sums among it, so that a filling that was broken off at any point goes on with what is
left. The triggers are left out, and what they hold is asked of all entries at once: that each sums to zero, and has its
postings and accounts. Indexes that hold nothing to be unique are made when all is there, as the migrations spell them.
"""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import asyncpg
import structlog

from laddnav.sim.bench import store
from laddnav.sim.bench.load import Refused
from laddnav.sim.network import OURS

log = structlog.get_logger()

OF_AN_ENTRY = 3  # postings
AT_ONCE = 500_000  # entries in a step
SINCE = datetime(2025, 1, 1, tzinfo=UTC)
BYTES = 400  # that a posting takes with its share of the entry, of all indexes and of the log of what was written


class NoRoom(Refused):
    """The disk is too small for so many postings."""

    def __init__(self, folder: Path, free: int, needed: int) -> None:
        gigabytes = f"{needed / 1e9:.0f} GB are needed in {folder}, and {free / 1e9:.0f} are free"
        super().__init__(f"{gigabytes}; LADDNAV_BENCH_LEDGER names a folder on another disk")


def room(folder: Path, postings: int) -> None:
    """Raises NoRoom."""
    free, needed = shutil.disk_usage(folder).free, postings * BYTES
    if free < needed:
        raise NoRoom(folder, free, needed)


async def filled(connection: asyncpg.Connection[asyncpg.Record]) -> int:
    """How many postings were made so far."""
    last = await connection.fetchval(store.LEDGER_LAST, str(OURS))
    return 0 if last is None else int(last[1:]) * OF_AN_ENTRY


async def fill(connection: asyncpg.Connection[asyncpg.Record], many: int) -> None:
    """So many postings, beside what was posted otherwise. Raises Refused where they are not as the ledger's own."""
    entries, made = many // OF_AN_ENTRY, await filled(connection) // OF_AN_ENTRY
    began = perf_counter()
    if made < entries:
        await connection.execute(store.LEDGER_INDEXES)
        for index in await connection.fetch(store.LEDGER_TO_INDEX):
            await connection.execute(f"drop index if exists {index['name']}")
    for first in range(made + 1, entries + 1, AT_ONCE):
        last = min(first + AT_ONCE - 1, entries)
        async with connection.transaction():
            await connection.execute(store.LEDGER_BEFORE)
            await connection.execute(store.LEDGER_ACCOUNTS, str(OURS), SINCE)
            for statement in (store.LEDGER_ENTRIES, store.LEDGER_POSTINGS, store.LEDGER_DAYS, store.LEDGER_MONTHS):
                await connection.execute(statement, str(OURS), SINCE, first, last)
        log.info("ledger_filling", entries=last, of=entries, seconds=round(perf_counter() - began))
    await _indexed(connection)
    await connection.execute(store.LEDGER_SETTLE)
    await looked_over(connection)


async def _indexed(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """Again, as far as a filling that was broken off has not come to that."""
    await connection.execute(store.LEDGER_INDEXES)
    for index in await connection.fetch(store.LEDGER_TO_INDEX):
        began = perf_counter()
        await connection.execute(index["spelt"])
        log.info("ledger_indexed", index=index["name"], seconds=round(perf_counter() - began))
    await connection.execute(store.LEDGER_INDEXED)


async def looked_over(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """Raises Refused."""
    for what, question in store.LEDGER_WRONG.items():
        began = perf_counter()
        if found := await connection.fetchval(question, str(OURS)):
            raise Refused(f"{what}: {found}")
        log.info("ledger_looked_over", wrong=what, found=0, seconds=round(perf_counter() - began))
