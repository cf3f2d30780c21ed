"""What is measured: a server with a network and a partner in it, and beside it the limit on the same database.

The installation has two parties that are registered with each other over OCPI, a CPO with places and an eMSP, and does
nothing but answer: what follows from an answer (billing, pushes) is other work and would blur it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from itertools import cycle, islice
from urllib.parse import urlsplit

import asyncpg
import msgspec
from msgspec import Struct
from msgspec.structs import replace

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.locations import actions as locations
from laddnav.locations.model import Location
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.connections import partners
from laddnav.ocpi.fetching import feeds
from laddnav.ocpi.model import Connection
from laddnav.ocpi.wire import routing
from laddnav.ocpi.wire.handshake import Interface, Module
from laddnav.ocpi.wire.routing import MessageIds, Route
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.parties import actions as parties
from laddnav.parties.model import Party, Role
from laddnav.sim import network
from laddnav.sim.bench import store
from laddnav.sim.bench.figures import Pace
from laddnav.sim.bench.ground import Ground, laid
from laddnav.sim.bench.load import HttpAsker, get, tell
from laddnav.sim.network import OURS, THEIRS
from laddnav.sim.process import Process
from laddnav.tariffs import actions as tariffs
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Token, TokenType, Whitelist

PAGE = 50


class House(Struct, frozen=True, kw_only=True):
    """The server is the ground's. `places` are the words of our CPO for its Locations, in order; the limit keeps them
    under `place_id`.
    """

    ground: Ground
    limit: Process
    as_emsp: Line
    as_cpo: Line
    places: Sequence[bytes]

    @property
    def server(self) -> Process:
        return self.ground.server


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

    async def furnish(unit: Unit) -> None:
        await _furnish(unit, pace)

    async with laid("ocpi", furnish) as ground:
        limit = await ground.beside("laddnav.sim.bench.bare", ground.url)
        as_cpo, as_emsp = await _introduced(ground.database, ground.clients)
        places = await _read_through(ground.server.port, as_emsp, pace)
        await _told_of(ground.server.port, as_cpo, places[: pace.objects])
        await _settled(ground.url, places)
        yield House(ground=ground, limit=limit, as_cpo=as_cpo, as_emsp=as_emsp, places=places)


async def _furnish(unit: Unit, pace: Pace) -> None:
    await parties.add(unit, party(unit, THEIRS, Role.EMSP))
    await furnish_network(unit, pace)
    for number in range(pace.objects):
        await tokens.keep(unit, THEIRS, card(unit, THEIRS, card_uid(number)))


async def furnish_network(unit: Unit, pace: Pace) -> Sequence[Location]:
    """Our CPO with the real operator's places, under other ids, again and again until there are enough."""
    await parties.add(unit, party(unit, OURS, Role.CPO))
    found = feeds.locations_in(network.feed(), OURS, unit.now)
    for tariff in found.tariffs:
        await tariffs.keep(unit, OURS, tariff)
    places = [
        replace(place, id=place_id(number)) for number, place in enumerate(islice(cycle(found.locations), pace.places))
    ]
    for place in places:
        await locations.keep(unit, OURS, place)
    return places


def place_id(number: int) -> str:
    """In the order of the ids as in that of their making."""
    return f"place-{number:07}"


def card_uid(number: int) -> str:
    """Of one of the eMSP's drivers."""
    return f"04A1B2C3{number:06}"


def party(unit: Unit, holder: PartyId, role: Role) -> Party:
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


def card(unit: Unit, owner: PartyId, uid: str) -> Token:
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
    async with database.unit() as unit:
        invitation = await partners.invite(unit, clients.settings, OURS, Role.CPO)
    of_emsp = await partners.register(database, clients, invitation.versions_url, invitation.token, THEIRS, Role.EMSP)
    async with database.unit() as unit:
        of_cpo = await partners.fetch(unit, invitation.connection_id)
    return await _line(clients, of_cpo), await _line(clients, of_emsp)


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
    ids = routing.id_headers(MessageIds(request="each-has-one", correlation="each-has-one"))
    return Line(headers={"Authorization": shown} | ids | routing.route_headers(route), connection=connection)
