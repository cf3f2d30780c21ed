"""A month's run is broken off at any point, by a process that dies, and goes on: no invoice twice, none missing."""

from __future__ import annotations

import asyncio
import sys

import asyncpg
import pytest

from laddnav.billing import actions as billing
from laddnav.db.unit import Database
from laddnav.ledger import actions as ledger
from laddnav.sim.bench.invoicing import HOLDER, made
from laddnav.sim.bench.store import MONTH_LEFT
from tests.clock import SetClock

RUN = """
import asyncio, sys
from laddnav.billing import actions as billing
from laddnav.db.unit import Database
from laddnav.server.clock import WallClock

async def main():
    database = await Database.connect(sys.argv[1], clock=WallClock())
    await billing.issue_due(database, at_once=10)

asyncio.run(main())
"""
MANY = 300


async def numbers(connection: asyncpg.Connection[asyncpg.Record]) -> list[str]:
    rows = await connection.fetch("select number from invoice where number is not null order by number")
    return [row["number"] for row in rows]


@pytest.mark.long
async def test_a_run_that_is_killed_goes_on_where_it_was(database: Database, database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await made(database, connection, MANY)
    for kills_at in (30, 120, 200):
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", RUN, database_url)
        while MANY - await connection.fetchval(MONTH_LEFT, str(HOLDER)) < kills_at and process.returncode is None:
            await asyncio.sleep(0)
        if process.returncode is None:
            process.kill()
        await process.wait()
        issued = await numbers(connection)
        assert [one.rsplit("-", 1)[1] for one in issued] == [f"{count:05}" for count in range(1, len(issued) + 1)]
    await billing.issue_due(database)
    assert len(await numbers(connection)) == MANY
    posted = await connection.fetchval("select count(*) from ledger_entry where key like 'vat %'")
    assert posted == MANY
    vat = await connection.fetchval("select sum(total_tax) from invoice")
    async with database.unit() as unit:
        balances = {str(one.account): one.amount for one in await ledger.trial_balance(unit, HOLDER)}
        assert await ledger.wrong_sums(unit, HOLDER) == ()
    assert balances["tax:SE:25"] == -vat
    await connection.close()


async def test_a_run_says_how_far_it_has_come(database: Database, database_url: str, clock: SetClock) -> None:
    connection = await asyncpg.connect(database_url)
    await made(database, connection, 3)
    told = list[int]()
    assert await billing.issue_due(database, at_once=2, heard=told.append) == 3
    assert told == [2, 1]
    async with database.unit() as unit:
        owed = {one.debtor.id: one.amount for one in await billing.owed(unit, HOLDER)}
        assert await ledger.wrong_sums(unit, HOLDER) == ()
    asked = await connection.fetch("select debtor_id, to_pay from invoice")
    assert owed == {one["debtor_id"]: one["to_pay"] for one in asked}, "the ledger says what the invoices ask for"
    await connection.close()
