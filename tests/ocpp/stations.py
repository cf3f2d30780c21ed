"""Stations on real sockets, and what the database has of what they told."""

from __future__ import annotations

from collections.abc import Callable

from laddnav.db.unit import Database
from laddnav.kit.energy import kwh
from laddnav.kit.power import kw
from laddnav.metering.model import DoubtKind
from laddnav.readings import actions as readings
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import Session
from laddnav.sim.car import Car
from laddnav.sim.station import SimStation
from tests.things import US

Street = Callable[..., SimStation]
CAR = Car(energy=kwh(10), power_max=kw(11), steady=0.8)
BOOT = {"chargePointVendor": "Volt", "chargePointModel": "Twin"}
STAMP = "2026-11-23T08:00:00Z"


async def all_sessions(database: Database) -> list[Session]:
    """Oldest first."""
    async with database.unit() as unit:
        return list(reversed(await sessions.page(unit, US)))


async def doubts(database: Database) -> list[DoubtKind]:
    async with database.unit() as unit:
        return [doubt.kind for doubt in await readings.open_doubts(unit, US)]


async def count(database: Database, table: str) -> int:
    async with database.unit() as unit:
        return int(await unit.value(f"select count(*) from {table}"))


async def on_the_line(street: Street, **settings: object) -> SimStation:
    station = street(**settings)
    await station.come_online()
    assert await station.boot() == "Accepted"
    return station
