"""What answers at /ocpi: recognise the caller, find the endpoint, let it act in one Unit, answer after its commit."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

import structlog
from msgspec import Struct
from starlette.routing import Route as PathRoute
from starlette.types import Receive, Scope, Send

from laddnav.db.together import Together
from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import fold
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.ocpi import http, rules, store
from laddnav.ocpi.callers import Caller, Callers, hashes_of
from laddnav.ocpi.calls import masking
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.deviations import uids
from laddnav.ocpi.endpoints import credentials, versions
from laddnav.ocpi.endpoints.call import DONE, Beyond, Call, Endpoint, Reply, Table, Within
from laddnav.ocpi.endpoints.status import status_of
from laddnav.ocpi.endpoints.tables import found_at
from laddnav.ocpi.gate import Gate, TooOften
from laddnav.ocpi.http import NoSuchMethod, NotHere, Request, Unrecognised, VersionNotSpoken
from laddnav.ocpi.hub import desk
from laddnav.ocpi.hub.through import Through, through
from laddnav.ocpi.model import Connection, Exchange
from laddnav.ocpi.settings import Settings
from laddnav.ocpi.sides import UNROUTED, aside
from laddnav.ocpi.wire import envelope, routing
from laddnav.ocpi.wire.handshake import Module, State
from laddnav.ocpi.wire.routing import Route
from laddnav.ocpi.wire.version import Version
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.parties.model import Role

log = structlog.get_logger()

VERSIONS_TABLE: Table = {("GET", 0): Within(versions.versions, several=True)}
DETAILS_TABLE: Table = {("GET", 0): Within(versions.details, several=True)}
AT = {tuple(one.split("/")): one for one in Module}  # where in a URL
TO_COUNTRY, TO_PARTY, FROM_COUNTRY, FROM_PARTY = map(str.encode, routing.ROUTE)
SIFTED = ("date_from", "date_to", "timeslot_from", "timeslot_to")
WAYS = 1_000  # that are remembered of one caller
# Who has only token A may see these and nothing else (OCPI 2.2.1 transport_and_format_authorization_header).
BEFORE_REGISTRATION = (State.INVITED, State.REGISTERING)


def routes(database: Database, settings: Settings, clients: Clients) -> list[PathRoute]:
    """Everything below /ocpi, with and without a slash at its end, and never by way of a redirect."""
    return http.everything_below("/ocpi", Desk(database, settings, clients))


class Found(Struct, frozen=True):
    """Where a URL leads. `role` None: to versions or credentials, which are not routed."""

    table: Table
    version: Version
    role: Role | None
    module: Module | None
    path: tuple[str, ...]  # of the endpoint, below our /ocpi; what stands behind it in the URL are its segments

    @property
    def routed(self) -> bool:
        """Whether the parties that it goes between are named."""
        return self.role is not None and self.version.routes and self.module not in UNROUTED


class Way(Struct, frozen=True):
    """Where a URL leads, whom of us it is for, and how the answer is routed. `url` is that of the endpoint."""

    found: Found
    url: str
    ours: tuple[Connection, ...]
    route: Route | None


class Answer(Struct):
    """What goes back, and what of it goes into the log."""

    reply: Reply
    connection: Connection | None = None
    version: Version | None = None
    route: Route | None = None
    problem: str | None = None


class Desk:
    """The ASGI application of OCPI."""

    def __init__(self, database: Database, settings: Settings, clients: Clients) -> None:
        self._database = database
        self._settings = settings
        self._base = settings.base
        self._clients = clients
        self._gate = Gate(settings.partner_rate, settings.stranger_rate)
        self._callers = Callers(self._gate)
        self._reading = Together(database, at_once=1)
        self._writing = Together(database, writes=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        loop = asyncio.get_running_loop()
        started, clock = loop.time(), self._database.clock
        at = clock.now()
        request = http.request_of(scope, clock.new_id)
        answer = Answer(DONE)
        try:
            hashes = hashes_of(request)
            self._gate.enter(hashes, request.address, started)
            await self._answered(request, receive, hashes, answer)
        except (Refusal, Trouble) as error:
            code, said = status_of(error)
            status = said if answer.version is None else answer.version.status(said)
            answer.reply = Reply(http=code, status=status, message=str(error), headers=_hints(error))
        except Exception:
            log.exception("ocpi_failed", method=request.method, path=http.shown(request.path))
            message = f"Something went wrong here; it is in our log under {request.ids.request}"
            answer.reply = Reply(http=500, status=envelope.StatusCode.SERVER_ERROR, message=message)
        reply = answer.reply
        # Noted first, so that the log has the requests of one who waits for each answer in their order.
        self._note(request, answer, at, started)
        await http.send_answer(send, reply.http, reply.headers, request.ids, answer.route, self._body(reply))
        if answer.connection is not None and (many := self._gate.turned_away(answer.connection.line)):
            await self._keep_turned_away(answer.connection.line, many)

    async def _answered(self, request: Request, receive: Receive, hashes: Mapping[str, str], answer: Answer) -> None:
        """Fills in `answer` as it becomes clear who asks, so that a refusal can say to whom it goes."""
        if http.announces_a_body(request):
            if not http.is_short(request):
                await self._reading.run(partial(self._callers.recognised, request=request, hashes=hashes))
            request.body = await http.body_of(request, receive, self._settings.body_max)
        together = self._reading if _reads(request) else self._writing  # who reads does not wait for a commit
        work = partial(self._begun, request=request, hashes=hashes, answer=answer, shares=True)
        match await together.run(work, _key(request)):
            case Through() as passing:
                answer.reply = await desk.answered(self._database, self._clients, together, passing)
                answer.route = answer.route and (answer.reply.route or answer.route)
            case Within(), _:
                async with self._database.unit() as unit:
                    await work(unit, shares=False)
            case Beyond() as endpoint, call:
                answer.reply = await endpoint.do(self._database, self._clients, call)

    async def _begun(
        self, unit: Unit, *, request: Request, hashes: Mapping[str, str], answer: Answer, shares: bool
    ) -> Through | tuple[Endpoint, Call] | None:
        """What is left to do after this Unit; None: `answer` is whole. `shares`: others are in its transaction."""
        caller = await self._callers.recognised(unit, request, hashes)
        answer.connection = caller.line[0]
        passing = None if caller.hub is None else self._passing(request, caller.hub, answer)
        if passing is not None:
            return passing
        endpoint, call = self._called(request, caller, answer)
        if isinstance(endpoint, Beyond) or (shares and not _shares(endpoint, request)):
            return endpoint, call
        try:
            answer.reply = await endpoint.do(unit, call)
        except Refusal:
            http.check_body(request)  # whatever else is wrong with it
            raise
        return None

    def _passing(self, request: Request, hub: Connection, answer: Answer) -> Through | None:
        """What is for others behind us, where we are a hub. Raises NotAmongThem, NotAPartyId, NotJson."""
        passing = through(hub, request, self._settings)
        if passing is not None:
            answer.connection = hub
            answer.version = passing.version
            answer.route = Route(to=passing.speaker, origin=passing.hub) if passing.version.routes else None
            http.check_body(request)
        return passing

    def _called(self, request: Request, caller: Caller, answer: Answer) -> tuple[Endpoint, Call]:
        """(endpoint of ours, what it is asked). Raises what is refused before it acts."""
        way = self._way(request, caller, answer)
        found, segments = way.found, request.path[len(way.found.path) :]
        endpoint = _endpoint(found, segments, request.method)
        if len(way.ours) > 1 and not endpoint.several:
            raise rules.WhichOfUs(one.holder for one in way.ours)
        if isinstance(endpoint, Beyond) or not endpoint.shares:
            http.check_body(request)  # who shares reads it, and finds out by that
        return endpoint, Call(
            ours=way.ours,
            version=found.version,
            method=request.method,
            url=way.url,
            segments=segments,
            query=request.query,
            body=request.body,
            settings=self._settings,
            token=caller.token,
        )

    def _way(self, request: Request, caller: Caller, answer: Answer) -> Way:
        """Found once for all URLs of a module, and all requests between two parties. Raises what `_found` raises."""
        said = request.headers.get
        between = said(TO_COUNTRY), said(TO_PARTY), said(FROM_COUNTRY), said(FROM_PARTY)
        # A list that has a place of its own within a module is no object of that module.
        many = 4 if request.path[2:4] in AT else 3
        known: Way | None = caller.ways.get((request.path[:many], between))
        if known is not None:
            answer.version, answer.connection, answer.route = known.found.version, known.ours[0], known.route
            return known
        found = self._found(request, caller.line)
        answer.version = found.version
        ours = _meant(found, caller.line, request, answer)
        answer.connection = ours[0]
        way = Way(found, f"{self._base}/{'/'.join(found.path)}", ours, answer.route)
        if found.role is not None and len(caller.ways) < WAYS:
            caller.ways[found.path, between] = way
        return way

    def _found(self, request: Request, line: Sequence[Connection]) -> Found:
        """Raises NotHere, VersionNotSpoken, OnePartyOnly, Unrecognised."""
        path = request.path
        if path == ("versions",):
            return Found(VERSIONS_TABLE, VERSIONS[line[0].version], None, None, path)
        if len(path) == 1 and path[0][:1].isdigit():
            return Found(DETAILS_TABLE, _version(path[0], line), None, None, path)
        if len(path) >= 2 and path[1] == Module.CREDENTIALS:
            version = _version(path[0], line)
            return Found(credentials.TABLE, version, None, Module.CREDENTIALS, path[:2])
        if line[0].state in BEFORE_REGISTRATION:
            raise Unrecognised("This token is good for versions and credentials only")
        role = rules.role_in(path[0], line) if len(path) >= 3 else None
        if role is None:
            raise NotHere(f"/{'/'.join(path)[:200]} is no endpoint of ours for you")
        version = _version(path[1], line)
        interface = aside(role, path[2]) if len(path) > 3 else None
        module, below = _module(path[2:] if interface is None else path[3:])
        sides = next(rules.served(one, version) for one in line if one.our_role is role)
        table = found_at(role, sides, module, interface)
        if not table or module in line[0].policy.shares.without:
            raise NotHere(f"{path[2][:40]!r} is no module that we offer here")
        return Found(table, version, role, module, path[: len(path) - len(below)])

    def _body(self, reply: Reply) -> bytes:
        if reply.whole is not None:
            return reply.whole
        now = self._database.clock.now()
        if reply.status == 1000:
            return envelope.sealed(reply.data, now)
        return envelope.refused(reply.status, reply.message, now, reply.data)

    async def _keep_turned_away(self, line: str, many: int) -> None:
        """When one of its requests comes in again, so that those that did not cost nothing."""
        async with self._database.unit() as unit:
            store.lines.turned_away(unit, line, many)

    def _note(self, request: Request, answer: Answer, at: datetime, started: float) -> None:
        """Lists that a partner reads all day are not worth a row each; what it changes and what fails is.

        All is, with all that is said, where its policy wants every word.
        """
        reply, connection = answer.reply, answer.connection
        if connection is None:
            return
        all_words = connection.policy.calls.all_words
        if request.method == "GET" and reply.status == 1000 and not all_words:
            return
        exchange = Exchange(
            holder=connection.holder,
            connection_id=connection.id,
            id=self._database.clock.new_id(),
            at=at,
            direction="in",
            method=request.method,
            url=f"{self._base}/{http.shown(request.path)}",
            http_status=reply.http,
            ocpi_status=reply.status,
            problem=None if reply.status == 1000 else reply.message,
            request_id=request.ids.request,
            correlation_id=request.ids.correlation,
            took_ms=round((asyncio.get_running_loop().time() - started) * 1000),
        )
        if exchange.failed or all_words:
            secrets = [*hashes_of(request).values(), *http.hidden(request.path)]
            exchange = masking.kept(exchange, request.body, self._body(reply), secrets, all_words=all_words)
        self._clients.journal.note(exchange)


def _meant(found: Found, line: tuple[Connection, ...], request: Request, answer: Answer) -> tuple[Connection, ...]:
    """Whom of us it is for, and in whose name it is answered. Raises AddressedElsewhere, NotAmongThem, NotAPartyId."""
    if found.role is None or found.module is None:
        return line
    ours = rules.serving(line, found.role, found.module)
    if found.routed:
        answer.route = rules.back(line)
        route = routing.route_in(request.said)
        ours = rules.meant(ours, found.role, route)
        answer.route = rules.back(ours, route.origin)
    return ours


def _endpoint(found: Found, segments: tuple[str, ...], method: str) -> Endpoint:
    """Raises NotHere, NoSuchMethod."""
    many = len(segments)
    endpoint = found.table.get((method, many))
    if endpoint is not None and endpoint.spoken(found.version):
        return endpoint
    there = ((*key, one) for key, one in found.table.items())
    allowed = sorted(one for one, segments, is_it in there if segments == many and is_it.spoken(found.version))
    if not allowed:
        raise NotHere("No endpoint of ours has a URL of this form")
    raise NoSuchMethod(method, allowed)


def _version(said: str, line: Sequence[Connection]) -> Version:
    """Raises VersionNotSpoken, OnePartyOnly."""
    if said not in VERSIONS:
        raise VersionNotSpoken(f"OCPI {said[:20]!r} is not spoken here; {', '.join(VERSIONS)} is")
    return rules.spoken_by(VERSIONS[said], len(line))


def _module(path: tuple[str, ...]) -> tuple[Module, tuple[str, ...]]:
    """(a module, or a list that has a place of its own within one; what stands below). Raises NotHere."""
    for many in (2, 1):
        module = AT.get(path[:many])
        if module is not None:
            return module, path[many:]
    raise NotHere(f"{path[0][:40]!r} is no module that we know")


def _shares(endpoint: Within, request: Request) -> bool:
    """Who only reads may; but a list that is sifted by date is counted, and the others should not wait for that."""
    reads = request.method == "GET" and not endpoint.acts
    return endpoint.shares or (reads and request.query.keys().isdisjoint(SIFTED))


def _reads(request: Request) -> bool:
    """A question whether a card may charge changes nothing either, though it is a POST."""
    return request.method == "GET" or request.path[-1:] == ("authorize",)


def _key(request: Request) -> object:
    """Requests that may change the same have the same: the object that the URL names, whatever of it they change.

    What a partner's uids mean is a matter of its policy, of which nothing is known yet: they are alike under any.
    """
    if request.method in ("GET", "POST"):
        return None
    named = [fold(one) for one in request.path[3:6]]
    if request.path[2:3] == (Module.TOKENS,):
        named[2:] = map(uids.alike, named[2:])
    return tuple(named)


def _hints(error: Exception) -> Mapping[str, str]:
    match error:
        case NoSuchMethod():
            return {"Allow": ", ".join(error.allowed)}
        case TooOften():
            return {"Retry-After": str(error.seconds)}
        case _:
            return {}
