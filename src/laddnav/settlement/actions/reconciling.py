"""Hold a partner's table of CDRs against ours: read in bites, matched by id, then by facts; it goes on where it was."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import timedelta
from typing import BinaryIO

from msgspec.structs import replace

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.ledger.rules import month_of
from laddnav.parties import actions as parties
from laddnav.parties.rules import zone_of
from laddnav.people import actions as people
from laddnav.settlement import matching, tables
from laddnav.settlement.events import FileWentOn
from laddnav.settlement.matching import (
    Cause,
    Difference,
    File,
    Phase,
    UnknownFile,
    UnreadableTable,
)
from laddnav.settlement.model import Side
from laddnav.settlement.rules import SettlesWithItself
from laddnav.settlement.store import claims as store

BITE = 20_000  # rows in a Unit
JUDGED = 5_000  # differences in a Unit
SILENT = timedelta(minutes=10)  # without a bite, whoever read it reads no more
WAITED_FOR = timedelta(days=7)  # until what broke off is forgotten
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
    await store.compare_alone(unit, holder, partner)
    before = await store.under_way(unit, holder, partner, key)
    if before is not None:
        return before
    names, delimiter = tables.header_of(header)
    columns = matching.columns_of(names, said)
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
        header=len(header),
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
    while not one.over:
        if one.is_being_read:
            one = await _read(database, one, source, bite, told)
        else:
            one = await _step(database, one)
            _tell(told, one)
    return one


async def look_after(database: Database) -> None:
    """What nobody goes on with: once it is read it is finished here, and what broke off before that says so."""
    async with database.unit() as unit:
        left = await store.left(unit, unit.now - SILENT)
    for one in left:
        while not one.over and not one.is_being_read:
            one = await _step(database, one)
        async with database.unit() as unit:
            now = await store.file(unit, one.ref, lock=True)
            assert now is not None, "a file is never deleted"
            if now.phase is Phase.READING and now.last_updated < unit.now - SILENT:
                _kept(unit, replace(now, phase=Phase.BROKEN, why=""))
            elif now.phase is Phase.BROKEN and now.last_updated < unit.now - WAITED_FOR:
                await store.forget_claims(unit, now)
                _kept(unit, replace(now, phase=Phase.GIVEN_UP))


def _tell(told: Told | None, one: File) -> None:
    if told is not None:
        told(one)


async def _step(database: Database, one: File) -> File:
    async with database.unit() as unit:
        now = await _locked(unit, one)
        if now.phase is Phase.MATCHING:
            if not await store.has_all(unit, now):
                # PostgreSQL was not shut down but killed, and forgot them: they are read once more.
                await store.forget_claims(unit, now)
                await store.forget_differences(unit, now)
                return _kept(unit, replace(now, phase=Phase.READING, read=now.header, rows=0))
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


async def _read(database: Database, one: File, source: BinaryIO, bite: int, told: Told | None) -> File:
    """To the end of the table; the next bite is read, beside the loop, while PostgreSQL takes the one before."""
    ahead = _ahead(one, source, bite)
    try:
        while True:
            found = await ahead
            read = one.read, one.rows
            after = replace(one, read=found.at, rows=one.rows + found.rows, phase=Phase.READING, why="")
            after = replace(after, phase=Phase.MATCHING if found.ended else Phase.READING)
            if not found.ended:
                ahead = _ahead(after, source, bite)
            one = await _take(database, after, found, before=read)
            _tell(told, one)
            if not one.is_being_read or found.ended or one.read != after.read:
                return one
    except UnreadableTable as why:
        async with database.unit() as unit:
            now = await _locked(unit, one)
            if now.is_being_read:
                _kept(unit, replace(now, phase=Phase.BROKEN, why=str(why)[:300]))
        raise
    finally:
        await asyncio.wait([ahead])  # a thread that reads is not to be left alone with the source
        if not ahead.cancelled():
            ahead.exception()


def _ahead(one: File, source: BinaryIO, bite: int) -> asyncio.Future[tables.Bite]:
    return asyncio.ensure_future(asyncio.to_thread(tables.bite, one, source, bite))


async def _take(database: Database, after: File, found: tables.Bite, *, before: tuple[int, int]) -> File:
    """`before`: (bytes, rows) that were read until then. As it is now, where somebody else went on with it."""
    async with database.unit() as unit:
        now = await _locked(unit, after)
        if not now.is_being_read or (now.read, now.rows) != before:
            return now
        if found.rows:
            await store.take(unit, after, found)
        return _kept(unit, after)


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
