"""Writes that are columns to the database: the rows of many travel as one statement, and several of those as one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from msgspec import Raw, defstruct

from laddnav.kit import json

Arguments = tuple[Any, ...]
MANY = 1_000_000  # more than ever travel together


class Rows:
    """A write that takes what it writes `from {rows}`, whose `columns` have these names and types.

    It must not look at what may be written along with it. `key`: so many of the columns, the first ones, say which row
    it is; of several that are the same the last one counts. `each`: it gives a row back for each of its rows that it
    finds, or writes, and where it is not all of them, nothing is done of what travels with it (Overtaken). `first`:
    of those it finds its rows before the others do, as whoever asks locks them before, or two would wait in a ring.
    """

    def __init__(
        self, sql: str, columns: Mapping[str, str], *, key: int = 0, each: bool = False, first: bool = False
    ) -> None:
        self.each = each
        self.first = first
        self._sql = sql.strip()
        self._key = key
        self._columns = columns

    def __len__(self) -> int:
        """How many arguments it takes."""
        return len(self._columns)

    def numbered(self, first: int) -> str:
        """The statement, whose first argument has this number."""
        arrays = [f"${number}::{kind}[]" for number, kind in enumerate(self._columns.values(), first)]
        # How many rows there are is kept from the planner, or it would plan anew for each group of few.
        arrays[0] = f"(select {arrays[0]})"
        return self._sql.format(rows=f"unnest({', '.join(arrays)}) as rows({', '.join(self._columns)})")

    def asked(self, *row: Any) -> tuple[Any, ...]:
        """(the statement for this row alone, its arguments …)."""
        return self.numbered(1), *self.columns([row])

    def columns(self, rows: Sequence[Arguments]) -> Iterable[Any]:
        """The arguments."""
        return zip(*rows, strict=True)

    def newest(self, rows: Sequence[Arguments]) -> Sequence[Arguments]:
        return list({row[: self._key]: row for row in rows}.values()) if self._key else rows


class Lines(Rows):
    """A write of rows that travel as one line of JSON each, but for one `long` text of each, the last of its columns.

    The driver looks at every element of a column more than once, which for readings and frames cost more than all else.
    A long text is cheaper as a column: in JSON it would be escaped, and read once more. It is given as UTF-8, in which
    it came or was written and goes on: a text with an ö in it takes ten times as long to spell so as one without.
    """

    def __init__(
        self,
        sql: str,
        columns: Mapping[str, str],
        *,
        key: int = 0,
        each: bool = False,
        first: bool = False,
        long: bool = False,
    ) -> None:
        super().__init__(sql, columns, key=key, each=each, first=first)
        self._long = long
        self._short = tuple(columns)[: len(columns) - long]
        # What is not said is null to the database.
        self._line = defstruct("Line", [(name, Any, None) for name in self._short], omit_defaults=True, gc=False)

    def __len__(self) -> int:
        return 1 + self._long

    def numbered(self, first: int) -> str:
        shape = ", ".join(f"{name} {self._columns[name]}" for name in self._short)
        lines = f"json_to_recordset(${first}::json) as"
        if self._long:
            *short, long = self._columns
            texts = f"unnest((select ${first + 1}::bytea[]))"
            told = ", ".join([*short, f"convert_from({long}, 'UTF8') as {long}"])
            named = f"rows from ({lines} ({shape}), {texts}) as rows({', '.join(self._columns)})"
        else:
            told, named = "*", f"{lines} rows({shape})"
        # Of a limit that it does not know the planner thinks that a tenth is left. A function in JSON counts for 100
        # rows, for which it would read a table of some thousands from end to end rather than look 16 up.
        return self._sql.format(rows=f"(select {told} from {named} limit (select {MANY})) as rows")

    def columns(self, rows: Sequence[Arguments]) -> Iterable[Any]:
        if not self._long:
            yield json.encode([self._line(*row) for row in rows]).decode()
            return
        yield json.encode([self._line(*row[:-1]) for row in rows]).decode()
        yield [row[-1] for row in rows]


def as_it_is(text: str) -> Raw | str:
    """An object or an array of JSON, to be kept letter by letter as text: in a line it need not become a string first.

    Only a string can tell the database of a character that it has no room for, or that is half of one.
    """
    return text if "\\" in text or text[:1] not in _OPENS or text[-1:] not in _CLOSES else Raw(text)


_OPENS, _CLOSES = frozenset("[{"), frozenset("]}")

Write = tuple[str | Rows, list[Arguments]]


def runs(writes: Iterable[Write]) -> list[list[Write]]:
    """What can travel together: Rows that follow each other, and are not the same."""
    found: list[list[Write]] = []
    met: set[Rows] = set()
    for statement, rows in writes:
        if not isinstance(statement, Rows):
            met = set()
        elif met and statement not in met:
            met.add(statement)
            found[-1].append((statement, rows))
            continue
        else:
            met = {statement}
        found.append([(statement, rows)])
    return found


def together(run: Iterable[Write]) -> tuple[Any, ...]:
    """(one statement that does what these do, its arguments …)."""
    several = [(statement, statement.newest(rows)) for statement, rows in run if isinstance(statement, Rows)]
    arguments = [column for statement, rows in several for column in statement.columns(rows)]
    wanted = [len(rows) for statement, rows in several if statement.each]
    if wanted:
        arguments.append(sum(wanted))
    return _one(tuple(statement for statement, _ in several)), *arguments


@lru_cache(maxsize=1024)
def _one(several: tuple[Rows, ...]) -> str:
    first = 1
    statements = []
    for one in several:
        statements.append(one.numbered(first))
        first += len(one)
    # A write that is counted is done when it is counted, and a sum counts from left to right.
    counted = sorted((not one.first, number) for number, one in enumerate(several) if one.each)
    found = " + ".join(f"(select count(*) from write_{number})" for _, number in counted)
    last = f"select all_held({found}, ${first})" if found else statements.pop()
    named = ", ".join(f"write_{number} as ({statement})" for number, statement in enumerate(statements))
    return f"with {named} {last}" if named else last
