"""Readings lie in weeks, come to something in each quarter of an hour, and are forgotten a week at a time."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib.resources import files

import asyncpg
from msgspec.structs import replace

from laddnav.analytics.actions import DISPUTED_WITHIN, readings_needed
from laddnav.cdrs import actions as cdrs
from laddnav.db import migrate
from laddnav.db.embedded import Cluster
from laddnav.db.events import Event
from laddnav.db.outbox import drain
from laddnav.db.unit import Database, Listener, Unit
from laddnav.kit.energy import wh
from laddnav.metering.model import DoubtKind, Measurand, Reading
from laddnav.readings import actions as readings
from laddnav.readings.model import Said
from laddnav.sessions import actions as sessions
from laddnav.sessions.actions import Measurement
from laddnav.sessions.events import SessionAmended, SessionEnded
from laddnav.sessions.model import Session, StopReason
from laddnav.sessions.rules import SETTLE_WITHIN
from laddnav.tokens.model import Allowed, Authorization
from tests.clock import SetClock
from tests.things import US, settled, token

KEEP = timedelta(days=30)
POWER = Reading(at=datetime(2026, 1, 1, tzinfo=UTC), measurand=Measurand.POWER_IMPORT, value=Decimal(7000))


async def said(database: Database, *many: Reading, session_id: str = "") -> None:
    async with database.unit() as unit:
        one = Said(holder=US, station_id="ST-1", evse_no=1, session_id=session_id, readings=many)
        readings.append(unit, [one, one])


async def table(database: Database, sql: str) -> list[tuple[object, ...]]:
    async with database.unit() as unit:
        return [tuple(row) for row in await unit.fetch(sql)]


async def in_parts(database: Database) -> list[tuple[object, ...]]:
    return await table(database, "select tableoid::regclass::text, count(*) from reading group by 1 order by 1 desc")


def value(at: datetime, watts: int) -> Reading:
    return replace(POWER, at=at, value=Decimal(watts))


async def nobody(unit: Unit, since: datetime, until: datetime) -> bool:
    return False


async def test_what_is_read_before_its_week_has_a_part_moves_there_and_is_there_once(
    database: Database, clock: SetClock
) -> None:
    now = clock.now()
    week = f"reading_{now - timedelta(days=now.weekday()):%Y%m%d}"
    async with database.unit() as unit:
        unit.write(f"drop table if exists {week}")
    wrong = datetime(1970, 1, 1, 0, 5, tzinfo=UTC)
    await said(database, value(now, 7000), value(wrong, 1))
    assert await in_parts(database) == [("reading_other", 2)]
    await readings.make_weeks(database)
    assert await readings.make_weeks(database) == 0
    await said(database, value(now, 7000), value(now + timedelta(days=14), 7000))
    ahead = f"reading_{now - timedelta(days=now.weekday() - 14):%Y%m%d}"
    assert await in_parts(database) == [("reading_other", 1), (ahead, 1), (week, 1)]


async def test_a_quarter_keeps_first_and_last_least_mean_and_most_and_takes_up_what_comes_late(
    database: Database, clock: SetClock
) -> None:
    quarter = clock.now().replace(minute=0, second=0, microsecond=0)
    asked = "select at, first, last, least, mean, most, many from reading_quarter order by at"
    await said(database, value(quarter, 1000), value(quarter + timedelta(minutes=14), 4000))
    await said(database, value(quarter + timedelta(minutes=15), 9000))
    clock.set(quarter + timedelta(minutes=16))
    assert await readings.sum_up(database) == 1
    assert await table(database, asked) == [(quarter, 1000, 4000, 1000, 2500, 4000, 2)]
    clock.advance(timedelta(hours=2))
    await said(database, value(quarter + timedelta(minutes=1), 10_000))
    assert await readings.sum_up(database) == 2
    assert await readings.sum_up(database) <= 1
    assert await table(database, asked) == [
        (quarter, 1000, 4000, 1000, 5000, 10_000, 3),
        (quarter + timedelta(minutes=15), 9000, 9000, 9000, 9000, 9000, 1),
    ]


async def test_a_week_is_forgotten_whole_and_what_it_came_to_stays(database: Database, clock: SetClock) -> None:
    old, far = clock.now(), datetime(1970, 1, 1, tzinfo=UTC)
    await readings.make_weeks(database)
    await said(database, value(old, 7000), value(far, 1))
    clock.advance(KEEP + timedelta(days=7))
    await readings.make_weeks(database)
    await said(database, value(clock.now(), 8000))

    async def needed(unit: Unit, since: datetime, until: datetime) -> bool:
        return since <= old < until

    await readings.forget(database, KEEP, needed)
    assert await table(database, "select value from reading order by value") == [(7000,), (8000,)]
    await readings.forget(database, KEEP, nobody)
    assert await table(database, "select value from reading") == [(8000,)]
    assert await table(database, "select last from reading_quarter order by at") == [(1,), (7000,)]
    await said(database, value(old + timedelta(seconds=1), 1))
    await readings.make_weeks(database)
    await readings.sum_up(database)
    await readings.forget(database, KEEP, nobody)
    assert await table(database, "select last from reading_quarter where last < 7001 order by at") == [(1,), (7000,)]


async def test_what_comes_of_a_week_that_is_forgotten_is_a_doubt_once(database: Database, clock: SetClock) -> None:
    """And no energy that nobody hears of; a week that was needed for longer than a later one is summed all the same."""
    old = clock.now()
    await readings.make_weeks(database)
    await said(database, value(old, 7000), value(old + timedelta(days=7), 8000))
    clock.advance(KEEP + timedelta(days=14))

    async def needed(unit: Unit, since: datetime, until: datetime) -> bool:
        return since <= old < until

    for of_whom in (needed, nobody):
        assert await readings.forget(database, KEEP, of_whom)
        assert await table(database, "select detail from doubt") == []
    assert await table(database, "select last from reading_quarter order by at") == [(7000,), (8000,)]
    for watts in (1, 2):
        await said(database, value(old + timedelta(minutes=watts), watts), session_id="S1")
        await readings.forget(database, KEEP, nobody)
    async with database.unit() as unit:
        (doubt,) = await readings.doubts_of(unit, US, "S1")
    assert (doubt.kind, doubt.station_id) == (DoubtKind.LATE_READING, "ST-1")
    assert doubt.at <= old < doubt.at + timedelta(days=7)
    assert await table(database, "select last from reading_quarter order by at") == [(7000,), (8000,)]


async def test_what_a_charge_still_needs_is_kept(database_url: str, clock: SetClock) -> None:
    """Not closed, or its Cdr young enough to be disputed."""
    hears: dict[type[Event], list[Listener]] = {SessionEnded: [cdrs.close], SessionAmended: [cdrs.correct]}
    database = await Database.connect(database_url, clock=clock, hears=hears)
    station = await settled(database)
    await readings.make_weeks(database)
    began = clock.now()

    async def needed() -> bool:
        async with database.unit() as unit:
            return await readings_needed(unit, began - timedelta(days=7), began + timedelta(minutes=1))

    def says(register: int) -> Measurement:
        at = began + timedelta(hours=1, seconds=register)
        said = Reading(at=at, measurand=Measurand.ENERGY_IMPORT_REGISTER, value=Decimal(register))
        return Measurement(station=station, evse_no=1, session_id=session.id, readings=(said,))

    assert not await needed()
    async with database.unit() as unit:
        given = Authorization(allowed=Allowed.ALLOWED, token=token())
        session: Session = await sessions.begin(
            unit, station=station, evse_no=1, uid="CARD1", given=given, at=began, register=wh(0)
        )
        await sessions.measure(unit, [says(5000)])
    clock.advance(timedelta(days=20))
    assert await needed()
    async with database.unit() as unit:
        await sessions.stop(
            unit, holder=US, session_id=session.id, at=clock.now(), register=None, reason=StopReason.DRIVER
        )
    clock.advance(SETTLE_WITHIN * 2)
    await sessions.settle_overdue(database)
    assert await needed()
    await drain(database)
    assert await needed()
    clock.advance(DISPUTED_WITHIN + timedelta(days=1))
    assert not await needed()
    assert await readings.forget(database, KEEP, readings_needed)
    # Its Cdr was closed on all that was read; one late register is not the charge.
    async with database.unit() as unit:
        await sessions.measure(unit, [says(3000)])
    await drain(database)
    async with database.unit() as unit:
        cdr = await cdrs.of_session(unit, US, US, session.id)
        assert cdr is not None and cdr.energy == wh(5000)
    await database.close()


async def test_readings_of_the_version_before_move_to_their_weeks(cluster: Cluster) -> None:
    """A process of that version goes on writing them with its own words."""
    await cluster.create_database("readings_before")
    connection = await asyncpg.connect(cluster.url("readings_before"))
    for number, _, sql in migrate.steps():
        if number < 48:
            await connection.execute(sql)
    append = """
insert into reading (holder, station_id, evse_no, session_id, at, measurand, phase, place, context, value, signed,
  recorded_at)
select *, $12 from unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::timestamptz[], $6::text[], $7::text[],
  $8::text[], $9::text[], $10::numeric[], $11::text[])
on conflict do nothing
"""
    now = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    instants = [now, now - timedelta(days=8), datetime(1970, 1, 1, tzinfo=UTC)]
    three = [[word] * 3 for word in ("SE*LAD", "ST-1", 1, "S1")]
    rest = [[word] * 3 for word in ("SoC", "", "EV", "Sample.Periodic", Decimal(50), "signed")]
    old = await connection.prepare(append)
    await old.fetch(*three, instants, *rest, now)
    before = await connection.fetch("select * from reading order by at")
    await connection.execute((files("laddnav.db") / "migrations" / "0048_readings_by_week.sql").read_text())
    assert await connection.fetch("select * from reading order by at") == before
    await old.fetch(*three, instants, *rest, now)
    parts = await connection.fetch("select tableoid::regclass::text as part from reading order by at")
    assert [row["part"] for row in parts] == ["reading_other", "reading_20261109", "reading_20261123"]
    await connection.close()


async def test_what_was_read_on_no_day_there_is_can_be_forgotten(cluster: Cluster, clock: SetClock) -> None:
    """The year 1 and 9999, which a version before kept as they came; what says 1970 already is there once."""
    await cluster.create_database("readings_of_no_day")
    url = cluster.url("readings_of_no_day")
    connection = await asyncpg.connect(url)
    for number, _, sql in migrate.steps():
        if number < 114:
            await connection.execute(sql)
    said = """
insert into reading (holder, station_id, evse_no, session_id, at, measurand, phase, place, context, value, recorded_at)
select 'SE*LAD', 'ST-1', 1, 'S1', at, 'SoC', '', 'EV', 'Sample.Periodic', 50, $2 from unnest($1::timestamptz[]) as at
"""
    never = [datetime(1, 1, 1, tzinfo=UTC), datetime(1, 1, 2, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)]
    await connection.execute(said, [*never, datetime(9999, 12, 31, 23, tzinfo=UTC), clock.now()], clock.now())
    for number, _, sql in migrate.steps():
        if number >= 114:
            await connection.execute(sql)
    years = "select extract(year from at)::int as year from reading order by at"
    assert [row["year"] for row in await connection.fetch(years)] == [1970, 2026, 2100]
    database = await Database.connect(url, clock=clock)
    clock.advance(KEEP - timedelta(days=1))
    await readings.make_weeks(database)
    assert await readings.forget(database, KEEP, readings_needed) == 1
    assert [row["year"] for row in await connection.fetch(years)] == [2026, 2100], "heard of for less than it is kept"
    clock.advance(timedelta(days=8))
    assert await readings.forget(database, KEEP, readings_needed) == 2
    assert await connection.fetch(years) == []
    async with database.unit() as unit:
        forgotten = await readings.forgotten_until(unit)
    assert forgotten is not None and forgotten < clock.now(), "a clock that is ahead makes nothing too late"
    await database.close()
    await connection.close()
