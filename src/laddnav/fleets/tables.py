"""Vehicles and departures as tables that people keep in a spreadsheet: CSV with a header, read whole or not at all."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import msgspec
from msgspec import Struct

from laddnav.fleets.model import Departure, Vehicle
from laddnav.fleets.rules import Unfit
from laddnav.fleets.written_departures import DepartureSaid
from laddnav.fleets.written_vehicles import VehicleSaid
from laddnav.kit.ids import fold
from laddnav.kit.refusal import Refusal

ROWS_MAX = 5_000
SHOWN = 20  # faults that a message tells; all of them are in `faults`

Said = TypeVar("Said", VehicleSaid, DepartureSaid)
One = TypeVar("One", Vehicle, Departure)


class Fault(Struct, frozen=True, kw_only=True):
    """`column` is its name in the header; "": the whole line."""

    line: int
    column: str
    why: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.column}: {self.why}" if self.column else f"line {self.line}: {self.why}"


class Faults(Refusal):
    """A table says what cannot be, so nothing of it was taken."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda one: (one.line, one.column)))
        told = [str(one) for one in self.faults[:SHOWN]]
        more = len(self.faults) - len(told)
        super().__init__("Nothing was taken. " + "; ".join(told) + (f"; and {more} more" if more else ""))


class Row(Struct, frozen=True):
    """Numbers are those of the lines in the file, the header's is 1."""

    line: int
    values: dict[str, str]


def columns_of(kind: type[Said]) -> tuple[str, ...]:
    return kind.__struct_fields__


def read(text: str, kind: type[Said]) -> list[tuple[int, Said]]:
    """(line, what it says). Raises Faults."""
    faults: list[Fault] = []
    found: list[tuple[int, Said]] = []
    for row in _rows(text, kind):
        try:
            found.append((row.line, said(row.values, kind)))
        except Unfit as error:
            faults.append(Fault(line=row.line, column=error.field, why=error.why))
    if faults:
        raise Faults(faults)
    return found


def made(
    rows: Iterable[tuple[int, Said]], make: Callable[[Said], One]
) -> tuple[dict[str, tuple[int, One]], list[Fault]]:
    """(line, what its row becomes) by folded id, and the faults of the rows of which nothing can be made."""
    found: dict[str, tuple[int, One]] = {}
    faults: list[Fault] = []
    for line, row in rows:
        try:
            one = make(row)
        except Unfit as error:
            faults.append(Fault(line=line, column=error.field, why=error.why))
            continue
        if fold(one.id) in found:
            faults.append(Fault(line=line, column="id", why=f"{one.id!r} stands on line {found[fold(one.id)][0]} too"))
        found[fold(one.id)] = (line, one)
    return found, faults


def said(values: dict[str, str], kind: type[Said]) -> Said:
    """Of words a struct; what is left empty is as though it were not there. Raises Unfit."""
    given = {name: value for name, value in values.items() if value}
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        raise _unfit(str(error), given) from error


def _unfit(said: str, given: dict[str, str]) -> Unfit:
    """As msgspec says it: a required field that is missing, or what was expected `$.there`."""
    if "missing required field" in said:
        return Unfit(said.split("`")[1], "it is empty")
    field = said.rpartition("$.")[2].rstrip("`")
    return Unfit(field, f"{given.get(field, '')[:40]!r} is no number")


def _rows(text: str, kind: type[Said]) -> Iterator[Row]:
    """Fields are parted by commas, semicolons or tabs, whichever the header has. Raises Faults."""
    text = text.removeprefix("\ufeff")
    head = text.partition("\n")[0]
    mark = max(";,\t", key=head.count) if any(one in head for one in ";,\t") else ","
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    try:
        header = [name.strip().lower() for name in next(lines, [])]
        _check_header(header, kind)
        for count, fields in enumerate(lines, 1):
            if not any(field.strip() for field in fields):
                continue
            if count > ROWS_MAX:
                raise Faults([Fault(line=lines.line_num, column="", why=f"a table has {ROWS_MAX} rows at most")])
            if len(fields) != len(header):
                why = f"it has {len(fields)} fields, and the header has {len(header)}"
                raise Faults([Fault(line=lines.line_num, column="", why=why)])
            values = {name: field.strip() for name, field in zip(header, fields, strict=True)}
            yield Row(lines.line_num, _with_points(values, kind) if mark == ";" else values)
    except csv.Error as error:
        raise Faults([Fault(line=lines.line_num, column="", why=f"it cannot be read as CSV: {error}")]) from error


def _check_header(header: list[str], kind: type[Said]) -> None:
    known = columns_of(kind)
    wrong = [name for name in header if name not in known]
    must = [field.name for field in msgspec.structs.fields(kind) if field.required]
    missing = [name for name in must if name not in header]
    if wrong:
        raise Faults([Fault(line=1, column=name, why=f"there are only {', '.join(known)}") for name in wrong])
    if missing:
        raise Faults([Fault(line=1, column=name, why="this column is missing") for name in missing])
    if len(set(header)) != len(header):
        raise Faults([Fault(line=1, column="", why="a column stands there twice")])


def _with_points(values: dict[str, str], kind: type[Said]) -> dict[str, str]:
    """Who parts fields by semicolons writes 7,4 for 7.4."""
    numbers = {field.name for field in msgspec.structs.fields(kind) if field.type is not str}
    return {name: value.replace(",", ".") if name in numbers else value for name, value in values.items()}


def written(rows: Iterable[Said], kind: type[Said]) -> str:
    """A table that `read` reads."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns_of(kind))
    for one in rows:
        writer.writerow([getattr(one, name) for name in columns_of(kind)])
    return out.getvalue()
