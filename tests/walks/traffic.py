"""Cars that charge at an installation in trouble, as they truly did, and what it has to show for them in the end.

Its stations are somebody else's OCPP and keep what was not answered; its partner lives on and is told everything once.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random  # noqa: TID251 - seeded dice: which moment, which car

from msgspec import Struct

from laddnav.billing.postings import payable
from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.model import Standing
from laddnav.db.embedded import Cluster
from laddnav.db.unit import Database, Unit
from laddnav.kit.energy import wh
from laddnav.kit.ids import EvseRef, PartyId
from laddnav.kit.power import kw
from laddnav.ledger import actions as ledger
from laddnav.locations import actions as locations
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.connections import partners
from laddnav.parties import actions as parties
from laddnav.parties.model import InvoiceEvery, Role
from laddnav.pricing.check.plausible import Implausible
from laddnav.readings import actions as readings
from laddnav.server import settings
from laddnav.server.clock import ScaledClock, WallClock
from laddnav.server.hears import HEARS
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import Status
from laddnav.sim.car import Car
from laddnav.sim.station import SimStation
from laddnav.tariffs import actions as tariffs
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Whitelist
from tests.forked import Nursery, Serving
from tests.things import connector, evse, location, party, tariff, token
from tests.walks.companies import NETWORK, PASSWORD, PROVIDER, Company, until, until_none

STATIONS = ("ST1", "ST2", "ST3", "ST4")
PLUGS = (1, 2)
SPEED = 200.0  # of the stations' clock: faster, and the cores have more to do with cars than with trouble
SAMPLED_EVERY = timedelta(minutes=2)

# Each plug has a card of its own, so that no driver is at two places; every second one is the partner's.
CARDS = {(station_id, no): f"04{station_id}{no}" for station_id in STATIONS for no in PLUGS}


# What can be wrong with a charge of a station whose clock jumped.
UNTIMELY = {Implausible.OVERLAP, Implausible.DUPLICATE, Implausible.TOO_MUCH_POWER}


class Truth(Struct, kw_only=True):
    """A charge as it truly was. `readings`: how often the meter was told while it lasted."""

    station_id: str
    evse_no: int
    uid: str
    meter_started: int
    meter_stopped: int | None = None
    readings: int = 0


class Victim:
    """The installation's process: `laddnav serve`, always at the same port, started again whenever it was killed."""

    def __init__(self, nursery: Nursery, data: Path, database: str | None) -> None:
        self.settings = settings.read({}, data=data, database=database, port=_free_port(), allow_loopback_partners=True)
        self._data = data
        self._nursery = nursery
        self._process: Serving | None = None

    async def start(self) -> None:
        words = ["--data", str(self._data), "--port", str(self.settings.port), "--allow-loopback-partners"]
        if self.settings.database is not None:
            words += ["--database", self.settings.database]
        self._process = await Serving.started(self._nursery, words, log=self._data / "log")

    @property
    def pid(self) -> int:
        assert self._process is not None, "it was started"
        return self._process.pid

    async def kill(self) -> None:
        """At once, as a power cut does it."""
        assert self._process is not None
        await self._process.kill()

    async def kill_database(self) -> None:
        """As soon as one lives: the process starts it again while it lives itself."""
        data = self._data / "postgres/data"

        async def killed() -> bool:
            with suppress(OSError, ValueError):
                pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
                # The file may name one that is gone, whose number another process has by now.
                if Path(f"/proc/{pid}/cwd").samefile(data):
                    os.kill(pid, signal.SIGKILL)
                    return True
            return False

        await until(killed)

    async def stop(self) -> None:
        if self._process is not None:
            await self._process.stop()

    @property
    def url(self) -> str:
        if self.settings.database is not None:
            return self.settings.database
        return Cluster(self._data / "postgres").url("laddnav")

    @asynccontextmanager
    async def seen(self) -> AsyncIterator[Company]:
        """What it keeps, and the means to speak for it, over a connection of our own to its database."""
        database = await Database.connect(self.url, clock=WallClock(), hears=HEARS, size=3)
        clients = Clients(database, self.settings.roaming)
        try:
            yield Company(self.settings.url, database, clients, NETWORK)
        finally:
            await clients.close()
            await database.close()


class Traffic:
    """Cars that come, charge and leave at every plug, one after the other, whatever happens to the installation."""

    def __init__(self, victim: Victim, dice: Random) -> None:
        began = WallClock().now()
        # Long enough ago that the stations' day does not reach into the future.
        clock = ScaledClock(began, began - timedelta(days=3), SPEED)
        self.truths: list[Truth] = []
        self.told = 0
        self.clocks_jumped = False
        self._dice = dice
        self._clock = clock
        self._over = False
        self._plugs: list[asyncio.Task[None]] = []
        self.stations = [
            SimStation(
                id,
                f"{victim.settings.url.replace('http', 'ws', 1)}/ocpp",
                clock=clock,
                dice=dice,
                plugs={no: kw(150) for no in PLUGS},
                password=PASSWORD,
                sample_every=None,
            )
            for id in STATIONS
        ]

    @asynccontextmanager
    async def flowing(self) -> AsyncIterator[None]:
        """While the block runs cars go on coming; then the last of them leave, and everything untold is told."""
        lives = [asyncio.create_task(station.run()) for station in self.stations]
        for station in self.stations:
            await until(_accepted(station))
        self._plugs = [asyncio.create_task(self._cars(station, no)) for station in self.stations for no in PLUGS]
        try:
            yield
            self._over = True
            await asyncio.gather(*self._plugs)
            for station in self.stations:
                await until_none(_untold(station))
        finally:
            for task in (*self._plugs, *lives):
                task.cancel()
            await asyncio.gather(*self._plugs, *lives, return_exceptions=True)

    def flows(self) -> None:
        """Raises what brought the cars of a plug to a stop, if anything did."""
        for plug in self._plugs:
            if plug.done():
                plug.result()

    async def _cars(self, station: SimStation, no: int) -> None:
        plug = station.plugs[no]
        while not self._over:
            car = Car(energy=wh(self._dice.randrange(1_000, 20_000)), power_max=kw(100), steady=0.7)
            await station.plug_in(no, car)
            truth = Truth(
                station_id=station.id, evse_no=no, uid=CARDS[station.id, no], meter_started=int(plug.register.wh)
            )
            if await station.show_card(no, truth.uid):
                self.truths.append(truth)
                for _ in range(self._dice.randrange(1, 6)):
                    await self._pass(SAMPLED_EVERY)
                    await station.sample(no)
                    truth.readings += 1
                    self.told += 1
                await self._pass(SAMPLED_EVERY)
                await station.end(no)
                truth.meter_stopped = int(plug.register.wh)
                self.told += 1
            await station.unplug(no)
            await self._pass(SAMPLED_EVERY)

    async def _pass(self, length: timedelta) -> None:
        """Cars take their time, by the stations' clock."""
        await asyncio.sleep(length / self._clock.wall(timedelta(seconds=1)))


# Before ---------------------------------------------------------------------------------------------------------------


async def furnish(network: Company) -> None:
    uids = {(station_id, no): f"{station_id}-{no}" for station_id in STATIONS for no in PLUGS}
    fast = connector(power_max=150_000)
    async with network.database.unit() as unit:
        await parties.add(unit, party(NETWORK, ref=unit.new_id(), invoice_every=InvoiceEvery.SESSION))
        await tariffs.keep(unit, NETWORK, tariff())
        evses = tuple(evse(uid, connectors=(fast,)) for uid in uids.values())
        await locations.keep(unit, NETWORK, location(evses=evses))
        await hand_out(unit, NETWORK)
        for station_id in STATIONS:
            await locations.add_station(unit, NETWORK, station_id, password=PASSWORD)
        for (station_id, no), uid in uids.items():
            await locations.attach(unit, station_id, no, EvseRef("LOC1", uid))


async def hand_out(unit: Unit, owner: PartyId) -> None:
    for (_, no), uid in CARDS.items():
        if owner == (NETWORK, PROVIDER)[no % 2]:
            await tokens.keep(unit, owner, token(uid, owner=owner, whitelist=Whitelist.ALWAYS))


async def hand_out_another(provider: Company, number: int) -> None:
    """The partner tells of it at once, to whoever is alive."""
    async with provider.database.unit() as unit:
        another = token(f"NEW{number}", owner=PROVIDER, valid=number % 2 == 0, last_updated=unit.now)
        await tokens.keep(unit, PROVIDER, another)
    provider.database.wake()


async def introduce(network: Company, provider: Company) -> None:
    async with network.database.unit() as unit:
        invitation = await partners.invite(unit, network.clients.settings, NETWORK, Role.CPO)
    await partners.register(
        provider.database, provider.clients, invitation.versions_url, invitation.token, PROVIDER, Role.EMSP
    )

    async def cards_are_known() -> bool:
        async with network.database.unit() as unit:
            return len(await tokens.page(unit, NETWORK, PROVIDER)) == len(CARDS) / 2

    await until(cards_are_known)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


# Meanwhile ------------------------------------------------------------------------------------------------------------


def _accepted(station: SimStation) -> Callable[[], Awaitable[bool]]:
    async def accepted() -> bool:
        return station.registration == "Accepted"

    return accepted


def told_more(traffic: Traffic, many: int) -> Callable[[], Awaitable[bool]]:
    enough = traffic.told + many

    async def told_more() -> bool:
        traffic.flows()
        return traffic.told >= enough

    return told_more


def _untold(station: SimStation) -> Callable[[], Awaitable[int]]:
    async def untold() -> int:
        return len(station.untold)

    return untold


# Afterwards -----------------------------------------------------------------------------------------------------------


async def everything_was_heard(company: Company) -> None:
    """No charge is to be settled, no announcement waits for its listener and no delivery for the partner."""
    await until_none(partial(_unheard, company))


async def _unheard(company: Company) -> int:
    async with company.database.unit() as unit:
        counts = await sessions.counts(unit, company.holder)
        jobs: int = await unit.value("select count(*) from job")
        waiting = sum(one.waiting + one.dead for one in await partners.connections(unit, company.holder))
    return jobs + waiting + sum(many for status, many in counts.items() if status != Status.COMPLETED)


async def each_message_is_there_once(network: Company, traffic: Traffic) -> None:
    async with network.database.unit() as unit:
        kept = await sessions.page(unit, NETWORK, limit=100_000)
        begun = sorted(f"{one.station_id}/{one.evse_no} {one.token.uid} {one.meter_started}" for one in kept)
        true = sorted(f"{one.station_id}/{one.evse_no} {one.uid} {one.meter_started}" for one in traffic.truths)
        assert begun == true
        truths = {(one.station_id, one.evse_no, one.meter_started): one for one in traffic.truths}
        for session in kept:
            truth = truths[session.station_id or "", session.evse_no or 0, int(session.meter_started or 0)]
            assert session.meter_stopped == truth.meter_stopped
            told = [one.context for one in await readings.of_session(unit, NETWORK, session.id) if one.register]
            assert told.count("Sample.Periodic") == truth.readings
            assert told.count("Transaction.End") == 1


async def each_charge_has_one_cdr(network: Company, traffic: Traffic) -> None:
    async with network.database.unit() as unit:
        closed = await cdrs.page(unit, NETWORK, limit=100_000)
        kept = {one.id: one for one in await sessions.page(unit, NETWORK, limit=100_000)}
    assert sorted(one.session_id or "" for one in closed) == sorted(kept)
    for cdr in closed:
        session = kept[cdr.session_id or ""]
        assert session.meter_started is not None and session.meter_stopped is not None
        assert cdr.energy.wh == session.meter_stopped - session.meter_started


async def the_partner_has_each_cdr_once(network: Company, provider: Company, traffic: Traffic) -> bool:
    """And owes each, except those that it holds, for their clocks had jumped: a car charges neither with another one
    at one plug, nor faster than the plug can.
    """
    async with network.database.unit() as unit:
        closed = await cdrs.page(unit, NETWORK, limit=100_000)
    async with provider.database.unit() as unit:
        received = await cdrs.page(unit, PROVIDER, limit=100_000)
        owed = await ledger.entries(unit, PROVIDER, account=payable(NETWORK), limit=100_000)
        disputes = await cdrs.disputes(unit, PROVIDER, Standing.DISPUTED, limit=100_000)
    theirs = sorted((one.id, one.energy) for one in closed if one.token.owner == PROVIDER)
    assert sorted((one.id, one.energy) for one in received) == theirs
    held = {one.cdr_id for one in disputes}
    assert sorted(one.entry.cites for one in owed) == [f"cdr {NETWORK}/{id}" for id, _ in theirs if id not in held]
    assert traffic.clocks_jumped or not held
    assert all(one.findings and set(one.findings) <= UNTIMELY for one in disputes), disputes
    return True


async def each_card_of_the_partner_is_known(network: Company, provider: Company) -> bool:
    """As it is, whatever was being said when the installation died."""
    known: list[set[tuple[str, bool]]] = []
    for one in (network, provider):
        async with one.database.unit() as unit:
            page = await tokens.page(unit, one.holder, PROVIDER, limit=1000)
            known.append({(card.uid, card.valid) for _, _, card in page})
    assert known[0] == known[1]
    return True


async def postings_sum_to_zero(company: Company) -> None:
    async with company.database.unit() as unit:
        assert sum(one.amount for one in await ledger.trial_balance(unit, company.holder)) == 0
