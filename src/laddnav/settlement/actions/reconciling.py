"""Hold a partner's table of CDRs against ours: read in bites, matched by id, then by facts; it goes on where it was."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import BinaryIO

from msgspec.structs import replace

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.ledger.rules import month_of
from laddnav.parties import actions as parties
from laddnav.parties.rules import zone_of
from laddnav.people import actions as people
from laddnav.settlement import matching
from laddnav.settlement.events import FileWentOn
from laddnav.settlement.matching import (
    Cause,
    Claim,
    Difference,
    File,
    Phase,
    Reader,
    UnknownFile,
    UnreadableRow,
    UnreadableTable,
)
from laddnav.settlement.model import Side
from laddnav.settlement.rules import SettlesWithItself
from laddnav.settlement.store import claims as store

BITE = 20_000  # rows in a Unit
JUDGED = 5_000  # differences in a Unit
LINE_MOST = 64 * 1024  # bytes
BY_EVSE = timedelta(minutes=15)  # so far a start at the same Evse may be off
BY_TIME = timedelta(minutes=2)  # where no Evse is told

Told = Callable[[File], None]


async def begin(
    unit: Unit,
    holder: PartyId,
    partner: PartyId,
    *,
    side: Side,
    month: str,
    currency: str,
    name: str,
    size: int,
    digest: str,
    header: bytes,
    said: Mapping[str, str] | None = None,
    by: str,
) -> File:
    """New, or the same file where it broke off. `header` is its first line, `said` which column is called what.

    Raises UnreadableTable, NotAMonth, SettlesWithItself, UnknownParty.
    """
    if partner == holder:
        raise SettlesWithItself(holder)
    key = f"{digest} {side} {month} {currency}"
    before = await store.under_way(unit, holder, partner, key)
    if before is not None:
        return before
    text = _text(header)
    delimiter = matching.delimiter_of(text)
    columns = matching.columns_of(next(csv.reader([text], delimiter=delimiter), []), said)
    zone = zone_of(await parties.fetch(unit, holder))
    span = month_of(month, zone)
    one = File(
        holder=holder,
        ref=unit.new_id(),
        partner=partner,
        side=side,
        month=month,
        currency=currency,
        begin_at=span.begin_at,
        end_at=span.end_at,
        time_zone=str(zone),
        name=name[:200],
        digest=key,
        size=size,
        columns=columns,
        delimiter=delimiter,
        read=len(header),
        begun_at=unit.now,
        begun_by=by,
        last_updated=unit.now,
    )
    store.insert_file(unit, one)
    people.note(unit, by, "compare CDRs", f"file {one.ref}", f"{name[:200]} of {partner}, {month}")
    return one


async def go_on(database: Database, ref: str, source: BinaryIO, *, told: Told | None = None, bite: int = BITE) -> File:
    """To the end, `bite` rows in a Unit; `told` hears of each step. Raises UnknownFile, UnreadableTable."""
    one = await _fetched(database, ref)
    while not one.done:
        one = await _step(database, one, source, bite)
        if told is not None:
            told(one)
    return one


async def _step(database: Database, one: File, source: BinaryIO, bite: int) -> File:
    if one.phase is Phase.READING:
        return await _read(database, one, source, bite)
    async with database.unit() as unit:
        now = await _locked(unit, one)
        if now.phase is Phase.MATCHING:
            await store.match(unit, now, matching.ENERGY_APART)
            many, amount = await store.ours(unit, now)
            after = replace(now, phase=Phase.GUESSING, ours_many=many, ours=amount)
            after = replace(after, theirs=await store.theirs(unit, now))
        elif now.phase is Phase.GUESSING:
            await store.guess(unit, now, by_evse=BY_EVSE, by_time=BY_TIME)
            after = replace(now, phase=Phase.JUDGING)
        elif now.phase is Phase.JUDGING:
            after = await _judge(unit, now)
        else:
            return now
        return _kept(unit, after)


async def _judge(unit: Unit, one: File) -> File:
    found = await store.to_judge(unit, one, JUDGED)
    if found:
        judged = [(each.place, matching.cause_of(each, begin_at=one.begin_at, end_at=one.end_at)) for each in found]
        await store.judge(unit, one, judged)
        return one
    await store.forget_claims(unit, one)
    equal = one.rows - await store.differing(unit, one)
    return replace(one, phase=Phase.DONE, equal=equal, differences=await store.summed(unit, one))


async def _read(database: Database, one: File, source: BinaryIO, bite: int) -> File:
    source.seek(one.read)
    lines = _Lines(source, one.read)
    claims, unreadable, rows = _bite(one, lines, bite)
    async with database.unit() as unit:
        now = await _locked(unit, one)
        if (now.phase, now.read) != (one.phase, one.read):  # somebody else went on with it
            return now
        if rows:
            await store.take(unit, one, claims, unreadable)
        phase = Phase.READING if rows == bite else Phase.MATCHING
        return _kept(unit, replace(one, read=lines.at, rows=one.rows + rows, phase=phase))


def _bite(one: File, lines: _Lines, most: int) -> tuple[list[Claim], list[tuple[int, str]], int]:
    """(claims, (row, why it is none), rows). Raises UnreadableTable."""
    reader, claims, unreadable, rows = Reader(one), list[Claim](), list[tuple[int, str]](), 0
    try:
        for row in csv.reader(lines, delimiter=one.delimiter):
            if not any(row):
                continue
            rows += 1
            number = one.rows + rows
            try:
                claims.append(reader.claim(number, row))
            except UnreadableRow as why:
                unreadable.append((number, str(why)))
            if rows == most:
                break
    except csv.Error as error:
        raise UnreadableTable(f"Row {one.rows + rows + 1} is no row of a table: {error}") from error
    return claims, unreadable, rows


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
            raise UnreadableTable(f"A line of the table is longer than {LINE_MOST} bytes")
        self.at += len(line)
        return _text(line)


def _text(line: bytes) -> str:
    """UTF-8, or what Excel wrote before it."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")


def _kept(unit: Unit, one: File) -> File:
    one = replace(one, last_updated=unit.now)
    store.update_file(unit, one)
    unit.announce(FileWentOn(holder=one.holder, ref=one.ref))
    return one


async def _locked(unit: Unit, one: File) -> File:
    now = await store.file(unit, one.ref, lock=True)
    assert now is not None, "a file is never deleted"
    return now


async def _fetched(database: Database, ref: str) -> File:
    async with database.unit() as unit:
        return await fetch(unit, ref)


# ---- Reads


async def fetch(unit: Unit, ref: str) -> File:
    """Raises UnknownFile."""
    one = await store.file(unit, ref)
    if one is None:
        raise UnknownFile(ref)
    return one


async def files(
    unit: Unit, holder: PartyId | None, partner: PartyId | None = None, month: str | None = None, limit: int = 50
) -> Sequence[File]:
    """The newest first."""
    return await store.files(unit, holder, partner, month, limit)


async def differences(
    unit: Unit, one: File, *, cause: Cause | None = None, after: int = 0, limit: int = 100
) -> Sequence[Difference]:
    """In the order of their places; the last is the next `after`."""
    return await store.page(unit, one, cause, after, limit)


async def every_difference(database: Database, one: File) -> AsyncIterator[Difference]:
    """A page a Unit: many take no more memory than few."""
    after = 0
    while True:
        async with database.unit() as unit:
            found = await differences(unit, one, after=after, limit=JUDGED)
        for each in found:
            yield each
        if len(found) < JUDGED:
            return
        after = found[-1].place
