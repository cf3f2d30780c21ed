"""A garage with a small fuse: its server in this process on a clock that the test sets, stations of every version."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

from starlette.types import ASGIApp

from laddnav.db.unit import Database
from laddnav.server import settings
from laddnav.server.app import House
from laddnav.server.hears import HEARS
from laddnav.server.installation import Installation
from laddnav.server.jobs import kept_going
from laddnav.server.sites import Keeper
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import Session
from laddnav.sites import actions as sites
from laddnav.sites.model.now import Picture, Why
from laddnav.sites.model.plan import SitePlan
from laddnav.sites.model.site import Site
from laddnav.sites.model.told import Measurement, Place
from tests.clock import SetClock
from tests.serving import Server, listening
from tests.sites.garage import STATIONS, each, furnish, site
from tests.things import US
from tests.walks.chargers import Charger
from tests.walks.companies import until

STEP = timedelta(seconds=20)
ASKED = """
select count(*) from ocpp_call c join station s on s.id = c.station_id
where c.answered_at is null and c.expires_at > $1 and s.connected_to is not null
"""
FUSE, BUILDING = 40.0, 8.0
MOST_OVER = timedelta(seconds=90)  # a station that follows nothing is found out and stopped by then


class Process:
    """A server in this process, on a clock that the test sets; it can be killed as by `kill -9`."""

    def __init__(self, database_url: str, data: Path, clock: SetClock) -> None:
        self._database_url, self._data, self._clock = database_url, data, clock

    async def start(self) -> None:
        self.database = await Database.connect(self._database_url, clock=self._clock, hears=HEARS)
        said = settings.read({}, data=self._data, database=self._database_url, port=0, allow_loopback_partners=True)
        self.house = House(Installation(database=self.database, cluster=None), said)
        await self.house.presence.begin()
        self.keeper = Keeper(self.database, self.house.presence.life, busy=0.02, quiet=0.02)
        app: ASGIApp = self.house.stations()
        self._server = Server(
            app, ws="websockets-sansio", interface="asgi3", log_level="warning", ws_ping_interval=None
        )
        sock = listening()
        await self._server.up(sock)
        self.url = f"ws://127.0.0.1:{sock.getsockname()[1]}/ocpp"
        jobs = self.house.jobs()
        running = {name: jobs[name] for name in ("station_calls", "listeners", "station_tasks")}
        running["sites"] = self.keeper.run
        self._jobs = [asyncio.create_task(kept_going(name, job)) for name, job in running.items()]

    async def kill(self) -> None:
        """Nothing is told to anybody, nothing is put in order."""
        self.database.terminate()
        for job in self._jobs:
            job.cancel()
        await asyncio.gather(*self._jobs, return_exceptions=True)
        for connection in list(self.house.sockets.connections.values()):
            with suppress(Exception):
                await connection.close(1006, "killed")
        await self._server.down()


class Garage:
    """Its stations and its fuse. Time passes in steps, and after each the fuse is looked at."""

    def __init__(self, process: Process, clock: SetClock, chargers: list[Charger]) -> None:
        self.process, self.clock, self.chargers = process, clock, chargers
        self.building = BUILDING
        self.solar = self.battery = 0.0  # amperes on each phase: of the roof, and into the battery
        self.stored_kwh: Decimal | None = None  # in the battery, where there is one, and a roof
        self.over = timedelta()  # for how long a phase carried more than the fuse

    @property
    def carried(self) -> float:
        """Amperes on each phase, as they truly are, with nothing from roof or battery: a fuse cannot count on these."""
        return self.building + sum(one.amps() for one in self.chargers)

    async def passes(self, length: timedelta, step: timedelta = STEP) -> None:
        for _ in range(length // step):
            for one in self.chargers:
                one.passed()
            self.clock.advance(step)
            for one in self.chargers:
                one.passed()
            await self._tell()
            await self.settled()
            if self.carried > FUSE + 0.01:
                self.over += step
            else:
                self.over = timedelta()
            assert self.over <= MOST_OVER, (self.over, [one.amps() for one in self.chargers], await self.picture())

    async def _tell(self) -> None:
        said = {Place.GRID: self.carried - self.solar + self.battery}
        if self.stored_kwh is not None:
            said |= {Place.SOLAR: self.solar, Place.BATTERY: self.battery}
        async with self.process.database.unit() as unit:
            for place, amps in said.items():
                stored = self.stored_kwh if place is Place.BATTERY else None
                one = Measurement(place=place, at=unit.now, amps=each(round(amps, 1)), stored_kwh=stored)
                await sites.measured(unit, US, "garage", one)
        await asyncio.gather(*(one.sample() for one in self.chargers))

    async def settled(self) -> None:
        """The server has looked at what is now, and everybody has answered whatever it asked."""
        for _ in range(2):
            seen = self.process.keeper.ticks
            await until(partial(self._ticked, seen + 2))
            await until(self._answered)

    async def _ticked(self, times: int) -> bool:
        return self.process.keeper.ticks >= times

    async def _answered(self) -> bool:
        async with self.process.database.unit() as unit:
            jobs = await unit.value("select count(*) from job where dead_at is null")
            calls = await unit.value(ASKED, unit.now)
        return not jobs and not calls

    async def picture(self) -> Picture:
        async with self.process.database.unit() as unit:
            return await sites.moment_of(unit, US, "garage")

    async def plan(self) -> SitePlan:
        async with self.process.database.unit() as unit:
            found = await sites.plan_of(unit, US, "garage")
        assert found is not None
        return found

    async def session_at(self, station_id: str) -> Session:
        async with self.process.database.unit() as unit:
            (one,) = await sessions.charging_at(unit, US, [station_id])
        return one

    async def why(self, station_id: str) -> Why:
        return next(one.why for one in (await self.picture()).cars if one.station_id == station_id)


@asynccontextmanager
async def opened(database_url: str, data: Path, clock: SetClock, one: Site | None = None) -> AsyncIterator[Garage]:
    """Three stations, of OCPP 1.6, 2.0.1 and 2.1, on the line and with their fallbacks; the garage is as it is said."""
    process = Process(database_url, data, clock)
    await process.start()
    async with process.database.unit() as unit:
        await furnish(unit)
    async with process.database.unit() as unit:
        usual = site(amps=each(int(FUSE)), building=each(10), reaction_seconds=30)
        await sites.save(unit, one or usual, by="somebody")
    protocols = ("ocpp1.6", "ocpp2.0.1", "ocpp2.1")
    chargers = [Charger(id, protocol, clock) for id, protocol in zip(STATIONS[:3], protocols, strict=True)]
    for charger in chargers:
        await charger.come_online(process.url)
    found = Garage(process, clock, chargers)
    await found.settled()
    try:
        yield found
    finally:
        for charger in chargers:
            await charger.go_offline()
        await process.kill()
