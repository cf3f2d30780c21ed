"""Verbs about what meters said."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from laddnav.db.unit import Database, Unit
from laddnav.kit.energy import NO_ENERGY, Energy
from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal
from laddnav.locations import actions as locations
from laddnav.metering.model import Doubt, DoubtKind, Exchanged, Fact, Mark, Reading
from laddnav.metering.notes import NoteKind, noted
from laddnav.readings import store
from laddnav.readings.events import DoubtRaised
from laddnav.readings.model import Flow, KeptDoubt, MainsExchange, MainsReading, Said
from laddnav.readings.rules import NoMainsExchange, UnknownMainsExchange
from laddnav.readings.store.quarters import QUARTER
from laddnav.readings.store.weeks import WEEK

WEEKS_AHEAD = 3  # that have their part before anything is read in them
# A station that was away for longer has its readings summed when their week is forgotten.
LATE = timedelta(days=60)
COMMITS_WITHIN = timedelta(minutes=5)  # no reading is recorded earlier than that before others can see it

Needed = Callable[[Unit, datetime, datetime], Awaitable[bool]]


class UnknownDoubt(Refusal):
    """No open doubt with this id is known here."""

    def __init__(self, doubt_id: str) -> None:
        super().__init__(f"No open doubt {doubt_id!r} is known here")
        self.doubt_id = doubt_id


def append(unit: Unit, said: Sequence[Said]) -> None:
    """Keep what several Stations said in one tick; the same reading twice is one reading."""
    store.said.append(unit, said)


def mark(unit: Unit, holder: PartyId, session_id: str, one: Mark) -> None:
    store.said.mark(unit, holder, session_id, one)


def exchanged(unit: Unit, holder: PartyId, session_id: str, one: Exchanged) -> None:
    """Of two words about one instant the later counts."""
    store.said.exchanged(unit, holder, session_id, one)


async def of_session(
    unit: Unit, holder: PartyId, session_id: str, since: datetime | None = None, until: datetime | None = None
) -> tuple[Reading, ...]:
    """In order of time. Whoever knows when it can have been read says so: only the weeks of that are looked into."""
    return await store.said.of_session(unit, holder, session_id, since, until)


async def heard(
    unit: Unit, holder: PartyId, session_id: str, since: datetime, until: datetime | None
) -> Sequence[tuple[datetime, datetime]]:
    """(when it was read as its Station says, when that was heard) of each reading of this time, as they were heard."""
    return await store.said.heard(unit, holder, session_id, since, until)


async def heard_beside(
    unit: Unit, holder: PartyId, station_id: str, session_ids: Sequence[str], since: datetime, until: datetime
) -> Sequence[tuple[datetime, datetime]]:
    """The same of what a Station read in this time outside of charges, and for these."""
    return await store.said.heard_beside(unit, holder, station_id, ("", *session_ids), since, until)


def adopt(
    unit: Unit, holder: PartyId, session_id: str, station_id: str, evse_no: int, since: datetime, until: datetime
) -> None:
    """What was signed in this time for a charge that nobody was let in to yet is of this charge."""
    store.said.adopt(unit, holder, session_id, station_id, evse_no, since, until)


async def last_register(
    unit: Unit,
    holder: PartyId,
    session_ids: Sequence[str],
    station_id: str,
    evse_no: int,
    since: datetime,
    until: datetime,
) -> Energy | None:
    """The newest that an Evse said in this time in one of these charges; "" is outside of any."""
    return await store.said.last_register(unit, holder, session_ids, station_id, evse_no, since, until)


async def newest(
    unit: Unit, holder: PartyId, session_ids: Sequence[str], since: datetime
) -> Mapping[str, Sequence[Reading]]:
    """How much each charge draws, as was said since: the last two currents and powers by phase, and registers."""
    return await store.said.newest(unit, holder, session_ids, since) if session_ids else {}


async def states_of_charge(
    unit: Unit, holder: PartyId, session_ids: Sequence[str], since: datetime
) -> Mapping[str, tuple[datetime, Decimal]]:
    """(when, percent) that the car in each charge said last since then; of a car that does not say it, nothing."""
    return await store.said.states_of_charge(unit, holder, session_ids, since) if session_ids else {}


async def drawn_by_quarter(
    unit: Unit, holder: PartyId, evses: Sequence[tuple[str, int]], since: datetime, until: datetime
) -> Mapping[datetime, Energy]:
    """What some Evses, (Station, its number), drew together in each quarter of an hour that was summed up.

    What cars gave back is taken off: below zero where that was more.
    """
    total: dict[datetime, Energy] = {}
    for one in await flows(unit, holder, evses, since, until):
        total[one.at] = total.get(one.at, NO_ENERGY) + one.net
    return total


async def flows(
    unit: Unit, holder: PartyId, evses: Sequence[tuple[str, int]], since: datetime, until: datetime
) -> Sequence[Flow]:
    """As `drawn_by_quarter`, Evse by Evse and each way, in order of time."""
    return await store.quarters.flows(unit, holder, evses, since, until) if evses else ()


async def facts(
    unit: Unit, holder: PartyId, session_id: str, since: datetime | None = None, until: datetime | None = None
) -> tuple[Fact, ...]:
    """Everything that is known of a charge between its start and its stop, in order of time."""
    readings: tuple[Fact, ...] = await store.said.of_session(unit, holder, session_id, since, until)
    marks: tuple[Fact, ...] = await store.said.marks(unit, holder, session_id)
    return tuple(sorted(readings + marks, key=lambda one: one.at))


async def keep_mains(unit: Unit, given: Sequence[MainsReading]) -> None:
    """What came in from the grid, of Locations of ours. Raises UnknownLocation."""
    for holder, location_id in {(one.holder, one.location_id) for one in given}:
        await locations.fetch(unit, holder, holder, location_id)
    store.mains.keep(unit, given)


async def exchange_mains(
    unit: Unit, holder: PartyId, location_id: str, meter: str, *, at: datetime, before: Energy, after: Energy, by: str
) -> MainsExchange:
    """What it shows later is counted on from `after`. Raises UnknownLocation, NoMainsExchange."""
    await locations.fetch(unit, holder, holder, location_id)
    if at > unit.now:
        raise NoMainsExchange("its instant is still to come")
    if not await store.mains.was_read(unit, holder, location_id, meter):
        raise NoMainsExchange(f"no meter {meter!r} was ever read at {location_id!r}")
    one = MainsExchange(
        holder=holder,
        ref=unit.new_id(),
        location_id=location_id,
        meter=meter,
        at=at,
        before=before,
        after=after,
        noted_at=unit.now,
        noted_by=by,
    )
    store.mains.exchange(unit, one)
    return one


async def mains_exchanges(
    unit: Unit, holder: PartyId | None, *, before: str | None = None, limit: int = 50
) -> Sequence[MainsExchange]:
    """The last to be noted first."""
    return await store.mains.exchanges(unit, holder, before, limit)


async def mains_exchange(unit: Unit, ref: str) -> MainsExchange:
    """Raises UnknownMainsExchange."""
    one = await store.mains.exchanged(unit, ref)
    if one is None:
        raise UnknownMainsExchange(ref)
    return one


def withdraw_exchange(unit: Unit, one: MainsExchange) -> None:
    """It was noted by mistake: one meter showed all of it."""
    store.mains.withdraw(unit, one)


def raise_doubts(unit: Unit, holder: PartyId, session_id: str, station_id: str, doubts: Iterable[Doubt]) -> None:
    """Keep each with its name, once, and tell whoever looks after such things."""
    for one in doubts:
        id = unit.new_id()
        store.doubts.doubt(unit, holder, id, session_id, station_id, one)
        unit.announce(DoubtRaised(holder=holder, doubt_id=id, session_id=session_id, doubt=one.kind))


async def doubts_of(unit: Unit, holder: PartyId, session_id: str) -> Sequence[KeptDoubt]:
    return await store.doubts.doubts_of(unit, holder, session_id)


async def open_doubts(
    unit: Unit, holder: PartyId | None = None, *, before: str | None = None, limit: int = 200
) -> Sequence[KeptDoubt]:
    """Those that nobody has settled, newest first; the last id is the next `before`."""
    return await store.doubts.open_doubts(unit, holder, before, limit)


async def settle_doubt(unit: Unit, holder: PartyId, doubt_id: str) -> None:
    """Somebody looked. Raises UnknownDoubt."""
    if not await store.doubts.settle(unit, holder, doubt_id):
        raise UnknownDoubt(doubt_id)


def settle_all(unit: Unit, holder: PartyId, session_id: str, kind: DoubtKind) -> None:
    """A later look at the whole charge put these right."""
    store.doubts.settle_kind(unit, holder, session_id, kind, unit.now)


# ---- The weeks in which readings lie


async def make_weeks(database: Database) -> int:
    """Parts for the weeks ahead, and for each that readings lie in meanwhile; says how many were made."""
    many = 0
    async with database.unit() as unit:
        made, this = set(await store.weeks.made(unit)), store.weeks.monday_of(unit.now)
        ahead = {this + week * WEEK for week in range(WEEKS_AHEAD)}
        since = await _whole_since(unit)
        lies_in = await store.weeks.strays(unit, since, store.weeks.span(this)[0] + WEEKS_AHEAD * WEEK)
    for monday in sorted((ahead | set(lies_in)) - made):
        async with database.unit() as unit:
            store.weeks.hold(unit)
            if monday not in await store.weeks.made(unit):
                store.weeks.make(unit, monday)
                many += 1
    return many


async def sum_up(database: Database) -> int:
    """Each quarter of an hour that is over, and of which something was recorded since; says how many those were."""
    async with database.unit() as unit:
        now, before = unit.now, await store.quarters.summed_until(unit)
        recorded_since = (before or now - LATE) - QUARTER - COMMITS_WITHIN
        await store.weeks.summarise(unit, map(store.weeks.monday_of, (recorded_since, now)))
        store.weeks.by_time(unit)
        due = await store.quarters.touched(unit, recorded_since, await _whole_since(unit), now)
    over = [quarter for quarter in due if quarter + QUARTER <= now]
    for quarter in over:
        async with database.unit() as unit:
            store.weeks.hold(unit)
            store.weeks.by_time(unit)
            await store.quarters.sum_up(unit, quarter, quarter + QUARTER)
    async with database.unit() as unit:
        store.weeks.hold(unit)
        store.quarters.summed(unit, now)
    return len(over)


async def forget(database: Database, keep: timedelta, needed: Needed) -> int:
    """Drop each week that is older than this, and of which no charge needs anything; says how many those were.

    What it came to is summed once more in the same Unit, so that wherever this is cut off, nothing is lost. What was
    said of a week after it had been forgotten is a doubt: what the week came to is known, and this is not all of it.
    Readings of a clock that is ahead go by when they were heard.
    """
    async with database.unit() as unit:
        before = unit.now - keep
        made = await store.weeks.made(unit)
        strays = await store.weeks.strays(unit, None, before)
    many = 0
    for monday in sorted({*made, *strays}):
        since, until = store.weeks.span(monday)
        if until > before:
            continue
        async with database.unit() as unit:
            store.weeks.hold(unit)
            if await needed(unit, since, until):
                continue
            forgotten = await store.weeks.forgotten_until(unit)
            whole = monday in await store.weeks.made(unit)
            if whole:
                store.weeks.close(unit, monday)
            if whole or forgotten is None or since >= forgotten:
                await store.quarters.sum_up(unit, since, until)
            else:
                came_late = Doubt(kind=DoubtKind.LATE_READING, at=since, note=noted(NoteKind.LATE_WEEK))
                for holder, session_id, station_id in await store.weeks.late(unit, monday):
                    raise_doubts(unit, holder, session_id, station_id, [came_late])
            store.weeks.drop(unit, monday)
            many += 1
    return many + await _forget_ahead(database, before, needed)


async def _forget_ahead(database: Database, before: datetime, needed: Needed) -> int:
    """Nothing is summed: of a quarter of an hour that is still to come nobody asks what was read in it."""
    many = 0
    async with database.unit() as unit:
        weeks = await store.weeks.ahead(unit, unit.now + WEEKS_AHEAD * WEEK, before)
    for monday in weeks:
        async with database.unit() as unit:
            store.weeks.hold(unit)
            if not await needed(unit, *store.weeks.span(monday)):
                store.weeks.drop_ahead(unit, monday, before)
                many += 1
    return many


async def forgotten_until(unit: Unit) -> datetime | None:
    """Of what was read before it, not everything is left; None: it is."""
    return await store.weeks.forgotten_until(unit)


async def _whole_since(unit: Unit) -> datetime:
    """What comes now for a quarter before it must not take the place of what that quarter came to."""
    forgotten = await store.weeks.forgotten_until(unit)
    return max(forgotten or unit.now - LATE, unit.now - LATE)
