"""What is looked up by key for many at once is asked in one statement."""

from laddnav.db.lookups import lookup
from laddnav.db.unit import Database

VALUE = lookup("select value from setting where name = $1 for update", "text")


async def test_each_hears_the_rows_of_its_own_key_and_nothing_else(database: Database) -> None:
    async with database.unit() as unit:
        for name in "ab":
            unit.write("insert into setting (name, value) values ($1, $2)", name, name.upper())
    async with database.unit() as unit:
        found = await unit.fetch_each(VALUE, [("b",), ("nobody",), ("a",), ("b",)])
        assert [[tuple(row) for row in rows] for rows in found] == [[("B",)], [], [("A",)], [("B",)]]
        # Of a key alone nothing is different.
        assert [tuple(row) for row in await unit.fetch(VALUE, "a")] == [("A",)]


async def test_what_was_looked_up_is_locked(database: Database) -> None:
    async with database.unit() as unit:
        for name in "abc":
            unit.write("insert into setting (name, value) values ($1, $2)", name, "")
    async with database.unit() as unit, database.unit() as other:
        await unit.fetch_each(VALUE, [("a",), ("b",)])
        free = await other.fetch("select name from setting for update skip locked")
        assert [row["name"] for row in free] == ["c"]
