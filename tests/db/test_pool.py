"""Connections that are at hand are nobody's while somebody waits for one, and none that was cut short is among them."""

from __future__ import annotations

import asyncio

import pytest

from laddnav.db.unit import Database
from tests.clock import SetClock

WHO = "select pg_backend_pid()"


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
