"""A garage with a small fuse, over real OCPP: whatever its stations and its server do, no phase ever carries more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from starlette.types import ASGIApp

from laddnav.db.unit import Database
from laddnav.kit.energy import kwh
from laddnav.server import settings
from laddnav.server.app import House
from laddnav.server.hears import HEARS
from laddnav.server.installation import Installation
from laddnav.server.jobs import kept_going
from laddnav.server.sites import Keeper
from laddnav.sessions import actions as sessions
from laddnav.sessions.actions.preferring import prefer
from laddnav.sessions.model import Preferences, ProfileType, Session, Voice
from laddnav.sites import actions as sites
from laddnav.sites.model import Measurement, Picture, Place, SitePlan, Why
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
        self.over = timedelta()  # for how long a phase carried more than the fuse

    @property
    def carried(self) -> float:
        """Amperes on each phase, as they truly are."""
        return self.building + sum(one.amps() for one in self.chargers)

    async def passes(self, length: timedelta) -> None:
        for _ in range(length // STEP):
            for one in self.chargers:
                one.passed()
            self.clock.advance(STEP)
            for one in self.chargers:
                one.passed()
            await self._tell()
            await self.settled()
            if self.carried > FUSE + 0.01:
                self.over += STEP
            else:
                self.over = timedelta()
            assert self.over <= MOST_OVER, (self.over, [one.amps() for one in self.chargers], await self.picture())

    async def _tell(self) -> None:
        amps = each(round(self.carried, 1))
        async with self.process.database.unit() as unit:
            await sites.measured(unit, US, "garage", Measurement(place=Place.GRID, at=unit.now, amps=amps))
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


@pytest.fixture
async def garage(database_url: str, tmp_path: Path, clock: SetClock) -> AsyncIterator[Garage]:
    process = Process(database_url, tmp_path, clock)
    await process.start()
    async with process.database.unit() as unit:
        await furnish(unit)
    async with process.database.unit() as unit:
        await sites.save(unit, site(amps=each(int(FUSE)), building=each(10), reaction_seconds=30), by="somebody")
    protocols = ("ocpp1.6", "ocpp2.0.1", "ocpp2.1")
    chargers = [Charger(id, protocol, clock) for id, protocol in zip(STATIONS[:3], protocols, strict=True)]
    for one in chargers:
        await one.come_online(process.url)
    found = Garage(process, clock, chargers)
    await found.settled()
    yield found
    for one in chargers:
        await one.go_offline()
    await process.kill()


async def test_a_garage_keeps_its_fuse_whatever_happens_to_its_stations_and_its_server(garage: Garage) -> None:
    """40 A a phase, 8 of them the building's: three cars share, one drops its line, one ignores all it is told."""
    first, second, third = garage.chargers
    # Every station knows what to fall back to before any car comes.
    assert all(one.default is not None for one in garage.chargers)
    assert all(one.fallback_known for one in (await garage.picture()).members)

    # One car has what two fallbacks leave; three have ten each.
    await first.plug_in("C1")
    await garage.passes(timedelta(minutes=2))
    assert first.amps() == 20
    await second.plug_in("C2")
    await third.plug_in("C3")
    await garage.passes(timedelta(minutes=4))
    assert min(one.amps() for one in garage.chargers) == 10 and 38 <= garage.carried <= FUSE

    # A second one's departure moves the plan: who said when, and can wait, is planned for the time that is left.
    before = await garage.plan()
    async with garage.process.database.unit() as unit:
        wants = Preferences(
            profile=ProfileType.CHEAP, departs_at=garage.clock.now() + timedelta(hours=3), energy=kwh(6)
        )
        answered = await prefer(unit, US, (await garage.session_at("G2")).id, wants, by=Voice.DRIVER)
    assert answered.kept
    await garage.passes(timedelta(seconds=20))
    after = await garage.plan()
    planned = {one.station_id: one for one in after.cars}
    assert after.number > before.number and planned["G2"].said and not planned["G1"].said
    assert planned["G2"].departs_at == wants.departs_at and planned["G2"].unmet == 0

    # The server dies as by kill -9 and another takes over: nobody draws more than was acknowledged, and all goes on.
    drawn = [one.amps() for one in garage.chargers]
    await garage.process.kill()
    assert [one.amps() for one in garage.chargers] == drawn
    await garage.process.start()
    for one in garage.chargers:
        await one.go_offline()
        await one.come_online(garage.process.url)
    await garage.passes(timedelta(minutes=2))
    assert garage.carried <= FUSE and first.amps() >= 10 and third.amps() >= 10

    # The third drops its line: it counts with its lease, then with its fallback, and others may have the rest.
    await third.go_offline()
    await garage.passes(timedelta(seconds=40))
    assert await garage.why("G3") is Why.AWAY
    await garage.passes(timedelta(minutes=8))
    assert third.amps() == 6 and garage.carried <= FUSE
    await third.come_online(garage.process.url)
    await garage.passes(timedelta(minutes=1))

    # The first says yes to everything and draws 32 A: it is made unavailable, then stopped; the others make room.
    first.deaf = True
    await garage.passes(timedelta(seconds=20))
    asked_to_stop = first.stops_asked_for()
    for _ in range(6):
        if first.charge is not None and first.stops_asked_for() > asked_to_stop:
            await first.unplug()
        await garage.passes(STEP)
    assert not first.available and first.charge is None
    (out,) = [one for one in (await garage.picture()).members if one.out_at is not None]
    assert out.station_id == "G1" and "may draw" in out.out_why
    await garage.passes(timedelta(minutes=3))
    assert garage.carried <= FUSE and third.amps() > 10

    # An operator brings it back.
    first.deaf = False
    async with garage.process.database.unit() as unit:
        await sites.bring_back(unit, US, "garage", "G1", 1, by="somebody")
    await garage.passes(STEP)
    await until(partial(is_open, first))


async def is_open(charger: Charger) -> bool:
    return charger.available
