"""What many say at the same time is committed together, several Units at a time, and each hears its own."""

import asyncio
from collections.abc import Sequence

from laddnav.db.batch import Batch
from laddnav.db.refusals import MadeMeanwhile
from laddnav.db.unit import Database, Unit

SET = "insert into setting (name, value) values ($1, $2)"


async def test_what_arrives_during_a_commit_goes_into_the_next_one_together(database: Database) -> None:
    sizes: list[int] = []

    async def work(unit: Unit, items: Sequence[str]) -> Sequence[str]:
        sizes.append(len(items))
        for item in items:
            unit.write(SET, item, item)
        return [item.upper() for item in items]

    batch = Batch(database, work)
    assert await asyncio.gather(*(batch.add(f"n{i}") for i in range(50))) == [f"N{i}" for i in range(50)]
    assert sum(sizes) == 50
    assert len(sizes) < 5


async def test_while_one_unit_of_a_batch_waits_the_next_is_worked_on(database: Database) -> None:
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def work(unit: Unit, items: Sequence[str]) -> Sequence[str]:
        for item in items:
            unit.write(SET, item, item)
        if "slow" in items:
            begun.set()
            await may_end.wait()
        return items

    batch = Batch(database, work, at_once=2)
    slow = asyncio.create_task(batch.add("slow"))
    await begun.wait()
    assert [await batch.add(item) for item in ("a", "b")] == ["a", "b"]
    assert not slow.done()
    may_end.set()
    assert await slow == "slow"
    async with database.unit() as unit:
        assert {row["name"] for row in await unit.fetch("select name from setting")} == {"a", "b", "slow"}


async def test_who_comes_at_once_is_shared_out_so_that_one_unit_is_worked_out_while_another_is_written(
    database: Database,
) -> None:
    """All in one would be answered together, speak again together, and wait for the database together ever after."""
    sizes: list[int] = []
    may_end = asyncio.Event()

    async def work(unit: Unit, items: Sequence[int]) -> Sequence[int]:
        sizes.append(len(items))
        if len(sizes) == 3:
            may_end.set()
        await may_end.wait()
        return items

    batch = Batch(database, work, at_once=3)
    async with asyncio.timeout(5):
        assert await asyncio.gather(*(batch.add(n) for n in range(100))) == [*range(100)]
    assert sizes == [34, 33, 33]


async def test_a_handful_shares_a_unit_however_many_could_be_open(database: Database) -> None:
    sizes: list[int] = []

    async def work(unit: Unit, items: Sequence[int]) -> Sequence[int]:
        sizes.append(len(items))
        return items

    batch = Batch(database, work, at_once=3)
    await asyncio.gather(*(batch.add(n) for n in range(8)))
    assert sizes == [8]


async def test_who_says_more_as_soon_as_it_is_answered_is_not_forgotten(database: Database) -> None:
    async def work(unit: Unit, items: Sequence[int]) -> Sequence[int]:
        await unit.value("select 1")
        return items

    async def talk(batch: Batch[int, int], first: int) -> list[int]:
        return [await batch.add(n) for n in range(first, first + 20)]

    batch = Batch(database, work, at_once=3)
    async with asyncio.timeout(10):
        said = await asyncio.gather(*(talk(batch, first) for first in range(0, 600, 20)))
    assert [n for some in said for n in some] == [*range(600)]


async def test_a_refused_member_of_a_batch_does_not_take_the_others_with_it(database: Database) -> None:
    async def work(unit: Unit, items: Sequence[str]) -> Sequence[str]:
        for item in items:
            unit.write(SET, item, item)
        return items

    batch = Batch(database, work)
    results = await asyncio.gather(*(batch.add(item) for item in ("a", "b", "a", "c")), return_exceptions=True)
    assert results[0] == "a"
    assert isinstance(results[2], MadeMeanwhile)
    async with database.unit() as unit:
        assert {row["name"] for row in await unit.fetch("select name from setting")} == {"a", "b", "c"}
