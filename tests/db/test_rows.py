"""What is written as columns: many rows as one statement, and several such statements as one."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from laddnav.db.refusals import Unstorable
from laddnav.db.rows import Lines, Rows, as_it_is, runs, together
from laddnav.db.unit import Database

LAMPS = Rows("insert into lamp select * from {rows}", {"name": "text", "lit": "boolean"}, key=1)
COINS = Rows("insert into coin select * from {rows}", {"worth": "integer"})
SET = Rows(
    "insert into setting (name, value) select * from {rows} on conflict (name) do update set value = excluded.value",
    {"name": "text", "value": "text"},
    key=1,
)

TOLD = Lines(
    "insert into setting (name, value) select name, concat_ws(' ', text, at at time zone 'UTC', number) from {rows}",
    {"name": "text", "text": "text", "at": "timestamptz", "number": "numeric"},
)
LONG = Lines(
    "insert into setting (name, value) select name, concat_ws(' ', number, text) from {rows}",
    {"name": "text", "number": "numeric", "text": "text"},
    key=1,
    long=True,
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


async def test_json_travels_in_a_line_as_it_is_and_is_kept_letter_by_letter(database: Database) -> None:
    """A string on its way is what the database could not read: half of a character, and what it has no room for."""
    plain = ['[2,  "a" ,{"b":\t1.50,"b":-0e+5}]', '{"ö":[null,"\x7f\u2028"]}', "[]", "[" * 500 + "]" * 500]
    odd = [r'["\ud800"]', r'["\u0000 \n"]', ' ["a"]', '["a"]\n', "", "garbage", "[not JSON]"[1:]]
    async with database.unit() as unit:
        for number, text in enumerate(plain + odd):
            unit.write(TOLD, f"{number:02}", as_it_is(text), None, None)
    async with database.unit() as unit:
        rows = await unit.fetch("select value from setting order by name")
    assert [row["value"] for row in rows] == plain + odd
    assert not any(isinstance(as_it_is(text), str) for text in plain)


async def test_many_short_rows_are_one_argument_and_arrive_as_they_were(database: Database) -> None:
    at = datetime(2026, 11, 22, 5, 30, 0, 123456, tzinfo=UTC)
    async with database.unit() as unit:
        unit.write(TOLD, "a", 'two\nlines, a "quote", a \\ and an ö', None, None)
        unit.write(TOLD, "b", "exact", at, Decimal("0.1000000000000000000000001"))
        unit.write(SET, "c", "beside it")
        unit.write(LONG, "d", Decimal("1.50"), b'a "long"\ntext')
        unit.write(LONG, "e", None, "and {another} öne".encode())
    async with database.unit() as unit:
        rows = await unit.fetch("select name, value from setting order by name")
    assert [row["value"] for row in rows] == [
        'two\nlines, a "quote", a \\ and an ö',
        "exact 2026-11-22 05:30:00.123456 0.1000000000000000000000001",
        "beside it",
        '1.50 a "long"\ntext',
        "and {another} öne",
    ]


@pytest.mark.parametrize("text", ["NUL \0", "half a pair \ud800"])
async def test_a_text_that_cannot_be_kept_is_refused_as_such_on_either_way(database: Database, text: str) -> None:
    for statement, *row in (
        (SET, "a", text),
        (TOLD, "a", text, None, None),
        (LONG, "a", 1, text.encode(errors="surrogatepass")),
        (LONG, text, 1, b"a"),
    ):
        with pytest.raises(Unstorable):
            async with database.unit() as unit:
                unit.write(statement, *row)
