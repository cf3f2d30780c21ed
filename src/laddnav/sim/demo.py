"""The demo network: two installations on one PostgreSQL and one fast clock, registered with each other, and the street.

The process that runs this owns the database server and the clock, and plays the street; the two installations are
processes such as anybody runs, and die with it. A second run goes on where the first one was.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from laddnav.db.embedded import Cluster
from laddnav.db.unit import Database
from laddnav.kit import json
from laddnav.kit.ids import EvseRef, PartyId
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.locations import actions as locations
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.commands import commands
from laddnav.ocpi.connections import partners
from laddnav.ocpi.model import Connection
from laddnav.ocpi.wire.commands import Verdict
from laddnav.ocpi.wire.handshake import State, Step
from laddnav.parties import actions as parties
from laddnav.parties.model import Role
from laddnav.server import installation, settings
from laddnav.server.clock import ScaledClock, WallClock
from laddnav.server.hears import HEARS
from laddnav.server.installation import Whereabouts
from laddnav.server.settings import Settings
from laddnav.sessions import actions as sessions
from laddnav.sessions import rules as charges
from laddnav.sessions.model import Session, Status
from laddnav.sim import depot, network
from laddnav.sim.day import ZONE, Plug
from laddnav.sim.depot_life import DepotLife
from laddnav.sim.network import OURS, STREET, THEIRS, Card
from laddnav.sim.process import READY, Process
from laddnav.sim.street import Street
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Allowed, Token

SPEED = 60.0  # an hour of the street passes in a minute
SEED = 2026
BEGINS = time(8, 50)  # by the street's own clock: cars of the morning arrive within seconds, some for minutes only

REMEMBERED = "demo.json"
PASSED_ON = ("LADDNAV_LOG_LEVEL", "LADDNAV_TILE_URL")  # what is said to the demo and meant for its installations


class DemoRuns(Refusal):
    """Another process runs on this data already."""

    def __init__(self, data: Path) -> None:
        super().__init__(f"Another process runs on {data} already; give this demo a --data of its own")


class InstallationEnded(Trouble):
    """One of the two installations has ended by itself."""

    def __init__(self, folder: Path, status: int) -> None:
        super().__init__(f"The installation in {folder} ended with status {status}; {folder / 'log'} says why")


class AppRefused(Trouble):
    """What a driver asked for by app will not be done."""


class Remembered(Struct, frozen=True, kw_only=True):
    """What stations and people need to be let in. A real installation says a password once; a demo says it again."""

    stations: dict[str, str]
    opened_on: date | None = None  # since when vans leave the depot, by its clock
    sign_in: dict[str, str] = {}  # by the name of the installation, a sentence for people


class Told(Struct, frozen=True, kw_only=True):
    """Where the demo can be looked at; `sign_in` by URL, ours first."""

    url: str
    sign_in: Mapping[str, str]


async def run(data: Path, *, host: str, port: int, speed: float, tell: Callable[[Told], None]) -> None:
    """Until SIGINT or SIGTERM. `tell` is called once pages answer on both sides.

    Raises DemoRuns, CannotStart, DidNotStart, InstallationEnded, and what opening an installation raises.
    """
    data = data.absolute()
    cluster = Cluster(data / "postgres")
    await cluster.start()
    try:
        if not cluster.owned:
            raise DemoRuns(data)
        this_morning = datetime.combine(WallClock().now().astimezone(ZONE).date(), BEGINS, ZONE)
        clock = ScaledClock.started(data / "clock.json", speed, begin=this_morning.astimezone(UTC))
        async with _company(data, "own", host, port) as ours, _company(data, "partner", host, port + 1) as theirs:
            remembered = await _furnished(data, ours, theirs)
            try:
                await asyncio.gather(ours.serve(), theirs.serve())
                remembered = _with_sign_in(data, remembered, ours, theirs)
                await _introduce(ours, theirs)
                street = Street(
                    f"{ours.url.replace('http', 'ws', 1)}/ocpp",
                    clock=clock,
                    seed=SEED,
                    plugs=network.plugs(),
                    passwords=remembered.stations,
                    cards=network.cards(SEED),
                    app=PhoneApp(ours, theirs),
                    yard=_yard(ours.database, remembered),
                    yard_cards=depot.cards(SEED),
                )
                sign_in = {one.url: remembered.sign_in.get(one.name, "") for one in (ours, theirs)}
                tell(Told(url=ours.url, sign_in=sign_in))
                await _until_asked_to_stop(cluster.supervise, street.run, ours.watch, theirs.watch)
            finally:
                await asyncio.gather(ours.stop(), theirs.stop())
    finally:
        await cluster.stop()


async def _until_asked_to_stop(*lives: Callable[[], Awaitable[None]]) -> None:
    """Live them all until a signal, or until one of them ends; raises what ended it."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, asked.set)
    tasks = [asyncio.ensure_future(life()) for life in (asked.wait, *lives)]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


# The two installations ------------------------------------------------------------------------------------------------


class Company:
    """One of the two installations: its database, which is spoken to from here too, and the process that serves it."""

    def __init__(self, name: str, said: Settings, database: Database) -> None:
        self.name = name
        self.settings = said
        self.database = database
        self.clients = Clients(database, said.roaming)
        self.process: Process | None = None

    @property
    def url(self) -> str:
        return self.settings.url

    async def serve(self) -> None:
        """Raises DidNotStart."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LADDNAV_")}
        environment |= {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        words = ["serve", "--data", str(self.settings.data), "--host", self.settings.host]
        words += ["--port", str(self.settings.port), "--allow-loopback-partners"]
        self._log.unlink(missing_ok=True)
        self.process = await Process.started(["laddnav.cli", *words], log=self._log, environment=environment)

    async def watch(self) -> None:
        """Raises InstallationEnded, as soon as it has."""
        assert self.process is not None, "what is watched was started"
        raise InstallationEnded(self.settings.data, await self.process.ended())

    async def stop(self) -> None:
        await self.clients.close()
        if self.process is not None:
            await self.process.stop()

    @property
    def _log(self) -> Path:
        return self.settings.data / "log"


@asynccontextmanager
async def _company(data: Path, name: str, host: str, port: int) -> AsyncIterator[Company]:
    folder = data / name
    installation.settle(folder, Whereabouts(cluster="../postgres", database=name, clock="../clock.json"))
    said = settings.read({}, data=folder, host=host, port=port, allow_loopback_partners=True)
    # Nothing that is announced here is heard here: it is written down for the process that serves.
    async with installation.opened(said, HEARS, size=4) as one:
        yield Company(name, said, one.database)


async def _furnished(data: Path, ours: Company, theirs: Company) -> Remembered:
    """Each side in one Unit, so that a start that was cut off is simply done again."""
    file = data / REMEMBERED
    before = json.decode(file.read_bytes(), Remembered) if file.exists() else Remembered(stations={})
    ids = (*(site.station_id for site in STREET), *depot.STATIONS)
    remembered = replace(
        before,
        stations={id: before.stations.get(id) or secrets.token_urlsafe(18) for id in ids},
        opened_on=before.opened_on or ours.database.clock.now().astimezone(ZONE).date(),
    )
    if remembered != before:
        _remember(data, remembered)
    async with ours.database.unit() as unit:
        if not await parties.list_all(unit):
            await network.furnish_network(unit, remembered.stations, SEED)
    async with ours.database.unit() as unit:
        if not await locations.stations_named(unit, depot.STATIONS):
            await depot.furnish(unit, remembered.stations, SEED)
    async with theirs.database.unit() as unit:
        if not await parties.list_all(unit):
            await network.furnish_provider(unit, SEED)
    return remembered


def _yard(database: Database, remembered: Remembered) -> DepotLife:
    assert remembered.opened_on is not None, "what is furnished was opened"
    return DepotLife(database, database.clock, remembered.opened_on, first_card=network.CARDS)


def _with_sign_in(data: Path, remembered: Remembered, *companies: Company) -> Remembered:
    """An installation says at its first start how to sign in, in whatever line stands before `ready`."""
    said = {
        one.name: line
        for one in companies
        if one.process is not None
        for line in one.process.said
        if not line.startswith(READY)
    }
    remembered = replace(remembered, sign_in=remembered.sign_in | said)
    _remember(data, remembered)
    return remembered


def _remember(data: Path, remembered: Remembered) -> None:
    half = data / f"{REMEMBERED}.half"
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as written:
        written.write(json.encode(remembered))
    half.replace(data / REMEMBERED)


async def _introduce(ours: Company, theirs: Company) -> None:
    """The network invites, the provider registers. Where one of them has moved to another port, they begin anew."""
    known = [await _connections(ours, OURS), await _connections(theirs, THEIRS)]
    if [[one.versions_url for one in side if one.state is State.CONNECTED] for side in known] == [
        [theirs.clients.settings.versions_url],
        [ours.clients.settings.versions_url],
    ]:
        return
    for company, side in zip((ours, theirs), known, strict=True):
        for connection in side:
            async with company.database.unit() as unit:
                await partners.leave(unit, connection, Step.WE_REMOVE)
    async with ours.database.unit() as unit:
        invitation = await partners.invite(unit, ours.clients.settings, OURS, Role.CPO)
    await partners.register(
        theirs.database, theirs.clients, invitation.versions_url, invitation.token, THEIRS, Role.EMSP
    )


async def _connections(company: Company, holder: PartyId) -> tuple[Connection, ...]:
    async with company.database.unit() as unit:
        return await partners.connections(unit, holder)


# What drivers have in their hands -------------------------------------------------------------------------------------


class PhoneApp:
    """Satisfies `street.App`: each company has its own drivers' charges started and stopped in its own way."""

    def __init__(self, ours: Company, theirs: Company) -> None:
        self._ours = ours
        self._theirs = theirs

    async def start(self, card: Card, plug: Plug) -> None:
        where = await self._where(plug)
        try:
            await (self._start_here(card, where) if card.owner == OURS else self._start_over_ocpi(card, where))
        except Refusal as refusal:
            raise AppRefused(str(refusal)) from refusal

    async def stop(self, card: Card, plug: Plug) -> None:
        where = await self._where(plug)
        try:
            await (self._stop_here(where) if card.owner == OURS else self._stop_over_ocpi(where))
        except Refusal as refusal:
            raise AppRefused(str(refusal)) from refusal

    async def _start_here(self, card: Card, where: EvseRef) -> None:
        database = self._ours.database
        given = await tokens.authorize(database, OURS, card.uid, evse=where)
        if given.allowed is not Allowed.ALLOWED:
            raise AppRefused(given.allowed)
        async with database.unit() as unit:
            driver = charges.token_of(given, OURS, card.uid)
            await sessions.request_start(unit, holder=OURS, token=driver, evse=where)

    async def _start_over_ocpi(self, card: Card, where: EvseRef) -> None:
        asked = await commands.start_session(
            self._theirs.database,
            self._theirs.clients,
            THEIRS,
            token=await self._token(card),
            owner=OURS,
            location_id=where.location_id,
            evse_uid=where.evse_uid,
        )
        _accepted(asked)

    async def _stop_here(self, where: EvseRef) -> None:
        session = await self._charging(self._ours, OURS, where)
        async with self._ours.database.unit() as unit:
            await sessions.request_stop(unit, OURS, session.id)

    async def _stop_over_ocpi(self, where: EvseRef) -> None:
        session = await self._charging(self._theirs, THEIRS, where)
        asked = await commands.stop_session(
            self._theirs.database, self._theirs.clients, THEIRS, owner=OURS, session_id=session.id
        )
        _accepted(asked)

    async def _where(self, plug: Plug) -> EvseRef:
        async with self._ours.database.unit() as unit:
            station = await locations.station(unit, plug.station_id)
        return dict(station.evses)[plug.evse_no]

    async def _token(self, card: Card) -> Token:
        async with self._theirs.database.unit() as unit:
            return (await tokens.by_uid(unit, THEIRS, card.uid))[0]

    async def _charging(self, company: Company, holder: PartyId, where: EvseRef) -> Session:
        """As this company knows it: the provider knows only what it was told. Raises AppRefused."""
        async with company.database.unit() as unit:
            under_way = await sessions.page(unit, holder, OURS, statuses=(Status.ACTIVE,))
        for session in under_way:
            if (session.location_id, session.evse_uid) == (where.location_id, where.evse_uid):
                return session
        raise AppRefused("No charge is known there")


def _accepted(asked: commands.Asked) -> None:
    if asked.verdict is not Verdict.ACCEPTED:
        raise AppRefused("; ".join(text.text for text in asked.message) or asked.verdict)
