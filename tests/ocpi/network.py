"""Two real installations for tests: a CPO and an eMSP, each with a database and a server of its own on loopback."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from io import BytesIO
from typing import Any, NamedTuple

import aiohttp
import asyncpg
from msgspec.structs import replace
from starlette.applications import Starlette
from starlette.types import ASGIApp
from yarl import URL

from laddnav.bookings.actions import offering, waiting
from laddnav.bookings.events import BookingChanged, BookingLocationChanged
from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.events import CdrClosed
from laddnav.db.events import Event
from laddnav.db.outbox import drain
from laddnav.db.unit import Database, Listener
from laddnav.kit.ids import PartyId
from laddnav.locations.events import EvseStatusChanged, LocationChanged, UnlockAnswered
from laddnav.locations.model import BusinessDetails
from laddnav.ocpi import seal, store
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.commands import commanded, profiled
from laddnav.ocpi.connections import partners
from laddnav.ocpi.deviations import sharing
from laddnav.ocpi.deviations.policy import Calls, Policy
from laddnav.ocpi.events import ConnectionChanged
from laddnav.ocpi.fetching.pull import pull_due
from laddnav.ocpi.model import Connection, Delivery
from laddnav.ocpi.payments import paying
from laddnav.ocpi.routes import routes
from laddnav.ocpi.settings import Settings
from laddnav.ocpi.telling import listeners, neighbours
from laddnav.ocpi.telling.push import Courier
from laddnav.ocpi.wire import routing
from laddnav.ocpi.wire.codec import parsed
from laddnav.ocpi.wire.handshake import CredentialsRole, Endpoint, State
from laddnav.parties import actions as parties
from laddnav.parties.model import Role
from laddnav.payments.events import (
    ConfirmationChanged,
    TerminalAssigned,
    TerminalChanged,
    TerminalDeactivated,
    TerminalDescribed,
)
from laddnav.reconciliation.events import RecordChanged
from laddnav.reservations import actions as reservations
from laddnav.reservations.events import (
    CancellationAnswered,
    ReservationAnswered,
    ReservationChanged,
    ReservationWithdrawn,
)
from laddnav.sessions.events import (
    LimitsAnswered,
    LimitsChanged,
    SessionChanged,
    SessionEnded,
    SessionFailed,
    SessionStarted,
    StartAnswered,
    StopAnswered,
)
from laddnav.tariffs.events import TariffChanged, TariffRegrouped
from laddnav.tokens.events import TokenChanged, TokenRenamed
from tests import things
from tests.clock import SetClock
from tests.databases import connected
from tests.serving import Server, listening

CPO = PartyId("SE", "LAD")
EMSP = PartyId("NL", "TNM")

HEARS: Mapping[type[Event], Sequence[Listener]] = {
    LocationChanged: [listeners.push_location, offering.location_changed],
    BookingChanged: [listeners.push_booking],
    BookingLocationChanged: [listeners.push_booking_location],
    ReservationChanged: [waiting.reservation_went_on],
    EvseStatusChanged: [listeners.push_status],
    TariffChanged: [listeners.push_tariff],
    TariffRegrouped: [sharing.tell_of_prices],
    TokenChanged: [listeners.push_token],
    TokenRenamed: [listeners.push_closed_places],
    SessionStarted: [reservations.session_went_on, waiting.session_went_on, listeners.push_session],
    SessionChanged: [listeners.push_session],
    SessionEnded: [listeners.push_session, cdrs.close],
    SessionFailed: [reservations.session_went_on, listeners.push_session],
    CdrClosed: [listeners.push_cdr],
    ConnectionChanged: [neighbours.tell_clients],
    StartAnswered: [commanded.answer_command],
    StopAnswered: [commanded.answer_command],
    ReservationAnswered: [commanded.answer_command],
    ReservationWithdrawn: [commanded.withdraw_reservation],
    CancellationAnswered: [commanded.answer_command],
    UnlockAnswered: [commanded.answer_command],
    LimitsAnswered: [profiled.answer_limits],
    LimitsChanged: [profiled.push_limits],
    RecordChanged: [listeners.push_record],
    TerminalChanged: [paying.push_terminal],
    TerminalAssigned: [paying.push_assignment],
    TerminalDescribed: [paying.push_assignment],
    TerminalDeactivated: [paying.push_deactivation],
    ConfirmationChanged: [paying.push_confirmation],
}


def no_luck() -> float:
    """Dice that always fall in the middle."""
    return 0.5


class Installation:
    """One of ours, as a partner sees it."""

    def __init__(self, database: Database, holder: PartyId, role: Role, sock: socket.socket, **settings: Any) -> None:
        self.database = database
        self.holder = holder
        self.role = role
        self.port = sock.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = Settings(public_url=self.url, key=b"k" * 32, allow_loopback=True, **settings)
        self.clients = Clients(database, self.settings)
        self.courier = Courier(database, self.clients, "test", no_luck)
        self.outside: Callable[[ASGIApp], ASGIApp] = lambda app: app  # what stands around it, where a test says so
        self._socket = sock
        self._server: Server | None = None

    async def up(self) -> None:
        """Listen, at the same port as ever."""
        if self._socket.fileno() == -1:
            self._socket = listening(self.port)
        app = self.outside(Starlette(routes=routes(self.database, self.settings, self.clients)))
        self._server = Server(app)
        await self._server.up(self._socket)

    async def down(self) -> None:
        """As when it is switched off: nobody answers at its port."""
        if self._server is not None:
            await self._server.down()
            self._server = None

    async def settle(self) -> None:
        """Until everything announced is heard, and everything that can be delivered is."""
        await drain(self.database)
        while await self.courier.once():
            await drain(self.database)

    async def pull(self) -> None:
        while await pull_due(self.database, self.clients, no_luck):
            pass

    async def connection(self) -> Connection:
        async with self.database.unit() as unit:
            (only,) = await partners.connections(unit, self.holder)
            return only

    async def deliveries(self) -> tuple[Delivery, ...]:
        async with self.database.unit() as unit:
            return await partners.deliveries(unit, (await partners.connections(unit, self.holder))[0])


@asynccontextmanager
async def installed(
    url: str,
    clock: SetClock,
    holder: PartyId,
    role: Role,
    *,
    statements: list[str] | None = None,
    hears: Mapping[type[Event], Sequence[Listener]] = HEARS,
    **settings: Any,
) -> AsyncIterator[Installation]:
    """Running, with its own party and nobody else. `statements` is told every statement of ours."""

    connecting = connected(url, clock=clock, hears=hears)
    if statements is not None:
        connecting = watched(url, clock, hears, statements)
    async with connecting as database:
        one = Installation(database, holder, role, listening(), **settings)
        async with database.unit() as unit:
            await parties.add(unit, things.party(holder, ref=unit.new_id(), name=f"Company {holder}"))
        await one.up()
        try:
            yield one
        finally:
            await one.clients.close()
            await one.down()


@asynccontextmanager
async def watched(
    url: str, clock: SetClock, hears: Mapping[type[Event], Sequence[Listener]], statements: list[str]
) -> AsyncIterator[Database]:
    async def watch(connection: asyncpg.Connection[asyncpg.Record]) -> None:
        connection.add_query_logger(lambda record: statements.extend(_of_ours(record.query)))

    database = Database(await asyncpg.create_pool(url, min_size=1, init=watch, reset=_as_it_is), clock, hears)
    try:
        yield database
    finally:
        await database.close()


def _of_ours(query: str) -> list[str]:
    """Nothing of what the driver asks by itself, which looks a type up once on every connection."""
    return [] if "typeinfo_tree" in query or "set_config('jit'" in query else [query]


async def _as_it_is(_: object) -> None:
    """As `Database.connect` leaves its connections."""


async def introduced(
    cpo: Installation, emsp: Installation, version: str | None = None, holder: PartyId | None = None
) -> None:
    """The CPO invites, the eMSP registers: as its own party, and in the newest version, where no other is meant."""
    async with cpo.database.unit() as unit:
        invitation = await partners.invite(unit, cpo.settings, cpo.holder, cpo.role, name="a partner")
    await partners.register(
        emsp.database,
        emsp.clients,
        invitation.versions_url,
        invitation.token,
        holder or emsp.holder,
        emsp.role,
        version,
    )


async def befriended(
    one: Installation,
    party: PartyId,
    role: Role,
    *,
    endpoints: tuple[Endpoint, ...] = (),
    state: State = State.CONNECTED,
    roles: tuple[CredentialsRole, ...] = (),
    version: str = "2.2.1",
    holder: PartyId | None = None,
    our_role: Role | None = None,
) -> str:
    """A partner that is not ours, as though it had registered; the token that it shows.

    With the installation's chief party in its chief role, where no `holder` and `our_role` are said.
    """
    token = seal.new_token()
    business = BusinessDetails(f"Company {party}")
    async with one.database.unit() as unit:
        id = unit.new_id()
        connection = Connection(
            holder=holder or one.holder,
            id=id,
            ref=id,
            line=id,
            our_role=our_role or one.role,
            state=state,
            name=business.name,
            version=version,
            policy=Policy(calls=Calls(results_at=("127.0.0.1", "emsp.example"))),
            party=party,
            their_role=role,
            roles=roles or (CredentialsRole(role=role, party=party, business=business),),
            endpoints=endpoints,
            hub=next((one.party for one in roles if one.role is Role.HUB), party if role is Role.HUB else None),
            created_at=unit.now,
        )
        store.connections.insert(unit, connection, seal.hash_of(token))
        store.connections.update(unit, connection)
        store.lines.set_outbound(unit, connection.line, one.clients.seal.sealed("what-we-show-them"))
    return token


async def agreed(one: Installation, policy: Policy) -> None:
    """From now on its only partner is spoken with like that."""
    connection = await one.connection()
    async with one.database.unit() as unit:
        store.connections.update(unit, replace(connection, policy=policy))


class Answer:
    """What came back: HTTP status, headers, words."""

    def __init__(self, http: int, headers: Mapping[str, str], words: Any) -> None:
        self.http = http
        self.headers = {name.lower(): value for name, value in headers.items()}
        self.words = words

    @property
    def status(self) -> int:
        return int(self.words["status_code"])

    @property
    def data(self) -> Any:
        return self.words.get("data")

    @property
    def both(self) -> tuple[int, int]:
        return self.http, self.status


Ask = Callable[..., Awaitable[Answer]]


class Pair(NamedTuple):
    """Two that are registered with each other."""

    cpo: Installation
    emsp: Installation


@asynccontextmanager
async def stranger(token: str | None, *, encoded: bool = True) -> AsyncIterator[Ask]:
    """A partner that we did not write: plain requests with this token."""
    async with aiohttp.ClientSession() as session:

        async def ask(
            method: str,
            url: str,
            body: bytes | AsyncIterator[bytes] | None = None,
            headers: Mapping[str, str] | None = None,
        ) -> Answer:
            said = {} if token is None else {"Authorization": routing.authorization(token, encoded=encoded)}
            if body is not None:
                said["Content-Type"] = "application/json"
            sent = BytesIO(body) if isinstance(body, bytes) else body
            async with session.request(
                method, _url(url), data=sent, headers={**said, **(headers or {})}, allow_redirects=False
            ) as response:
                return Answer(response.status, response.headers, parsed(await response.read()))

        yield ask


def _url(url: str) -> URL:
    """Percent signs as they are given."""
    return URL(url, encoded=True)
