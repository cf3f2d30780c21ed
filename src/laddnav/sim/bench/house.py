"""What is measured: a real `laddnav serve` on a PostgreSQL of its own, and beside it the limit on the same database.

The installation has two parties that are registered with each other over OCPI, a CPO with places and stations and an
eMSP, and does nothing but answer: what follows from an answer (billing, pushes) is other work and would blur it.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator, Sequence, Set
from contextlib import asynccontextmanager, contextmanager
from decimal import Decimal
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import asyncpg
import msgspec
from msgspec import Struct
from msgspec.structs import replace

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import EvseRef, PartyId
from laddnav.locations import actions as locations
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.connections import partners
from laddnav.ocpi.fetching import feeds
from laddnav.ocpi.model import Connection
from laddnav.ocpi.wire import routing
from laddnav.ocpi.wire.handshake import Interface, Module
from laddnav.ocpi.wire.routing import Route
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.parties import actions as parties
from laddnav.parties.model import Party, Role
from laddnav.server import installation, settings
from laddnav.server.app import HEARS, roaming
from laddnav.sim import network
from laddnav.sim.bench import store
from laddnav.sim.bench.figures import Pace
from laddnav.sim.bench.load import HttpAsker, get, tell
from laddnav.sim.network import OURS, THEIRS
from laddnav.sim.process import Process
from laddnav.tariffs import actions as tariffs
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Token, TokenType, Whitelist

ONLY = "ocpi,ocpp"
PAGE = 50


class House(Struct, frozen=True, kw_only=True):
    """Pids and ports of those who answer; `postgres` is the pid of its first process, `database` its URL.

    `places` are the words of our CPO for its Locations, in order; the limit keeps them under `place_id`.
    """

    postgres: int
    database: str
    server: int
    server_port: int
    limit: int
    limit_port: int
    as_emsp: Line
    as_cpo: Line
    stations: Sequence[str]
    places: Sequence[bytes]
    folder: Path  # for whatever a benchmark puts down
    cores: Set[int]  # on which whoever is measured runs, and nobody else


class Line(Struct, frozen=True, kw_only=True):
    """How one of the two speaks to the other: what stands around its requests, and where the other's endpoints are."""

    headers: dict[str, str]
    connection: Connection

    def path(self, module: Module, interface: Interface, version: str = "") -> str:
        """In the version of the connection, unless another is named."""
        url = self.connection.endpoint(module, interface)
        assert url is not None, "the other offers what the role has"
        return urlsplit(url).path.replace(self.connection.version, version or self.connection.version, 1)


@asynccontextmanager
async def furnished(pace: Pace) -> AsyncIterator[House]:
    """Raises CannotStart, DidNotStart."""
    with TemporaryDirectory(prefix="laddnav-bench-") as folder, apart() as core_of_server:
        data, log = Path(folder), Path(folder) / "said"
        said = settings.read({}, data=data, allow_loopback_partners=True)
        async with installation.opened(said, HEARS) as opened:
            assert opened.cluster is not None, "it runs a PostgreSQL of its own"
            async with opened.database.unit() as unit:
                stations = await _furnish(unit, pace)
            database = opened.cluster.url("laddnav")
            serve = ("laddnav.cli", "serve", "--data", folder, "--port", "0", "--only", ONLY)
            server = await Process.started(
                (*serve, "--allow-loopback-partners", "--partner-rate", "0", "--log-level", "warning"),
                log=log,
                environment=_unsettled(),
            )
            bare = await Process.started(("laddnav.sim.bench.bare", database), log=log)
            try:
                for process in (server, bare):
                    os.sched_setaffinity(process.pid, core_of_server)
                clients = Clients(opened.database, roaming(replace(said, public_url=server.url)))
                as_cpo, as_emsp = await _introduced(opened.database, clients)
                places = await _read_through(port_of(server.url), as_emsp, pace)
                await _told_of(port_of(server.url), as_cpo, places[: pace.objects])
                await _settled(database, places)
                yield House(
                    postgres=_pid_of_postgres(data / "postgres"),
                    database=database,
                    server=server.pid,
                    server_port=port_of(server.url),
                    limit=bare.pid,
                    limit_port=port_of(bare.url),
                    as_cpo=as_cpo,
                    as_emsp=as_emsp,
                    stations=stations,
                    places=places,
                    folder=data,
                    cores=core_of_server,
                )
            finally:
                await server.stop()
                await bare.stop()


@contextmanager
def apart() -> Iterator[set[int]]:
    """With more than one core, the first is the server's alone, and we and all that we start use the others."""
    before = os.sched_getaffinity(0)
    first, *others = sorted(before)
    if others:
        os.sched_setaffinity(0, others)
    try:
        yield {first}
    finally:
        os.sched_setaffinity(0, before)


async def _furnish(unit: Unit, pace: Pace) -> Sequence[str]:
    """The real operator's places, under other ids, again and again until there are enough; the ids of the stations."""
    for holder, role in ((OURS, Role.CPO), (THEIRS, Role.EMSP)):
        await parties.add(unit, _party(unit, holder, role))
    found = feeds.locations_in(network.feed(), OURS, unit.now)
    for tariff in found.tariffs:
        await tariffs.keep(unit, OURS, tariff)
    stations = []
    for number, place in enumerate(islice(cycle(found.locations), pace.places)):
        place = replace(place, id=place_id(number))
        await locations.keep(unit, OURS, place)
        if number < pace.stations:
            id = f"BENCH-{number:04}"
            await locations.add_station(unit, OURS, id, location_id=place.id, security_profile=0)
            await locations.attach(unit, id, 1, EvseRef(place.id, place.evses[0].uid))
            await tokens.keep(unit, OURS, _card(unit, OURS, id))
            stations.append(id)
    for number in range(pace.objects):
        await tokens.keep(unit, THEIRS, _card(unit, THEIRS, card_uid(number)))
    return stations


def place_id(number: int) -> str:
    """In the order of the ids as in that of their making."""
    return f"place-{number:07}"


def card_uid(number: int) -> str:
    """Of one of the eMSP's drivers."""
    return f"04A1B2C3{number:06}"


def _party(unit: Unit, holder: PartyId, role: Role) -> Party:
    return Party(
        holder=holder,
        ref=unit.new_id(),
        name=f"{holder} AB",
        roles=(role,),
        currency="EUR",
        time_zone="Europe/Berlin",
        vat_percent=Decimal(19),
        created_at=unit.now,
    )


def _card(unit: Unit, owner: PartyId, uid: str) -> Token:
    return Token(
        owner=owner,
        uid=uid,
        type=TokenType.RFID,
        contract_id=f"{owner.country}-{owner.party}-C{uid}",
        issuer="Laddnav Demo AB",
        valid=True,
        whitelist=Whitelist.ALLOWED,
        last_updated=unit.now,
    )


async def _introduced(database: Database, clients: Clients) -> tuple[Line, Line]:
    """The CPO invites, the eMSP registers, by the handshake that any two partners go through; the lines of the two."""
    try:
        async with database.unit() as unit:
            invitation = await partners.invite(unit, clients.settings, OURS, Role.CPO)
        of_emsp = await partners.register(
            database, clients, invitation.versions_url, invitation.token, THEIRS, Role.EMSP
        )
        async with database.unit() as unit:
            of_cpo = await partners.fetch(unit, invitation.connection_id)
        return await _line(clients, of_cpo), await _line(clients, of_emsp)
    finally:
        await clients.close()


class _Page(Struct):
    data: list[msgspec.Raw]


async def _read_through(port: int, line: Line, pace: Pace) -> Sequence[bytes]:
    """Every page once, as a partner does that is new; from then on our words about each place are there."""
    path = line.path(Module.LOCATIONS, Interface.SENDER)
    found = list[bytes]()
    for offset in range(0, pace.places, PAGE):
        page = await HttpAsker.once(port, get(f"{path}?offset={offset}&limit={PAGE}", line.headers))
        found += [bytes(one) for one in msgspec.json.decode(page, type=_Page).data]
    return found


async def _told_of(port: int, line: Line, places: Sequence[bytes]) -> None:
    """The eMSP hears of these places, and can be told what changes there."""
    path = line.path(Module.LOCATIONS, Interface.RECEIVER)
    for number, place in enumerate(places):
        where = f"{path}/{OURS.country}/{OURS.party}/{place_id(number)}"
        await HttpAsker.once(port, tell("PUT", where, line.headers, place))


async def _settled(database: str, places: Sequence[bytes]) -> None:
    """As a database that has lived for a while, and in which the limit keeps the same places."""
    connection = await asyncpg.connect(database)
    try:
        await connection.execute(store.PREPARE)
        await connection.executemany(store.KEEP, [(place_id(n), place.decode()) for n, place in enumerate(places)])
        await connection.execute(store.SETTLE)
    finally:
        await connection.close()


async def _line(clients: Clients, connection: Connection) -> Line:
    version = VERSIONS[connection.version]
    shown = routing.authorization(await clients.token_for(connection), encoded=version.encodes_token)
    route = Route(to=connection.party, origin=connection.holder)
    return Line(headers={"Authorization": shown} | routing.route_headers(route), connection=connection)


def _unsettled() -> dict[str, str]:
    """Our environment without what would make it another installation."""
    return {name: value for name, value in os.environ.items() if not name.startswith("LADDNAV_")}


def _pid_of_postgres(cluster: Path) -> int:
    return int((cluster / "data" / "postmaster.pid").read_text().split("\n", 1)[0])


def port_of(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port
