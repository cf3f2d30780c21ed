"""The tester's server half: plays the other role, takes in whatever the peer sends, and keeps every exchange.

It is more forgiving than any real partner, because what it is told is judged afterwards and not refused at the door.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

from starlette.types import Receive, Scope, Send

from laddnav.kit.ids import NotAPartyId, PartyId
from laddnav.kit.time import Clock, rfc3339
from laddnav.ocpi.conform.caller import Caller
from laddnav.ocpi.conform.dialect import DIALECTS, SPOKEN_BY_NOBODY
from laddnav.ocpi.conform.played import Heard, Played, Said
from laddnav.ocpi.conform.record import CONFIGURATION, Answer, Exchange, Record, Request
from laddnav.ocpi.conform.roles import HUB
from laddnav.ocpi.wire import routing
from laddnav.ocpi.wire.codec import encoded
from laddnav.ocpi.wire.routing import Route

GOOD, WITHOUT_VERSION, WITHOUT_ENDPOINTS, BROKEN = "good", "without-version", "without-endpoints", "broken"
SECOND = "second"  # the other party of ours at a hub
SECONDLY = "second: "  # before every step of that party


class Counterpart:
    """An ASGI application. `faces` are versions URLs of which only its own is sound; `token` lets the peer in.

    `caller` tells the peer what is owed to it. `second`: the other party that is played at a hub.
    """

    def __init__(
        self, record: Record, clock: Clock, public_url: str, party: tuple[str, str], role: str, *, own_face: str = GOOD
    ) -> None:
        self.token = ""
        self.party = party
        self.played = Played(record, clock, role)
        self.caller: Caller | None = None
        self.second: Counterpart | None = None
        self.routed = False
        self._record = record
        self._clock = clock
        self._url = public_url.rstrip("/")
        self._face = own_face
        self._news = asyncio.Event()
        self._under_way = 0

    def play(self, role: str) -> None:
        """From now on."""
        self.played.role = role

    @property
    def hub(self) -> PartyId | None:
        """The one behind which this party stands, where we play one."""
        return PartyId.parse(self._record.hub) if self._record.hub else None

    def versions_url(self, face: str | None = None) -> str:
        return f"{self._url}/{face or self._face}/versions"

    def result_url(self, command: str, module: str = "commands") -> str:
        """Where the result of one command is to be told."""
        return f"{self._endpoint(module)}/{command}/{self._clock.new_id()}"

    def credentials(self, token: str, face: str | None = None) -> dict[str, Any]:
        """What we hand to the peer."""
        country, party = self.party
        whose = {"country_code": country, "party_id": party, "business_details": {"name": "Laddnav conform"}}
        words: dict[str, Any] = {"token": token, "url": self.versions_url(face)}
        if self.hub is not None:
            return words | self._as_hub(self.hub, whose)
        return words | ({"roles": [{"role": self.played.role, **whose}]} if self._record.routes else whose)

    def _as_hub(self, hub: PartyId, behind: dict[str, Any]) -> dict[str, Any]:
        """In 2.3.0 beside the roles of whom it reaches, before that as the only role."""
        if DIALECTS[self._record.version].names_hub:
            roles = [{"role": self.played.role, **behind}]
            return {"roles": roles, "hub_party_id": f"{hub.country}{hub.party}"}
        return {"roles": [behind | {"role": HUB, "country_code": hub.country, "party_id": hub.party}]}

    async def heard(self, step: str, within: float, after: int = 0) -> Exchange | None:
        """The last exchange of this step, once there is one behind the number; None where there is none in time."""
        try:
            async with asyncio.timeout(within):
                while (found := self._record.last(self._named(step))) is None or found.number <= after:
                    self._news.clear()
                    await self._news.wait()
                return found
        except TimeoutError:
            return None

    async def quiet(self) -> None:
        """Until whatever is owed is told."""
        while self._under_way:
            self._news.clear()
            await self._news.wait()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        raw: bytes = scope.get("raw_path") or scope["path"].encode()
        path = raw.decode("latin-1").split("?")[0]
        if self.second is not None and path.startswith(f"/{SECOND}/"):
            await self.second(scope, receive, send)
            return
        loop = asyncio.get_running_loop()
        at, started = self._clock.now(), loop.time()
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        query = scope["query_string"].decode("latin-1")
        request = Request(
            method=scope["method"],
            url=f"{self._url}{path}{'?' if query else ''}{query}",
            headers=headers,
            body=await _body(receive),
        )
        segments = tuple(unquote(part) for part in path.strip("/").split("/"))
        heard = self._answered(request, segments, dict(parse_qsl(query)))
        answer = self._spoken(request, heard)
        self._record.keep(
            step=self._named(heard.step),
            ours=False,
            at=at,
            took_ms=round((loop.time() - started) * 1000),
            request=request,
            answer=answer,
            module=heard.module,
            holds=heard.holds,
        )
        self._under_way += 1
        self._news.set()
        pairs = [(name.lower().encode(), value.encode("latin-1")) for name, value in answer.headers.items()]
        try:
            await send({"type": "http.response.start", "status": answer.http, "headers": pairs})
            await send({"type": "http.response.body", "body": answer.body})
            if answer.http < 400:
                await self._tell(heard, request)
        finally:
            self._under_way -= 1
            self._news.set()

    async def _tell(self, heard: Heard, request: Request) -> None:
        """What is owed for it, to whoever asked."""
        for owed in heard.owed if self.caller is not None else ():
            assert self.caller is not None
            route = self._back(request)
            headers = routing.route_headers(route) if route is not None else {}
            await self.caller.ask(
                self._named(owed.step), owed.method, owed.url, owed.words, module=owed.module, headers=headers
            )

    def _named(self, step: str) -> str:
        return f"{SECONDLY}{step}" if self._face == SECOND else step

    def _answered(self, request: Request, path: tuple[str, ...], query: Mapping[str, str]) -> Heard:
        face, rest = path[0], path[1:]
        version = self._record.version
        if face == BROKEN:
            return Heard(step="their versions of a broken face", said=Said(http=500, status=3000))
        if rest == ("versions",):
            offered = SPOKEN_BY_NOBODY if face == WITHOUT_VERSION else version
            data = [{"version": offered, "url": f"{self._url}/{face}/{offered}"}]
            return Heard(step="their versions", module="versions", said=Said(data=data))
        if rest == (version,):
            return Heard(step="their details", module="versions", said=Said(data=self._details(face)))
        if rest == (version, "credentials"):
            holds = "Credentials" if request.method in ("POST", "PUT") else None
            said = Said(data=self.credentials(self.token))
            return Heard(step=f"their {request.method} credentials", module="credentials", holds=holds, said=said)
        if len(rest) >= 2 and rest[0] == version and rest[1] in self.played.sides:
            return self.played.asked(self._endpoint(rest[1]), rest[1], rest[2:], request, query)
        return Heard(step="their request for nothing", said=Said(http=404, status=2000))

    def _details(self, face: str) -> dict[str, Any]:
        modules = [] if face == WITHOUT_ENDPOINTS else [("credentials", "SENDER")]
        if face == self._face:
            modules += self.played.sides.items()
        endpoints = [
            {"identifier": module, "url": self._endpoint(module)} | ({"role": role} if self._record.routes else {})
            for module, role in modules
        ]
        return {"version": self._record.version, "endpoints": endpoints}

    def _endpoint(self, module: str) -> str:
        return f"{self._url}/{self._face}/{self._record.version}/{module}"

    def _spoken(self, request: Request, heard: Heard) -> Answer:
        said = heard.said if self._lets_in(request) else Said(http=401, status=2000)
        words = {"status_code": said.status, "timestamp": rfc3339(self._clock.now())}
        if said.data is not None:
            words["data"] = said.data
        headers = {"Content-Type": "application/json", **said.headers}
        for name, spelt in (("x-request-id", "X-Request-ID"), ("x-correlation-id", "X-Correlation-ID")):
            if name in request.headers:
                headers[spelt] = request.headers[name]
        route = self._back(request)
        if route is not None and heard.module not in (None, *CONFIGURATION):
            headers |= routing.route_headers(route)
        return Answer(http=said.http, headers=headers, body=encoded(words))

    def _back(self, request: Request) -> Route | None:
        """From whom of us was asked to whoever asked; None where nobody is named."""
        if not self.routed:
            return None
        try:
            asked = routing.route_in(request.headers)
        except NotAPartyId:
            return None
        at_hub = self.hub if asked.to == self.hub else None
        return Route(to=asked.origin, origin=at_hub or PartyId.of(*self.party))

    def _lets_in(self, request: Request) -> bool:
        return bool(self.token) and self.token in routing.tokens_in(request.headers.get("authorization"))


async def _body(receive: Receive) -> bytes:
    pieces: list[bytes] = []
    while True:
        message = await receive()
        pieces.append(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return b"".join(pieces)
