"""What is written as columns: many rows as one statement, and several such statements as one."""

from laddnav.db.rows import Rows, runs, together
from laddnav.db.unit import Database

LAMPS = Rows("insert into lamp select * from {rows}", key=1, name="text", lit="boolean")
COINS = Rows("insert into coin select * from {rows}", worth="integer")
SET = Rows(
    "insert into setting (name, value) select * from {rows} on conflict (name) do update set value = excluded.value",
    key=1,
    name="text",
    value="text",
)


def test_rows_that_follow_each_other_travel_together_and_in_their_order_with_what_does_not() -> None:
    lamps, coins, other = (LAMPS, [("a", True)]), (COINS, [(1,)]), ("delete from lamp", [()])
    assert runs([lamps, coins, other, coins, lamps, coins]) == [[lamps, coins], [other], [coins, lamps], [coins]]


def test_of_several_rows_about_the_same_the_later_one_counts() -> None:
    assert together([(LAMPS, [("a", True), ("b", True), ("a", False)])])[1:] == (("a", "b"), (False, True))
    assert together([(COINS, [(1,), (1,)])])[1:] == ((1, 1),)


def test_several_are_one_statement_whose_arguments_are_counted_on() -> None:
    sql, *arguments = together([(LAMPS, [("a", True)]), (COINS, [(1,), (2,)])])
    assert sql == (
        "with write_0 as ("
        "insert into lamp select * from unnest((select $1::text[]), $2::boolean[]) as rows(name, lit)) "
        "insert into coin select * from unnest((select $3::integer[])) as rows(worth)"
    )
    assert arguments == [("a",), (True,), (1, 2)]


async def test_the_same_row_written_twice_is_as_it_was_written_last(database: Database) -> None:
    async with database.unit() as unit:
        unit.write(SET, "a", "1")
        unit.write(SET, "b", "1")
        unit.write(SET, "a", "2")
        assert await unit.value("select count(*) from setting") == 2
    async with database.unit() as unit:
        rows = await unit.fetch("select name, value from setting order by name")
        assert [tuple(row) for row in rows] == [("a", "2"), ("b", "1")]
