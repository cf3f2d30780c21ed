"""What the database cannot take is told by whose move is next, and nothing of it stays behind."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest
import structlog

from laddnav.db import stream
from laddnav.db.refusals import Collided, MadeMeanwhile, Undone, Unreachable, Unstorable, in_common
from laddnav.db.unit import Database
from laddnav.server.problems import problem
from tests.clock import SetClock

SET = "insert into setting (name, value) values ($1, $2)"
CHANGE = "update setting set value = $2 where name = $1"
GET = "select value from setting where name = $1"


@pytest.mark.parametrize("text", ["\x00", "a\x00b", "\ud800"])
async def test_a_text_that_cannot_be_kept_is_refused_and_not_repeated(database: Database, text: str) -> None:
    with pytest.raises(Unstorable) as read:
        async with database.unit() as unit:
            await unit.value(GET, text)
    with pytest.raises(Unstorable):
        async with database.unit() as unit:
            unit.write(SET, "colour", text)
    assert text not in str(read.value)
    async with database.unit() as unit:
        assert await unit.value(GET, "colour") is None


async def test_what_was_made_meanwhile_may_be_tried_again_and_is_seen_by_the_name_of_its_key(
    database: Database,
) -> None:
    """Whoever looked before and writes without a turn; a slip that never ends is not to look like bad luck."""
    with structlog.testing.capture_logs() as logs, pytest.raises(MadeMeanwhile) as told:
        async with database.unit() as unit:
            unit.write(SET, "colour", "amber")
            unit.write(SET, "colour", "green")
    assert logs == [{"event": "made_meanwhile", "log_level": "error", "table": "setting", "constraint": "setting_pkey"}]
    answer = problem(told.value)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert not in_common(told.value), "what is done next may well be done"
    assert in_common(Unreachable("away")) and in_common(ConnectionError())
    async with database.unit() as unit:
        assert await unit.value(GET, "colour") is None


@pytest.mark.parametrize("number", [2**31, -(2**31) - 1, 2**80])
async def test_a_number_beyond_its_column_is_refused(database: Database, number: int) -> None:
    with pytest.raises(Unstorable):
        async with database.unit() as unit:
            await unit.value("select $1::int", number)


async def test_a_mistake_of_ours_is_no_refusal(database: Database) -> None:
    with pytest.raises(asyncpg.DataError):
        async with database.unit() as unit:
            await unit.value(GET, 5)


async def test_a_unit_that_failed_halfway_never_looks_committed(database: Database) -> None:
    """PostgreSQL answers the commit of a failed transaction with a rollback, and no error."""
    with pytest.raises(Undone):
        async with database.unit() as unit:
            await unit.execute(SET, "colour", "amber")
            with pytest.raises(Unstorable):
                await unit.value(GET, "\x00")
    async with database.unit() as unit:
        assert await unit.value(GET, "colour") is None


async def test_of_two_units_that_wait_for_each_other_one_gives_way(database: Database) -> None:
    async with database.unit() as unit:
        for name in ("colour", "shape"):
            unit.write(SET, name, "none")
    both = asyncio.Barrier(2)

    async def change(first: str, then: str) -> None:
        async with database.unit() as unit:
            await unit.execute(CHANGE, first, then)
            await both.wait()
            await unit.execute(CHANGE, then, first)

    ends = await asyncio.gather(change("colour", "shape"), change("shape", "colour"), return_exceptions=True)
    assert sorted(type(one).__name__ for one in ends) == [Collided.__name__, "NoneType"]


async def test_a_connection_that_died_in_a_unit_goes_back_to_the_pool(database_url: str, clock: SetClock) -> None:
    """Else a few restarts of PostgreSQL would leave nobody a connection."""
    database = await Database.connect(database_url, clock=clock, size=1)
    for _ in range(2):
        with pytest.raises(Unreachable):
            async with database.unit() as unit:
                pid = await unit.value("select pg_backend_pid()")
                other = await asyncpg.connect(database_url)
                await other.execute("select pg_terminate_backend($1, 5000)", pid)
                await other.close()
                await unit.value("select 1")
    async with asyncio.timeout(10), database.unit() as unit:
        assert await unit.value("select 1") == 1
    await database.close()


@pytest.mark.parametrize(
    "cursor", ["yesterday", "1", "1-", "-1", "٣-٣", "1-99999999999999999999", "99999999999999999999999-1", "1-1\x00"]
)
async def test_what_is_no_cursor_is_refused_by_name(database: Database, cursor: str) -> None:
    with pytest.raises(stream.NotACursor):
        async with database.unit() as unit:
            await stream.after(unit, cursor)
