"""Tables as databases write them to files: CSV with a header, the pairs of `mysqldump --tab`, and JSON; pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from msgspec import Struct

from laddnav.kit import json
from laddnav.kit.json import Unreadable, sane
from laddnav.kit.refusal import Refusal
from laddnav.kit.time import EARLIEST, utc


class WrongFile(Refusal):
    """A file of an export cannot be read, or is not what its name says."""

    def __init__(self, file: str, line: int, why: str) -> None:
        super().__init__(f"{file}, line {line}: {why}")
        self.file, self.line, self.why = file, line, why


class Missing(Refusal):
    """A table without which an export says nothing."""

    def __init__(self, table: str, seen: Sequence[str]) -> None:
        files = ", ".join(seen) or "none"
        super().__init__(f"The export has no file of the table {table!r} (files: {files})")
        self.table = table


class Unfit(Refusal):
    """A value that is not what its column holds: its row is left out."""


class Row(Struct, frozen=True):
    """`place` is the file and the line, or the number of the object. "" and NULL are both nothing."""

    place: str
    values: Mapping[str, Any]

    def text(self, column: str) -> str | None:
        value = self.values.get(column)
        said = "" if value is None or isinstance(value, dict | list) else str(value).strip()
        return said or None

    def must(self, column: str) -> str:
        """Raises Unfit."""
        said = self.text(column)
        if said is None:
            raise Unfit(f"{column} is empty")
        return said

    def number(self, column: str) -> int | None:
        """Raises Unfit."""
        said = self.text(column)
        if said is None:
            return None
        if not re.fullmatch(r"-?\d{1,18}", said):
            raise Unfit(f"{column} is {said[:40]!r}, which is no whole number")
        return int(said)

    def amount(self, column: str) -> Decimal | None:
        """Raises Unfit."""
        said = self.text(column)
        if said is None:
            return None
        try:
            return sane(Decimal(said))
        except (InvalidOperation, ValueError) as error:
            raise Unfit(f"{column} is {said[:40]!r}, which is no number") from error

    def instant(self, column: str) -> datetime | None:
        """Without a zone it is UTC, as `mysqldump` and PostgreSQL write it. Raises Unfit."""
        said = self.text(column)
        if said is None:
            return None
        try:
            # PostgreSQL writes +00 for a zone.
            at = utc(datetime.fromisoformat(re.sub(r"([+-]\d\d)\Z", r"\1:00", said)))
        except (ValueError, OverflowError) as error:
            raise Unfit(f"{column} is {said[:40]!r}, which is no time") from error
        if at.year < EARLIEST:
            raise Unfit(f"{column} is {said[:40]!r}, before {EARLIEST}")
        return at

    def truth(self, column: str) -> bool:
        return (self.text(column) or "").lower() in ("t", "true", "1", "yes")

    def listed(self, column: str) -> tuple[str, ...]:
        return tuple((self.text(column) or "").replace(",", " ").split())


Tables = Mapping[str, Sequence[Row]]


def read(files: Mapping[str, str]) -> dict[str, list[Row]]:
    """By the name of the table in small letters, which is that of its file. Raises WrongFile."""
    named = {_stem(name): name for name in files if not name.endswith(".sql")}
    described = {_stem(name): files[name] for name in files if name.endswith(".sql")}
    return {table: list(_rows(name, files[name], described.get(table))) for table, name in named.items()}


def need(tables: Tables, table: str, *columns: str) -> Sequence[Row]:
    """Raises Missing, WrongFile."""
    if table not in tables:
        raise Missing(table, sorted(tables))
    return has(tables, table, *columns)


def has(tables: Tables, table: str, *columns: str) -> Sequence[Row]:
    """None of it where there is no such table. Raises WrongFile."""
    rows = tables.get(table, ())
    for row in rows[:1]:
        for column in columns:
            if column not in row.values:
                known = ", ".join(row.values)
                raise WrongFile(row.place.partition(",")[0], 1, f"no column {column!r} ({known})")
    return rows


def each(rows: Sequence[Row], read_row: Callable[[Row], None], left: Callable[[str, str], None]) -> None:
    """Row by row; one that holds what it should not is left out with the reason."""
    for row in rows:
        try:
            read_row(row)
        except Unfit as error:
            left(row.place, str(error))


def _stem(name: str) -> str:
    """`public."Transactions".csv` is the table transactions."""
    stem = name.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    return stem.rsplit(".", 1)[-1].strip('"').lower()


def _rows(name: str, text: str, described: str | None) -> Iterator[Row]:
    text = text.removeprefix("\ufeff")
    if text.lstrip()[:1] in ("[", "{"):
        yield from _objects(name, text)
    elif described is not None:
        yield from _dumped(name, text, _COLUMN.findall(described))
    else:
        yield from _comma_separated(name, text)


# A column of `create table` as mysqldump writes it.
_COLUMN = re.compile(r"^\s+`([^`]+)`", re.MULTILINE)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_MEANS = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}


def _dumped(name: str, text: str, columns: Sequence[str]) -> Iterator[Row]:
    """Tabs between values, a backslash before what is meant as it stands, and \\N for NULL."""
    for number, line in enumerate(re.findall(r"((?:[^\\\n]|\\.)+)(?:\n|\Z)", text, re.DOTALL), 1):
        cells = re.split(r"(?<!\\)\t", line)
        if len(cells) != len(columns):
            raise WrongFile(name, number, f"{len(cells)} values, where its .sql names {len(columns)} columns")
        values = [None if cell == r"\N" else _ESCAPED.sub(_plain, cell) for cell in cells]
        yield Row(f"{name}, line {number}", dict(zip(columns, values, strict=True)))


def _plain(escaped: re.Match[str]) -> str:
    return _MEANS.get(escaped[1], escaped[1])


def _comma_separated(name: str, text: str) -> Iterator[Row]:
    """A quote that is never closed would take the rest of the file for one value, so it is an error."""
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns: list[str] = []
    try:
        for cells in reader:
            if not columns:
                columns = [cell.strip() for cell in cells]
                continue
            if not cells:
                continue
            if len(cells) != len(columns):
                raise WrongFile(name, reader.line_num, f"{len(cells)} values, where its header has {len(columns)}")
            values = {
                column: None if cell in ("", r"\N", "NULL") else cell
                for column, cell in zip(columns, cells, strict=True)
            }
            yield Row(f"{name}, line {reader.line_num}", values)
    except csv.Error as error:
        raise WrongFile(name, reader.line_num, str(error)) from error


def _objects(name: str, text: str) -> Iterator[Row]:
    """A list, a list under `data`, or an object a line."""
    try:
        found: Any = json.decode(text, Any)
    except Unreadable as error:
        lines = [line for line in text.splitlines() if line.strip()]
        try:
            found = [json.decode(line, dict[str, Any]) for line in lines]
        except Unreadable:
            raise WrongFile(name, 1, f"neither JSON nor an object a line: {error}") from error
    if isinstance(found, dict):
        found = found.get("data", [found])
    if not isinstance(found, list):
        raise WrongFile(name, 1, "its data are no list")
    for number, one in enumerate(found, 1):
        if not isinstance(one, dict):
            raise WrongFile(name, 1, f"object {number} of its list is none")
        yield Row(f"{name}, object {number}", one)
