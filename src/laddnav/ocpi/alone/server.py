"""The server: an ASGI application that speaks OCPI for a Storage of yours, to be mounted into your own."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

import structlog
from msgspec import Struct
from starlette.routing import Route as PathRoute
from starlette.types import Receive, Scope, Send

from laddnav.kit.ids import PartyId
from laddnav.kit.json import Unreadable
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.kit.time import Clock
from laddnav.ocpi import http, rules
from laddnav.ocpi.alone.modules import TABLES, Asked, table_of
from laddnav.ocpi.alone.storage import Met, NotKept, Peer, Storage, Us
from laddnav.ocpi.calls.calling import Partner, PartnerRefused
from laddnav.ocpi.calls.guard import ForbiddenAddress
from laddnav.ocpi.calls.lines import Lines
from laddnav.ocpi.connections import offers
from laddnav.ocpi.endpoints.call import Reply
from laddnav.ocpi.endpoints.credentials import CannotUseYou
from laddnav.ocpi.endpoints.status import status_of
from laddnav.ocpi.http import NoSuchMethod, NotHere, Request, Unrecognised, VersionNotSpoken
from laddnav.ocpi.model import Connection
from laddnav.ocpi.settings import Settings
from laddnav.ocpi.sides import OFFERED, Side
from laddnav.ocpi.wire import envelope, handshake, routing
from laddnav.ocpi.wire.codec import Hearing
from laddnav.ocpi.wire.handshake import (
    Credentials,
    Endpoint,
    Interface,
    Module,
    OfferedVersion,
    State,
    VersionDetails,
)
from laddnav.ocpi.wire.routing import Route
from laddnav.ocpi.wire.version import Version
from laddnav.ocpi.wire.versions import VERSIONS

log = structlog.get_logger()

BODY_MAX = 4_000_000  # bytes
MODULES = frozenset(module for module, _ in TABLES)


class _Came(Struct):
    """One request, and what becomes clear about it, so that a refusal can say to whom it goes."""

    request: Request
    peer: Peer | None = None
    version: Version | None = None
    route: Route | None = None
    token: str = ""


class Server:
    """`url` is where partners reach it: `https://…/ocpi`; `routes` are for there. `serves`: the modules that you keep.

    Versions, registration, tokens in either spelling, routing headers, pages, PATCH and status codes are its affair.
    """

    def __init__(
        self,
        storage: Storage,
        us: Us,
        url: str,
        clock: Clock,
        *,
        serves: Iterable[Module] = MODULES,
        allow_loopback: bool = False,
    ) -> None:
        self._storage = storage
        self._us = us
        self._url = url.rstrip("/")
        self._clock = clock
        self._serves = frozenset(serves)
        self._lines = Lines(Settings(public_url="", key=b"", allow_loopback=allow_loopback), clock, lambda _: None)

    async def close(self) -> None:
        await self._lines.close()

    @property
    def versions_url(self) -> str:
        """What partners are told, beside their token."""
        return f"{self._url}/versions"

    def routes(self) -> list[PathRoute]:
        """For a Starlette application, or one that is made of it: all that is below the path of `url`."""
        return http.everything_below(urlsplit(self._url).path, self)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise NotImplementedError(f"OCPI is spoken over HTTP, not {scope['type']}")
        below = scope.get("root_path") or urlsplit(self._url).path
        came = _Came(request=http.request_of(scope, self._clock.new_id, below=below))
        try:
            told = await self._answered(came, receive)
        except (Refusal, Trouble) as error:
            told = self._refused(came, error)
        except Exception:
            log.exception("ocpi_failed", method=came.request.method, path=http.shown(came.request.path))
            told = Reply(http=500, status=envelope.StatusCode.SERVER_ERROR, message="Something went wrong here")
        now = self._clock.now()
        if told.status == envelope.StatusCode.SUCCESS:
            body = envelope.sealed(told.data, now)
        else:
            body = envelope.refused(told.status, told.message, now, told.data)
        await http.send_answer(send, told.http, told.headers, came.request.ids, came.route, body)

    async def _answered(self, came: _Came, receive: Receive) -> Reply:
        request = came.request
        if not http.is_short(request):
            await self._recognised(came)
        request.body = await http.body_of(request, receive, BODY_MAX)
        peer = await self._recognised(came)
        http.check_body(request)
        path = request.path
        if path == ("versions",):
            self._only(request, "GET")
            return self._versions()
        version = came.version = _version(path[0] if path else "")
        if len(path) == 1:
            self._only(request, "GET")
            return self._details(version)
        if path[1] == Module.CREDENTIALS:
            return await self._credentials(came, peer, version)
        if not peer.roles:
            raise Unrecognised("This token is good for versions and credentials only")
        return await self._module(came, peer, version)

    async def _module(self, came: _Came, peer: Peer, version: Version) -> Reply:
        """Raises NotHere, NoSuchMethod, AddressedElsewhere, NotAmongThem."""
        request, path = came.request, came.request.path
        side = next((side for side in self._sides(version) if path[1:3] == (side[1].lower(), side[0])), None)
        if side is None:
            raise NotHere(f"/{'/'.join(path)[:200]} is no endpoint of ours")
        if version.routes:
            came.route = Route(to=_chief(peer), origin=self._us.party)
            came.route = self._routed(peer, routing.route_in(request.said))
        table, segments = table_of(side, version), path[3:]
        does = table.get((request.method, len(segments)))
        if does is None:
            allowed = sorted({method for method, many in table if many == len(segments)})
            if not allowed:
                raise NotHere("No endpoint of ours has a URL of this form")
            raise NoSuchMethod(request.method, allowed)
        asked = Asked(
            storage=self._storage,
            peer=peer,
            us=self._us.party,
            version=version,
            module=side[0],
            url=self._endpoint(version, side),
            segments=segments,
            query=request.query,
            body=request.body,
            hearing=self._hearing(peer),
        )
        return await does(asked)

    def _routed(self, peer: Peer, route: Route) -> Route:
        """How to route the answer (OCPI 2.2.1 transport_and_format_message_routing)."""
        if route.to not in (None, self._us.party):
            raise rules.AddressedElsewhere(route.to)
        if route.origin is not None and route.origin not in peer.parties:
            raise rules.NotAmongThem(route.origin)
        return Route(to=route.origin or _chief(peer), origin=self._us.party)

    async def _recognised(self, came: _Came) -> Peer:
        """Raises Unrecognised."""
        for token in routing.tokens_in(came.request.said.get("authorization")):
            peer = await self._storage.peer(token)
            if peer is not None:
                came.peer, came.token = peer, token
                return peer
        raise Unrecognised("An Authorization header with a token that is known here is needed")

    # Versions and credentials -----------------------------------------------------------------------------------------

    def _versions(self) -> Reply:
        offered = [OfferedVersion(version=number, url=f"{self._url}/{number}") for number in VERSIONS]
        newest = VERSIONS[max(VERSIONS)]
        return Reply(data=envelope.listed([newest.codecs[OfferedVersion].encode(one) for one in offered]))

    def _details(self, version: Version) -> Reply:
        sides = [(Module.CREDENTIALS, Interface.SENDER), *self._sides(version)]
        endpoints = [Endpoint(identifier=one[0], role=one[1], url=self._endpoint(version, one)) for one in sides]
        said = VersionDetails(version=version.number, endpoints=tuple(endpoints))
        return Reply(data=version.codecs[VersionDetails].encode(said))

    def _sides(self, version: Version) -> list[Side]:
        """What our role serves, of that what is kept here, of that what this version has."""
        ours = OFFERED[self._us.role]
        return [side for side in ours if side in TABLES and side[0] in self._serves & version.modules]

    def _endpoint(self, version: Version, side: Side) -> str:
        module, interface = side
        if module is Module.CREDENTIALS:
            return f"{self._url}/{version.number}/{module}"
        return f"{self._url}/{version.number}/{interface.lower()}/{module}"

    async def _credentials(self, came: _Came, peer: Peer, version: Version) -> Reply:
        """OCPI 2.2.1 credentials_credentials_endpoint: POST comes first and once, PUT and DELETE after it."""
        method = came.request.method
        self._only(came.request, "GET", "POST", "PUT", "DELETE")
        if (method in ("PUT", "DELETE") and not peer.roles) or (method == "POST" and peer.roles):
            raise NoSuchMethod(method, ["GET", "PUT", "DELETE"] if peer.roles else ["GET", "POST"])
        token = came.token
        if method == "DELETE":
            await self._storage.part(peer)
            return Reply()
        if method in ("POST", "PUT"):
            token = await self._storage.meet(peer, await self._met(came, peer, version))
        ours = Credentials(token=token, url=self.versions_url, roles=(self._us.as_role,))
        return Reply(data=version.codecs[Credentials].encode(ours))

    async def _met(self, came: _Came, peer: Peer, version: Version) -> Met:
        """Look at the peer's endpoints with the token that it gave. Raises CannotUseYou, NoCredentialsRoles."""
        said = handshake.sound(version.codecs[Credentials].decode(came.request.body, self._hearing(peer)))
        asking = Partner(self._lines, self._connection(peer, version, said), said.token)
        try:
            offered = await offers.versions(asking, said.url)
            endpoints = await offers.endpoints(asking, offered, version.number)
        except (Trouble, PartnerRefused, ForbiddenAddress, Unreadable) as error:
            raise CannotUseYou(f"Your endpoints cannot be used: {error}") from error
        return Met(version=version.number, credentials=said, endpoints=endpoints)

    def _connection(self, peer: Peer, version: Version, said: Credentials) -> Connection:
        return Connection(
            holder=self._us.party,
            id=peer.id,
            ref=peer.id,
            line=peer.id,
            our_role=self._us.role,
            state=State.CONNECTED,
            name=peer.id,
            version=version.number,
            roles=said.roles,
            created_at=self._clock.now(),
        )

    def _hearing(self, peer: Peer) -> Hearing:
        role = handshake.opposite(self._us.role)
        return Hearing(holder=self._us.party, sender=_chief(peer) or self._us.party, role=role)

    def _refused(self, came: _Came, error: Refusal | Trouble) -> Reply:
        code, status = (404, envelope.StatusCode.CLIENT_ERROR) if isinstance(error, NotKept) else status_of(error)
        headers = {"Allow": ", ".join(error.allowed)} if isinstance(error, NoSuchMethod) else {}
        said = status if came.version is None else came.version.status(status)
        return Reply(http=code, status=said, message=str(error), headers=headers)

    def _only(self, request: Request, *methods: str) -> None:
        """Raises NoSuchMethod."""
        if request.method not in methods:
            raise NoSuchMethod(request.method, list(methods))


def _chief(peer: Peer) -> PartyId | None:
    return peer.roles[0].party if peer.roles else None


def _version(said: str) -> Version:
    """Raises NotHere, VersionNotSpoken."""
    if not said[:1].isdigit():
        raise NotHere("Nothing is at this URL")
    if said not in VERSIONS:
        raise VersionNotSpoken(f"OCPI {said[:20]!r} is not spoken here; {', '.join(VERSIONS)} is")
    return VERSIONS[said]
