"""Units that share a transaction do and leave what they would do and leave by themselves."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial

import pytest

from laddnav.db import stream
from laddnav.db.events import Event
from laddnav.db.refusals import Collided, MadeMeanwhile, Unreachable
from laddnav.db.rows import Rows
from laddnav.db.together import Together
from laddnav.db.unit import Database, Listener, Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal

US = PartyId("SE", "LAD")
SET = "insert into setting (name, value) values ($1, $2)"
GET = "select value from setting where name = $1"
LOCK = "select value from setting where name = $1 for update"
SET_FIRST = "insert into setting (name, value) values ($1, $2) on conflict do nothing returning value"
CHANGE = "update setting set value = $2 where name = $1"
LIKE = "select name, value from setting where name like $1 order by name desc"
SOMEBODY_WAITS = "select exists (select from pg_stat_activity where wait_event_type = 'Lock')"
COLLIDE = "do $$ begin raise exception using errcode = 'deadlock_detected'; end $$"
TRANSACTION = "select pg_current_xact_id()::text"
STILL = Rows("select true from {rows} join setting using (name, value)", {"name": "text", "value": "text"}, each=True)

FIRST = Rows(
    "insert into setting (name, value) select * from {rows} on conflict do nothing returning true",
    {"name": "text", "value": "text"},
    each=True,
)
FROM = Rows(
    """
update setting set value = rows.after from {rows} where setting.name = rows.name and setting.value = rows.before
returning true
""",
    {"name": "text", "before": "text", "after": "text"},
    each=True,
)


async def count(unit: Unit, name: str, asked: list[str]) -> int:
    """One more, by what is believed; in `asked` once it is not."""
    before = unit.believed("count", (name,), FROM)
    if before is None:
        asked.append(name)
        before = int(await unit.value(LOCK, name))
    unit.write(FROM, name, str(before), str(before + 1))
    unit.learn("count", (name,), before + 1)
    return int(before)


class LampLit(Event, frozen=True, kw_only=True):
    lamp: str

    @property
    def about(self) -> str:
        return self.lamp


async def hear(_: Database, __: Event) -> None: ...


@pytest.fixture
def hears() -> Mapping[type[Event], Sequence[Listener]]:
    return {LampLit: [hear]}


@pytest.fixture
def together(database: Database) -> Together:
    return Together(database, at_once=1)


async def test_who_comes_at_the_same_time_shares_a_transaction(together: Together, database: Database) -> None:
    async def light(unit: Unit, lamp: str) -> str:
        unit.write(SET, lamp, "on")
        unit.announce(LampLit(holder=US, lamp=lamp))
        value: str = await unit.value(TRANSACTION)
        return value

    ids = await asyncio.gather(*(together.run(partial(light, lamp=f"L{n}")) for n in range(20)))
    assert len(set(ids)) == 1
    async with database.unit() as unit:
        assert await unit.value("select count(*) from setting where value = 'on'") == 20
        assert len(await stream.after(unit, "")) == 20
        assert await unit.value("select count(*) from job") == 20


@pytest.mark.parametrize(("many", "most"), [(32, 16), (9, 8), (8, 8)])
async def test_who_comes_at_once_is_shared_out_so_that_one_is_worked_out_while_another_is_written(
    database: Database, many: int, most: int
) -> None:
    async def ask(unit: Unit) -> str:
        value: str = await unit.value(TRANSACTION)
        return value

    together = Together(database)
    ids = await asyncio.gather(*(together.run(ask) for _ in range(many)))
    assert max(Counter(ids).values()) == most  # of the rest there are more where the first is slow


async def test_each_hears_the_rows_of_its_own_question(together: Together, database: Database) -> None:
    async with database.unit() as unit:
        for name in ("a1", "a2", "b1"):
            unit.write(SET, name, f"value of {name}")

    async def read(unit: Unit, like: str) -> tuple[list[dict[str, str]], list[tuple[str, ...]], object]:
        rows = await unit.fetch(LIKE, like)
        return [dict(row) for row in rows], [tuple(row) for row in rows], await unit.value(GET, like)

    a, none, b = await asyncio.gather(*(together.run(partial(read, like=like)) for like in ("a%", "c%", "b1")))
    assert a[0] == [{"name": "a2", "value": "value of a2"}, {"name": "a1", "value": "value of a1"}]
    assert a[1] == [("a2", "value of a2"), ("a1", "value of a1")]
    assert none == ([], [], None)
    assert b[2] == "value of b1"


async def test_each_hears_whether_it_was_the_one_that_wrote(together: Together, database: Database) -> None:
    async def light(unit: Unit, lamp: str, colour: str) -> object:
        return await unit.value(SET_FIRST, lamp, colour)

    lit = [("L1", "red"), ("L2", "green"), ("L1", "blue"), ("L3", "white"), ("L1", "red")]
    done = await asyncio.gather(*(together.run(partial(light, lamp=lamp, colour=colour)) for lamp, colour in lit))
    assert done == ["red", "green", None, "white", None]
    async with database.unit() as unit:
        assert await unit.value(GET, "L1") == "red"


async def test_what_several_ask_at_once_is_asked_once(together: Together) -> None:
    async def look(unit: Unit) -> str:
        value: str = await unit.value("select random()::text")
        return value

    assert len(set(await asyncio.gather(*(together.run(look) for _ in range(5))))) == 1


async def test_who_is_refused_leaves_without_a_trace(together: Together, database: Database) -> None:
    async def light(unit: Unit, lamp: str) -> str:
        await unit.value(GET, lamp)
        unit.write(SET, lamp, "on")
        unit.announce(LampLit(holder=US, lamp=lamp))
        if lamp == "L3":
            raise Refusal("too bright")
        return lamp

    done = await asyncio.gather(*(together.run(partial(light, lamp=f"L{n}")) for n in range(6)), return_exceptions=True)
    assert [str(one) for one in done] == ["L0", "L1", "L2", "too bright", "L4", "L5"]
    async with database.unit() as unit:
        rows = await unit.fetch("select name from setting where name like 'L%' order by name")
        assert [row["name"] for row in rows] == ["L0", "L1", "L2", "L4", "L5"]
        assert len(await stream.after(unit, "")) == 5


@pytest.mark.parametrize("writes", [False, True])
async def test_what_somebody_goes_by_has_to_be_so_at_the_end(database: Database, writes: bool) -> None:
    together, goes_by, tries = Together(database, writes=writes), {"L1": "on", "L2": "off"}, list[str]()
    async with database.unit() as unit:
        for lamp in goes_by:
            unit.write(SET, lamp, "on")

    async def look(unit: Unit, lamp: str) -> str:
        tries.append(lamp)
        so = await unit.holds(STILL, lamp, goes_by[lamp])
        if writes:
            unit.write(SET, f"{lamp} is {goes_by[lamp]}", str(so))
        if lamp == "L2" and so:
            raise Refusal("nobody hears this")
        return f"{lamp}: {so}"

    assert await asyncio.gather(*(together.run(partial(look, lamp=lamp)) for lamp in goes_by)) == [
        "L1: True",
        "L2: False",
    ]
    assert tries == ["L1", "L2", "L1", "L2"]
    async with database.unit() as unit:
        rows = await unit.fetch("select name, value from setting where name like 'L_ is %' order by name")
        assert [tuple(row) for row in rows] == ([("L1 is on", "True"), ("L2 is off", "False")] if writes else [])


async def test_what_is_new_is_inserted_with_what_is_written_last_and_what_is_not_is_asked_after(
    together: Together, database: Database
) -> None:
    tries: list[str] = []

    async def light(unit: Unit, lamp: str, colour: str) -> bool:
        tries.append(lamp)
        new = await unit.insert(FIRST, lamp, colour)
        if new:
            unit.write(SET, f"{lamp} is", colour)
        return new

    assert await asyncio.gather(*(together.run(partial(light, lamp=lamp, colour="red")) for lamp in ("L1", "L2"))) == [
        True,
        True,
    ]
    assert tries == ["L1", "L2"]
    lit = ("L3", "L1", "L4", "L4")
    assert await asyncio.gather(*(together.run(partial(light, lamp=lamp, colour="blue")) for lamp in lit)) == [
        True,
        False,
        True,
        False,
    ]
    assert tries == ["L1", "L2", *lit, *lit]
    async with database.unit() as unit:
        rows = await unit.fetch("select name, value from setting where name like 'L_ is' order by name")
        assert [tuple(row) for row in rows] == [
            ("L1 is", "red"),
            ("L2 is", "red"),
            ("L3 is", "blue"),
            ("L4 is", "blue"),
        ]


async def test_what_is_believed_is_asked_after_once_it_is_not_so_any_more(
    together: Together, database: Database
) -> None:
    """`elsewhere`: another process, which says nothing of what it does."""
    asked: list[str] = []

    async def all_counted() -> list[int]:
        return await asyncio.gather(
            *(together.run(partial(count, name=name, asked=asked), name) for name in ("a", "b", "c"))
        )

    async with database.unit() as unit:
        for name in ("a", "b", "c"):
            unit.write(SET, name, "0")
    assert await all_counted() == [0, 0, 0]
    assert await all_counted() == [1, 1, 1]
    assert asked == ["a", "b", "c"]
    async with database.unit() as elsewhere:
        elsewhere.write(CHANGE, "b", "10")
    assert await all_counted() == [2, 10, 2]
    assert asked == ["a", "b", "c"] * 2
    async with database.unit() as unit:
        assert unit.believed("count", ("a",), FROM) is None, "who is not tried again asks"
        rows = await unit.fetch("select name, value from setting where length(name) = 1 order by name")
        assert [tuple(row) for row in rows] == [("a", "3"), ("b", "11"), ("c", "3")]


async def test_what_is_new_and_is_not_lets_only_those_beside_it_ask(together: Together, database: Database) -> None:
    asked: list[str] = []

    async def light(unit: Unit) -> bool:
        return await unit.insert(FIRST, "lamp", "on")

    async with database.unit() as unit:
        for name in ("a", "b", "lamp"):
            unit.write(SET, name, "0")
    await asyncio.gather(*(together.run(partial(count, name=name, asked=asked), name) for name in ("a", "b")))
    asked.clear()
    new, _ = await asyncio.gather(together.run(light), together.run(partial(count, name="a", asked=asked), "a"))
    assert (new, asked) == (False, ["a"])
    await asyncio.gather(*(together.run(partial(count, name=name, asked=asked), name) for name in ("a", "b")))
    assert asked == ["a"], "who was not beside it goes by what is remembered, and so does everybody afterwards"


async def test_who_has_written_and_proves_nothing_is_undone_with_it(together: Together, database: Database) -> None:
    """Also where it writes of another thing what would prove it of its own."""
    tries = 0

    async def teach(unit: Unit) -> None:
        unit.learn("count", ("a",), 0)

    async def light(unit: Unit) -> None:
        nonlocal tries
        tries += 1
        unit.believed("count", ("a",), FROM)
        unit.write(SET, f"try {tries}", "on")
        await unit.value(GET, "a")
        unit.write(FROM, "b", "0", "1")

    async with database.unit() as unit:
        for name in ("a", "b"):
            unit.write(SET, name, "0")
    await together.run(teach)
    await together.run(light)
    async with database.unit() as unit:
        rows = await unit.fetch("select name, value from setting order by name")
        assert [tuple(row) for row in rows] == [("a", "0"), ("b", "1"), ("try 2", "on")]


@pytest.mark.parametrize("how", ["statement", "written"])
async def test_where_one_spoils_it_for_all_each_is_tried_alone(
    together: Together, database: Database, how: str
) -> None:
    async def light(unit: Unit, lamp: str) -> None:
        unit.write(SET, lamp, "on")
        if lamp == "L1" and how == "statement":
            unit.write(SET, lamp, "on")
        await unit.value(GET, lamp)
        if lamp == "L1" and how == "written":
            raise Refusal("too late")

    done = await asyncio.gather(*(together.run(partial(light, lamp=f"L{n}")) for n in range(4)), return_exceptions=True)
    assert [type(one) for one in done if one is not None] == [MadeMeanwhile if how == "statement" else Refusal]
    async with database.unit() as unit:
        assert await unit.value("select count(*) from setting where name like 'L%'") == 3


@pytest.mark.parametrize("collides", [1, 2, 3])
async def test_who_collides_alone_is_tried_once_more_and_then_told(
    together: Together, database: Database, collides: int
) -> None:
    """PostgreSQL ends one of two that wait for each other, and says so by this error; here it is raised for certain."""
    tries = []

    async def light(unit: Unit) -> None:
        tries.append(unit)
        unit.write(SET, "lamp", f"try {len(tries)}")
        await unit.value(GET, "lamp")
        if len(tries) <= collides:
            await unit.execute(COLLIDE)

    done = await asyncio.gather(together.run(light), return_exceptions=True)
    assert [type(one) for one in done if one is not None] == ([Collided] if collides == 3 else [])
    assert len(tries) == min(collides + 1, 3), "in company, alone, and alone once more"
    async with database.unit() as unit:
        assert await unit.value(GET, "lamp") == (None if collides == 3 else f"try {len(tries)}")


async def test_those_who_could_lock_the_same_take_turns(database: Database) -> None:
    together = Together(database)
    async with database.unit() as unit:
        unit.write(SET, "count", "0")

    async def count(unit: Unit) -> None:
        before = int(await unit.value(LOCK, "count"))
        unit.write(CHANGE, "count", str(before + 1))

    await asyncio.gather(*(together.run(count, "count") for _ in range(30)))
    async with database.unit() as unit:
        assert await unit.value(GET, "count") == "30"


async def _somebody_waits(database: Database) -> bool:
    """Within one transaction it would be so or not for ever."""
    async with database.unit() as unit:
        return bool(await unit.value(SOMEBODY_WAITS))


async def test_who_waits_for_its_turn_keeps_nobody_else_waiting(database: Database) -> None:
    together = Together(database)

    async def lock(unit: Unit, names: Sequence[str]) -> None:
        for name in names:
            await unit.value(LOCK, name)

    async with database.unit() as unit:
        for name in ("held", "count", "other"):
            unit.write(SET, name, "0")
    async with asyncio.timeout(10), database.unit() as holding:
        await holding.value(LOCK, "held")
        first = asyncio.create_task(together.run(partial(lock, names=("count", "held")), "count"))
        while not await _somebody_waits(database):
            await asyncio.sleep(0.01)
        second = asyncio.create_task(together.run(partial(lock, names=("count",)), "count"))
        await together.run(partial(lock, names=("other",)), "other")
        assert not first.done() and not second.done()
    await asyncio.gather(first, second)


async def test_who_waits_for_anything_else_is_left_to_itself(together: Together, database: Database) -> None:
    async def wait(unit: Unit) -> str:
        await asyncio.sleep(0)
        value: str = await unit.value("select 'later'")
        return value

    async def touch(unit: Unit) -> int:
        return await unit.execute(SET, "one", "row")

    async def read(unit: Unit) -> str:
        value: str = await unit.value("select 'now'")
        return value

    found = await asyncio.gather(together.run(wait), together.run(touch), together.run(read))
    assert list[object](found) == ["later", 1, "now"]
    async with database.unit() as unit:
        assert await unit.value(GET, "one") == "row"


async def test_a_caller_who_leaves_does_not_keep_the_others(together: Together, database: Database) -> None:
    async def light(unit: Unit, lamp: str) -> None:
        await unit.value(GET, lamp)
        unit.write(SET, lamp, "on")

    first = asyncio.create_task(together.run(partial(light, lamp="L1")))
    second = asyncio.create_task(together.run(partial(light, lamp="L2")))
    await asyncio.sleep(0)
    first.cancel()
    await second
    async with database.unit() as unit:
        assert await unit.value(GET, "L2") == "on"


async def test_who_comes_again_at_once_is_not_forgotten(together: Together) -> None:
    async def look(unit: Unit) -> str:
        value: str = await unit.value("select 'now'")
        return value

    async with asyncio.timeout(5):
        assert [await together.run(look), await together.run(look)] == ["now", "now"]


async def test_nobody_is_tried_again_where_the_commit_may_have_been_heard(
    together: Together, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit_of = database.unit
    tried = 0

    @asynccontextmanager
    async def hung_up() -> AsyncIterator[Unit]:
        async with unit_of() as unit:
            yield unit
        raise Unreachable("The database hung up")

    async def light(unit: Unit) -> None:
        nonlocal tried
        tried += 1
        unit.write(SET, "L1", "on")

    monkeypatch.setattr(database, "unit", hung_up)
    with pytest.raises(Unreachable):
        await together.run(light)
    assert tried == 1


async def test_a_slow_transaction_lets_another_begin(database: Database) -> None:
    together = Together(database, at_once=1)

    async def sleep(unit: Unit) -> None:
        await unit.value("select pg_sleep(1.5)")

    async def read(unit: Unit) -> str:
        value: str = await unit.value("select 'awake'")
        return value

    slow = asyncio.create_task(together.run(sleep))
    async with asyncio.timeout(1.4):
        await asyncio.sleep(0.02)  # longer than what is slow
        assert await together.run(read) == "awake"
    assert not slow.done()
    slow.cancel()
