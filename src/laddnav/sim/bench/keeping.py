"""What it costs to keep readings in a store that holds 100,000 of them, and in one that holds millions.

Each Unit keeps what a hundred stations said in a tick, six values each; the others are made within the database.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count

import asyncpg
from msgspec import Struct
from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.metering.model import Measurand, Reading
from laddnav.readings import actions as readings
from laddnav.readings.model import Said
from laddnav.sim.bench import store
from laddnav.sim.bench.figures import Figure, Goal, Measure, Pace, of_answers
from laddnav.sim.bench.ground import Ground, laid
from laddnav.sim.bench.load import Rate, Side, compared
from laddnav.sim.network import OURS

ALIKE = Goal(of=Measure.RATIO, most=1.2)
STATIONS = 100
SAID = (
    (Measurand.ENERGY_IMPORT_REGISTER, None, 12_345),
    (Measurand.POWER_IMPORT, None, 11_000),
    *((Measurand.CURRENT_IMPORT, phase, 16) for phase in ("L1", "L2", "L3")),
    (Measurand.STATE_OF_CHARGE, None, 55),
)


class Sizes(Struct, frozen=True, kw_only=True):
    small: int
    large: int


FULL = Sizes(small=100_000, large=3_000_000)


async def keeping(pace: Pace) -> list[Figure]:
    """Raises CannotStart, DidNotStart."""

    async def nothing(unit: Unit) -> None:
        """Readings need nobody."""

    async with laid("jobs", nothing) as ground:
        return [await growing(ground, pace, FULL)]


async def growing(ground: Ground, pace: Pace, sizes: Sizes) -> Figure:
    """Rows a second, and what one costs us and PostgreSQL, beside a store that has hardly begun."""
    await readings.make_weeks(ground.database)
    tick = _ticks(ground)
    small, large = [await _rate(ground, pace, many, tick) for many in (sizes.small, sizes.large)]
    return of_answers("readings", "rows", large, small, f"in a store of {sizes.small:,} rows", goal=ALIKE)


async def _rate(ground: Ground, pace: Pace, many: int, tick: Callable[[], Awaitable[None]]) -> Rate:
    connection = await asyncpg.connect(ground.url)
    try:
        there = await connection.fetchval(store.READINGS)
        await connection.execute("set synchronous_commit = off")
        await connection.execute(store.MORE_READINGS, str(OURS), there, many, ground.database.clock.now(), len(SAID))
        await connection.execute(store.SETTLE)
    finally:
        await connection.close()
    (rate,) = await compared(
        [Side(server=os.getpid(), askers=[tick])],
        ground.postgres,
        rounds=pace.rounds,
        seconds=pace.seconds,
        warm_up=pace.warm_up,
    )
    rows = STATIONS * len(SAID)
    return Rate(per_second=rate.per_second * rows, server_us=rate.server_us / rows, postgres_us=rate.postgres_us / rows)


def _ticks(ground: Ground) -> Callable[[], Awaitable[None]]:
    """Each keeps the next minute of all stations; after an hour each begins another charge."""
    began, minutes = ground.database.clock.now(), count()

    async def tick() -> None:
        minute = next(minutes)
        async with ground.database.unit() as unit:
            readings.append(unit, [_said(station, minute, began) for station in range(STATIONS)])

    return tick


def _said(station: int, minute: int, began: datetime) -> Said:
    at = began + timedelta(minutes=minute)
    template = Reading(at=at, measurand="", value=Decimal(0))
    return Said(
        holder=OURS,
        station_id=f"bench-{station:03}",
        evse_no=1,
        session_id=f"bench-{station:03}-{minute // 60:06}",
        readings=tuple(
            replace(template, measurand=measurand, phase=phase, value=Decimal(value + minute))
            for measurand, phase, value in SAID
        ),
    )
