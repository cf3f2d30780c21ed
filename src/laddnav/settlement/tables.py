"""A partner's table in bites: bytes become rows, and rows become what the database takes as it is written.

Most rows are written plainly, and one look tells that of the whole row; PostgreSQL reads their numbers and times. Any
other goes through `matching.Reader`, cell by cell: what a row claims does not depend on which way it went.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from operator import itemgetter
from typing import BinaryIO

from msgspec import Struct

from laddnav.kit.ids import fold
from laddnav.settlement.matching import (
    Claim,
    Column,
    File,
    Reader,
    UnreadableRow,
    UnreadableTable,
    delimiter_of,
    evse_key,
)

BLOCK = 2 * 1024 * 1024  # bytes that are looked at together
LINE_MOST = 64 * 1024  # bytes
SEPARATOR = "\x1e"  # of records, as ASCII has it: nothing that a row says has one
_CELLS = tuple(Column)

_NUMBER = r"-?\d{1,11}(?:\.\d{1,9})?"
# Days that every calendar has; a time says its zone.
_DAY = r"(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31"
_INSTANT = (
    rf"[12]\d{{3}}-(?:{_DAY})[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{{1,6}})?)?(?:Z|[+-](?:0\d|1[0-3]):[0-5]\d)"
)
_WRITTEN = {
    Column.ID: r"[!-~]{0,100}",
    Column.EVSE: r"[!-~]{0,100}",
    Column.STARTED: rf"(?:{_INSTANT})?",
    Column.ENDED: rf"(?:{_INSTANT})?",
    Column.KWH: rf"(?:{_NUMBER})?",
    Column.WH: rf"(?:{_NUMBER})?",
    Column.AMOUNT: _NUMBER,
    Column.CURRENCY: r"(?:[A-Z]{3})?",
}
_PLAIN = re.compile("\t".join(_WRITTEN[one] for one in _CELLS), re.ASCII)

Texts = tuple[str, ...]  # (id, evse, started, ended, kwh, wh, amount, currency), as they are written


class Bite(Struct, frozen=True):
    """Rows `numbers` with what each says; others are `unreadable`, with why. `rows` were read until `at`, a byte.

    `ended`: nothing follows.
    """

    numbers: Sequence[int]
    cells: Sequence[Texts]
    unreadable: Sequence[tuple[int, str]]
    rows: int
    at: int
    ended: bool

    def columns(self) -> list[Sequence[str]]:
        """(number, id key, id, evse key, started, ended, kwh, wh, amount, currency), each of all rows."""
        ids, evses, *others = zip(*self.cells, strict=True) if self.cells else [() for _ in _CELLS]
        return [list(map(str, self.numbers)), list(map(fold, ids)), ids, list(map(evse_key, evses)), *others]


def bite(file: File, source: BinaryIO, most: int) -> Bite:
    """The next rows of a table, from where it is read until, at most so many. Raises UnreadableTable."""
    found, at, ended = _rows(file, source, most)
    # What a table does not tell is the cell after its last.
    places = [file.columns.get(column, -1) for column in _CELLS]
    reader, cut, number = Reader(file), itemgetter(*places), file.rows
    numbers, cells, unreadable = list[int](), list[Texts](), list[tuple[int, str]]()
    for row in found:
        if not any(row):
            continue
        number += 1
        texts = _plain(row, cut)
        if texts is None:
            try:
                texts = _texts(reader.claim(number, row[:-1]))
            except UnreadableRow as why:
                unreadable.append((number, str(why)))
                continue
        numbers.append(number)
        cells.append(texts)
    return Bite(numbers, cells, unreadable, number - file.rows, at, ended)


def _plain(row: list[str], cut: itemgetter[Sequence[int]]) -> Texts | None:
    """None: it has to be read with more care. Adds an empty cell to the row."""
    row.append("")
    try:
        texts: Texts = cut(row)
    except IndexError:
        return None
    # Nothing that matches has a tabulator in it.
    return texts if _PLAIN.fullmatch("\t".join(texts)) and (texts[0] or texts[2]) else None


def _texts(one: Claim) -> Texts:
    said = {
        Column.ID: one.id.replace(SEPARATOR, " "),
        Column.EVSE: one.evse,
        Column.STARTED: "" if one.started_at is None else one.started_at.isoformat(),
        Column.ENDED: "" if one.ended_at is None else one.ended_at.isoformat(),
        Column.WH: "" if one.energy_wh is None else str(one.energy_wh),
        Column.AMOUNT: str(one.amount),
        Column.CURRENCY: one.currency,
    }
    return tuple(said.get(column, "") for column in _CELLS)


def _rows(file: File, source: BinaryIO, most: int) -> tuple[Iterable[list[str]], int, bool]:
    """(rows, where the next begins, whether nothing follows). Raises UnreadableTable."""
    source.seek(file.read)
    block = source.read(BLOCK)
    if b'"' in block:  # a row may go on in the next line, or in the next block
        return _careful(file, source, most)
    lines = block.split(b"\n")
    ended = len(block) < BLOCK
    rest = b"" if ended and lines[-1] else lines.pop()
    if max((len(rest), *map(len, lines))) > LINE_MOST:
        raise _too_long()
    ended = ended and len(lines) <= most
    taken = lines[:most]
    at = file.read + min(sum(map(len, taken)) + len(taken), len(block))
    return _read(file, _written(taken)), at, ended


def _written(lines: Sequence[bytes]) -> Sequence[str]:
    try:
        return b"\n".join(lines).decode().split("\n")
    except UnicodeDecodeError:
        return [_text(line) for line in lines]


def _careful(file: File, source: BinaryIO, most: int) -> tuple[list[list[str]], int, bool]:
    source.seek(file.read)
    lines = _Lines(source, file.read)
    rows = list(islice(_read(file, lines), most))
    return rows, lines.at, len(rows) < most


def _read(file: File, lines: Iterable[str]) -> Iterator[list[str]]:
    """Raises UnreadableTable."""
    rows = csv.reader(lines, delimiter=file.delimiter)
    try:
        yield from rows
    except csv.Error as error:
        raise UnreadableTable(f"Row {file.rows + rows.line_num} is no row of a table: {error}") from error


class _Lines:
    """Line by line, and how far that came: `at` is where the next one begins."""

    def __init__(self, source: BinaryIO, at: int) -> None:
        self._source = source
        self.at = at

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._source.readline(LINE_MOST + 1)
        if not line:
            raise StopIteration
        if len(line) > LINE_MOST:
            raise _too_long()
        self.at += len(line)
        return _text(line)


def _too_long() -> UnreadableTable:
    return UnreadableTable(f"A line of the table is longer than {LINE_MOST} bytes")


def _text(line: bytes) -> str:
    """UTF-8, or what Excel wrote before it."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")


def header_of(line: bytes) -> tuple[list[str], str]:
    """(the names of the columns, what stands between them) of the first line of a table."""
    text = _text(line)
    delimiter = delimiter_of(text)
    return next(csv.reader([text], delimiter=delimiter), []), delimiter
