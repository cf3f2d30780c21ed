"""Connections that are at hand are nobody's while somebody waits for one, and none that was cut short is among them."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from laddnav.db.unit import Database
from tests.clock import SetClock

WHO = "select pg_backend_pid()"
STATE = "select state from pg_stat_activity where pid = $1"
SET = "insert into setting (name, value) values ($1, 'on')"


async def test_a_connection_goes_to_whoever_waits_and_else_is_at_hand(database_url: str, clock: SetClock) -> None:
    database = await Database.connect(database_url, clock=clock, size=1)

    async def who() -> int:
        async with database.unit() as unit:
            found: int = await unit.value(WHO)
            assert database.pool.lent == 1
            return found

    async with asyncio.timeout(10):
        assert len(set(await asyncio.gather(*(who() for _ in range(5))))) == 1
        assert database.pool.lent == 0
        with pytest.raises(TimeoutError):
            async with database.unit() as unit, asyncio.timeout(0.01):
                await unit.value("select pg_sleep(60)")
        assert await who() > 0
        await database.close()


async def test_where_more_is_written_soon_a_transaction_begins_with_the_end_of_the_one_before(
    database: Database, database_url: str, clock: SetClock
) -> None:
    other = await Database.connect(database_url, clock=clock, size=1)

    async def write(name: str) -> int:
        async with other.unit(writes=True) as unit:
            unit.write(SET, name)
            found: int = await unit.value(WHO)
            return found

    async def state(pid: int) -> str:
        async with database.unit() as unit:
            found: str = await unit.value(STATE, pid)
            return found

    pid = await write("a")
    assert await write("b") == pid
    assert await state(pid) == "idle in transaction"
    assert other.pool.lent == 0
    async with asyncio.timeout(10):
        while await state(pid) != "idle":
            await asyncio.sleep(0.01)
        await write("c")
        async with other.unit() as unit:  # there is no other connection, and this one is begun
            assert await unit.value("select count(*) from setting where name = any('{a,b,c}')") == 3
        await write("d")
        await other.close()
    async with database.unit() as unit:
        assert await unit.value("select count(*) from setting where name = 'd'") == 1


async def test_a_transaction_that_is_undone_leaves_nothing_to_the_next(database: Database) -> None:
    for name in ("a", "b"):
        with suppress(LookupError):
            async with database.unit(writes=True) as unit:
                unit.write(SET, name)
                await unit.value(WHO)
                if name == "b":
                    raise LookupError
    async with database.unit(writes=True) as unit:
        assert await unit.value("select array_agg(name) from setting where name = any('{a,b}')") == ["a"]


@pytest.mark.parametrize("writes", [False, True])
async def test_a_connection_that_is_lost_while_it_is_at_hand_costs_nobody_anything(
    database: Database, database_url: str, clock: SetClock, writes: bool
) -> None:
    other = await Database.connect(database_url, clock=clock, size=1)

    async def write(name: str) -> int:
        async with other.unit(writes=writes) as unit:
            unit.write(SET, name)
            found: int = await unit.value(WHO)
            return found

    async with asyncio.timeout(10):
        for name in ("a", "b"):
            pid = await write(name)
            cut = asyncio.Event()
            connection = (other.pool._begun or other.pool._at_hand)[-1]
            connection.add_termination_listener(lambda *_, cut=cut: cut.set())
            async with database.unit() as unit:
                await unit.value("select pg_terminate_backend($1, 5000)", pid)
            await cut.wait()
        await write("c")
        assert other.pool.lent == 0
        await other.close()
    async with database.unit() as unit:
        assert await unit.value("select count(*) from setting where name = any('{a,b,c}')") == 3
