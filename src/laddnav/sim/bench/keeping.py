"""What it costs to keep a hundred million readings, tenth by tenth, and to sum, find and forget what is among them.

All are kept as what stations say is, and summed and given their weeks by the jobs of a server, under a clock of its own
in which they take some seven weeks. Each tenth stands beside the same rows in a table that is empty. Where a folder is
named (LADDNAV_BENCH_READINGS) they stay there, and a run that was broken off goes on with the hour that it was at.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import asyncpg
import msgspec
import structlog
from msgspec import Struct
from msgspec.structs import replace

from laddnav.analytics import actions as analytics
from laddnav.db.unit import Database
from laddnav.metering.model import Measurand, Reading
from laddnav.readings import actions as readings
from laddnav.readings.model import Said
from laddnav.server import installation, settings
from laddnav.server.clock import Ids
from laddnav.sim.bench import store
from laddnav.sim.bench.figures import Figure, Goal, Measure, Pace, effort, of_answers
from laddnav.sim.bench.ground import pid_of_postgres
from laddnav.sim.bench.load import TICK, Rate, Refused, cpu_seconds
from laddnav.sim.network import OURS

log = structlog.get_logger()

ALIKE = Goal(of=Measure.RATIO, most=1.2)
BEGAN = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
MINUTE, HOUR, WEEK = timedelta(minutes=1), timedelta(hours=1), timedelta(days=7)
AT_ONCE = 2  # Units, as of two processes
TENTHS = 10
BESIDE = 10  # hours of ours, after which the limit has one
CHARGES = 200  # that are read, spread over all
SAID = (
    (Measurand.ENERGY_IMPORT_REGISTER, None, 12_345),
    (Measurand.POWER_IMPORT, None, 11_000),
    *((Measurand.CURRENT_IMPORT, phase, 16) for phase in ("L1", "L2", "L3")),
    (Measurand.STATE_OF_CHARGE, None, 55),
)


class Spent(Struct):
    """Seconds on so many things: of the wall, of this process and of PostgreSQL."""

    many: int = 0
    wall: float = 0
    ours: float = 0
    postgres: float = 0

    @property
    def rate(self) -> Rate:
        server_us, postgres_us = (max(one, TICK) / self.many * 1e6 for one in (self.ours, self.postgres))
        return Rate(per_second=self.many / self.wall, server_us=server_us, postgres_us=postgres_us)

    @property
    def cpu_us(self) -> float:
        return self.rate.server_us + self.rate.postgres_us


class Tenth(Struct, frozen=True, kw_only=True):
    """`size`: bytes for each row that there is at its end; `longest`: ms that a minute of readings took to be kept."""

    kept: Spent
    summed: Spent
    limit: Spent
    read: Spent
    size: float
    longest: float


class Come(Struct, kw_only=True):
    """How far it has come, hour by hour, and what has been spent on the tenth that is under way."""

    stations: int
    rows: int  # a tenth
    hours: int = 0
    of_tenth: int = 0  # hours of the one that is under way
    longest: float = 0.0
    kept: Spent = msgspec.field(default_factory=Spent)
    summed: Spent = msgspec.field(default_factory=Spent)
    limit: Spent = msgspec.field(default_factory=Spent)
    tenths: list[Tenth] = msgspec.field(default_factory=list)
    over: bool = False  # a part of it has been forgotten again


class Turned:
    """A clock that shows what it is turned to."""

    def __init__(self) -> None:
        self.at = BEGAN
        self.new_id = Ids(lambda: self.at.timestamp()).new

    def now(self) -> datetime:
        return self.at

    def wall(self, length: timedelta) -> timedelta:
        return length


async def keeping(pace: Pace) -> list[Figure]:
    """An interrupt ends it early, with what there is by then. Raises Refused, CannotStart."""
    kept = os.environ.get("LADDNAV_BENCH_READINGS")
    if kept:
        return await _kept_in(Path(kept), pace)
    with TemporaryDirectory(prefix="laddnav-bench-") as folder:
        return await _kept_in(Path(folder), pace)


async def _kept_in(folder: Path, pace: Pace) -> list[Figure]:
    async with installation.opened(settings.read({}, data=folder), {}) as opened:
        assert opened.cluster is not None, "it runs a PostgreSQL of its own"
        return await filling(opened.cluster.url("laddnav"), pid_of_postgres(folder / "postgres"), pace)


async def filling(url: str, postgres: int, pace: Pace) -> list[Figure]:
    """Raises Refused."""
    clock = Turned()
    database, beside = await Database.connect(url, clock=clock), await asyncpg.connect(url)
    try:
        await beside.execute(store.PREPARE_READINGS)
        come = await _come(beside, pace)
        shelf = Shelf(database, clock, beside, postgres, come)
        await shelf.go_on()
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, shelf.stop)
        tenths = [one async for one in shelf.tenths()]
        return [*_of_tenths(tenths), *await shelf.forget(tenths[-1].longest)]
    finally:
        asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)
        await beside.close()
        await database.close()


async def _come(beside: asyncpg.Connection, pace: Pace) -> Come:
    """Raises Refused."""
    new = Come(stations=pace.metered, rows=pace.readings // TENTHS)
    body = await beside.fetchval(store.COME)
    if body is None:
        return new
    come = msgspec.json.decode(body, type=Come)
    if come.over or (come.stations, come.rows) != (new.stations, new.rows):
        raise Refused("what is kept there was filled to its end, or otherwise: name another folder")
    return come


def _of_tenths(tenths: Sequence[Tenth]) -> list[Figure]:
    first, last = tenths[0], tenths[-1]
    limit_is, before = "COPY of the same rows into an empty table with the same keys", "the same after the first tenth"
    share, first_share = (one.kept.cpu_us / one.limit.cpu_us for one in (last, first))
    return [
        *(
            of_answers(f"readings_tenth_{number}", "rows", one.kept.rate, one.limit.rate, limit_is)
            for number, one in enumerate(tenths, 1)
        ),
        effort("readings_last_tenth", "times the limit's CPU", share, first_share, before, goal=ALIKE),
        effort("readings_size", "bytes/row", last.size, first.size, before, goal=ALIKE),
        effort("readings_summed", "CPU µs/row", last.summed.cpu_us, first.summed.cpu_us, before),
        effort("readings_of_a_charge", "CPU µs", last.read.cpu_us, first.read.cpu_us, before),
    ]


class Shelf:
    """The store that fills, as far as it has come."""

    def __init__(
        self, database: Database, clock: Turned, beside: asyncpg.Connection, postgres: int, come: Come
    ) -> None:
        self._database = database
        self._clock = clock
        self._beside = beside
        self._postgres = postgres
        self._come = come
        self._stations = come.stations
        self._hours = come.hours
        self._longest = come.longest
        self._stopped = False

    def stop(self) -> None:
        """Nothing is added after this hour; what is there is looked at and forgotten as though it were all."""
        self._stopped = True

    async def go_on(self) -> None:
        """From the hour that was broken off, which is told anew from its beginning."""
        self._clock.at = BEGAN + self._hours * HOUR
        await self._beside.execute(store.FORGET_SINCE, self._clock.at)

    async def tenths(self) -> AsyncIterator[Tenth]:
        """Those that are there, and the others. Raises Refused."""
        for number in range(1, TENTHS + 1):
            if number <= len(self._come.tenths):
                yield self._come.tenths[number - 1]
            elif not self._stopped:
                yield await self._tenth(number)

    async def _tenth(self, number: int) -> Tenth:
        come, read = self._come, Spent()
        while come.of_tenth < max(1, round(come.rows / self._rows_in(HOUR))):
            if come.of_tenth and self._stopped:
                break
            await readings.make_weeks(self._database)
            if come.of_tenth % BESIDE == 0:
                await self._spend(come.limit, self._copy())
            await self._spend(come.kept, self._keep())
            await self._spend(come.summed, self._sum_up())
            come.of_tenth += 1
            await self._save()
        await self._spend(read, self._read())
        size = await self._beside.fetchval(store.SIZE_OF_READINGS)
        told = {
            "summed_us": come.summed.cpu_us,
            "cpu_us": come.kept.cpu_us,
            "limit_cpu_us": come.limit.cpu_us,
            "a_second": come.kept.rate.per_second,
        }
        log.info("readings_kept", rows=self._there, gigabytes=size / 1e9, tenth=number, **told)
        tenth = Tenth(
            kept=come.kept,
            summed=come.summed,
            limit=come.limit,
            read=read,
            size=float(size / self._there),
            longest=self._longest * 1e3,
        )
        come.tenths.append(tenth)
        come.kept, come.summed, come.limit, come.of_tenth, self._longest = Spent(), Spent(), Spent(), 0, 0.0
        await self._save()
        return tenth

    async def _save(self) -> None:
        self._come.hours, self._come.longest = self._hours, self._longest
        await self._beside.execute(store.HAS_COME, msgspec.json.encode(self._come).decode())

    async def forget(self, longest: float) -> list[Figure]:
        """A third of the weeks, while readings are kept as before. Raises Refused."""
        await self._look()
        self._come.over = True
        await self._save()
        weeks = max(1, self._hours * HOUR // WEEK // 3)
        until = BEGAN + weeks * WEEK
        old = min(self._there, self._rows_in(weeks * WEEK))
        scanned, forgotten, self._longest = Spent(), Spent(), 0.0
        await self._spend(scanned, self._scan(until))
        self._clock.at = max(self._clock.at, until)
        self._hours = (self._clock.at - BEGAN) // HOUR
        keep = self._clock.at - until
        await self._spend(forgotten, self._forget(keep, weeks, old))
        waited = "the longest of the last tenth"
        return [
            of_answers("readings_forgotten", "rows", forgotten.rate, scanned.rate, "a scan that adds up their values"),
            effort("readings_kept_meanwhile", "ms/minute", self._longest * 1e3, longest, waited),
        ]

    @property
    def _there(self) -> int:
        return self._rows_in(self._hours * HOUR)

    def _rows_in(self, time: timedelta) -> int:
        return time // MINUTE * self._stations * len(SAID)

    async def _spend(self, spent: Spent, work: Awaitable[int]) -> None:
        """`work` says on how many things it was."""
        wall, ours, postgres = perf_counter(), process_time(), cpu_seconds(self._postgres)
        spent.many += await work
        spent.wall += perf_counter() - wall
        spent.ours += process_time() - ours
        spent.postgres += cpu_seconds(self._postgres) - postgres

    async def _keep(self) -> int:
        """The next hour."""
        for minute in range(60):
            await self._keep_minute(BEGAN + self._hours * HOUR + minute * MINUTE)
        self._hours += 1
        self._clock.at = BEGAN + self._hours * HOUR
        return self._rows_in(HOUR)

    async def _keep_minute(self, at: datetime) -> None:
        self._clock.at = at
        said = [_said(station, at) for station in range(self._stations)]

        async def keep(some: Sequence[Said]) -> None:
            async with self._database.unit() as unit:
                readings.append(unit, some)

        began = perf_counter()
        await asyncio.gather(*(keep(said[one::AT_ONCE]) for one in range(AT_ONCE)))
        self._longest = max(self._longest, perf_counter() - began)

    async def _copy(self) -> int:
        """The next hour, where it goes fastest."""
        await self._beside.execute(store.EMPTY_READINGS)
        for minute in range(60):
            at = BEGAN + self._hours * HOUR + minute * MINUTE
            said = [_said(station, at) for station in range(self._stations)]
            rows = [_row(one, reading) for one in said for reading in one.readings]
            await self._beside.copy_records_to_table("bench_reading", columns=store.OF_READINGS, records=rows)
        return self._rows_in(HOUR)

    async def _sum_up(self) -> int:
        await readings.sum_up(self._database)
        return self._rows_in(HOUR)

    async def _read(self) -> int:
        """Charges of all times. Raises Refused."""
        for number in range(CHARGES):
            station, hour = number % self._stations, number * self._hours // CHARGES
            began = BEGAN + hour * HOUR
            id = _charge(station, began)
            async with self._database.unit() as unit:
                found = await readings.of_session(unit, OURS, id, began - timedelta(days=1), began + WEEK)
            if len(found) != 60 * len(SAID):
                raise Refused(f"{len(found)} readings of {id}")
        return CHARGES

    async def _look(self) -> None:
        """Whether all is there, and in its quarter. Raises Refused."""
        for sql in (store.READINGS, store.READINGS_SUMMED):
            if (many := await self._beside.fetchval(sql)) != self._there:
                raise Refused(f"{many} readings of {self._there}: {sql}")

    async def _scan(self, until: datetime) -> int:
        many: int = await self._beside.fetchval(store.SCAN_READINGS, until)
        return many

    async def _forget(self, keep: timedelta, weeks: int, old: int) -> int:
        """Raises Refused."""
        forgetting = asyncio.create_task(readings.forget(self._database, keep, analytics.readings_needed))
        at = self._clock.at
        while not forgetting.done():
            await self._keep_minute(at)
            at += MINUTE
        if await forgetting != weeks:
            raise Refused(f"{forgetting.result()} weeks were forgotten of {weeks}")
        return old


def _charge(station: int, at: datetime) -> str:
    """As long as the ids of charges are, and as they are in the order of time; a charge is an hour."""
    return f"{(at - BEGAN) // HOUR:08x}-0000-7000-8000-{station:012x}"


def _said(station: int, at: datetime) -> Said:
    template = Reading(at=at, measurand="", value=Decimal(0))
    minute = (at - BEGAN) // MINUTE
    return Said(
        holder=OURS,
        station_id=f"bench-{station:03}",
        evse_no=1,
        session_id=_charge(station, at),
        readings=tuple(
            replace(template, measurand=measurand, phase=phase, value=Decimal(value + minute))
            for measurand, phase, value in SAID
        ),
    )


def _row(one: Said, reading: Reading) -> tuple[object, ...]:
    """As store.OF_READINGS."""
    of = (str(one.holder), one.session_id, one.station_id, one.evse_no, reading.at)
    return *of, reading.measurand, reading.phase or "", reading.location, reading.context, reading.value, reading.at
