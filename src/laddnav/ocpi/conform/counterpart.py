"""The tester's server half: plays the other role, takes in whatever the peer sends, and keeps every exchange.

It is more forgiving than any real partner, because what it is told is judged afterwards and not refused at the door.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

from msgspec import Struct
from starlette.types import Receive, Scope, Send

from laddnav.kit.time import Clock, rfc3339
from laddnav.ocpi.conform.dialect import DIALECTS, SPOKEN_BY_NOBODY
from laddnav.ocpi.conform.record import Answer, Exchange, Record, Request
from laddnav.ocpi.wire import routing
from laddnav.ocpi.wire.codec import encoded
from laddnav.ocpi.wire.routing import Route

# What each of our roles offers, module by module; SENDER is the side of who owns the data.
OFFERED: Mapping[str, Mapping[str, str]] = {
    "EMSP": {
        "locations": "RECEIVER",
        "tariffs": "RECEIVER",
        "sessions": "RECEIVER",
        "cdrs": "RECEIVER",
        "tokens": "SENDER",
        "commands": "SENDER",
        "chargingprofiles": "SENDER",
    },
    "CPO": {
        "locations": "SENDER",
        "tariffs": "SENDER",
        "sessions": "SENDER",
        "cdrs": "SENDER",
        "tokens": "RECEIVER",
        "commands": "RECEIVER",
    },
}
# What the body of a push is, by module and by how many segments stand below the endpoint.
PUSHED = {
    ("locations", 3): "Location",
    ("locations", 4): "EVSE",
    ("locations", 5): "Connector",
    ("tariffs", 3): "Tariff",
    ("sessions", 3): "Session",
    ("tokens", 3): "Token",
    ("cdrs", 0): "CDR",
}
PAGE = 2  # so few, that three objects show whether the peer follows a link
GOOD, WITHOUT_VERSION, WITHOUT_ENDPOINTS, BROKEN = "good", "without-version", "without-endpoints", "broken"


class Said(Struct, frozen=True, kw_only=True):
    """What the counterpart answers."""

    http: int = 200
    status: int = 1000
    data: Any = None
    headers: Mapping[str, str] = {}


class Counterpart:
    """An ASGI application. `faces` are versions URLs of which only the good one is sound; `token` lets the peer in."""

    def __init__(self, record: Record, clock: Clock, public_url: str, party: tuple[str, str]) -> None:
        self.token = ""
        self.party = party
        self.route: Route | None = None
        self.lists: dict[str, list[Any]] = {}  # what the peer may pull from us, by module
        self._kept: dict[str, Any] = {}  # what it pushed, by path
        self._record = record
        self._clock = clock
        self._url = public_url.rstrip("/")
        self._news = asyncio.Event()

    def versions_url(self, face: str = GOOD) -> str:
        return f"{self._url}/{face}/versions"

    def result_url(self, command: str, module: str = "commands") -> str:
        """Where the result of one command is to be told."""
        return f"{self._endpoint(module)}/{command}/{self._clock.new_id()}"

    def credentials(self, token: str, face: str = GOOD) -> dict[str, Any]:
        """What we hand to the peer."""
        country, party = self.party
        whose = {"country_code": country, "party_id": party, "business_details": {"name": "Laddnav conform"}}
        words: dict[str, Any] = {"token": token, "url": self.versions_url(face)}
        return words | ({"roles": [{"role": self._record.our_role, **whose}]} if self._record.routes else whose)

    async def heard(self, step: str, within: float) -> Exchange | None:
        """The last exchange of this step, once there is one; None where there is none in time."""
        try:
            async with asyncio.timeout(within):
                while (found := self._record.last(step)) is None:
                    self._news.clear()
                    await self._news.wait()
                return found
        except TimeoutError:
            return None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        loop = asyncio.get_running_loop()
        at, started = self._clock.now(), loop.time()
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        query = scope["query_string"].decode("latin-1")
        raw: bytes = scope.get("raw_path") or scope["path"].encode()
        path = raw.decode("latin-1").split("?")[0]
        request = Request(
            method=scope["method"],
            url=f"{self._url}{path}{'?' if query else ''}{query}",
            headers=headers,
            body=await _body(receive),
        )
        segments = tuple(unquote(part) for part in path.strip("/").split("/"))
        step, module, holds, said = self._answered(request, segments, dict(parse_qsl(query)))
        answer = self._spoken(request, said, module)
        self._record.keep(
            step=step,
            ours=False,
            at=at,
            took_ms=round((loop.time() - started) * 1000),
            request=request,
            answer=answer,
            module=module,
            holds=holds,
        )
        self._news.set()
        pairs = [(name.lower().encode(), value.encode("latin-1")) for name, value in answer.headers.items()]
        await send({"type": "http.response.start", "status": answer.http, "headers": pairs})
        await send({"type": "http.response.body", "body": answer.body})

    def _answered(
        self, request: Request, path: tuple[str, ...], query: Mapping[str, str]
    ) -> tuple[str, str | None, str | None, Said]:
        """(step, module, what the request carries, what we say)."""
        face, rest = path[0], path[1:]
        version = self._record.version
        if face == BROKEN:
            return "their versions of a broken face", None, None, Said(http=500, status=3000)
        if rest == ("versions",):
            offered = SPOKEN_BY_NOBODY if face == WITHOUT_VERSION else version
            data = [{"version": offered, "url": f"{self._url}/{face}/{offered}"}]
            return "their versions", "versions", None, Said(data=data)
        if rest == (version,):
            return "their details", "versions", None, Said(data=self._details(face))
        if rest == (version, "credentials"):
            if request.method in ("POST", "PUT"):
                return f"their {request.method} credentials", "credentials", "Credentials", self._own_credentials()
            return f"their {request.method} credentials", "credentials", None, self._own_credentials()
        if len(rest) >= 2 and rest[0] == version and rest[1] in OFFERED[self._record.our_role]:
            return self._at(rest[1], rest[2:], request, query)
        return "their request for nothing", None, None, Said(http=404, status=2000)

    def _own_credentials(self) -> Said:
        return Said(data=self.credentials(self.token))

    def _details(self, face: str) -> dict[str, Any]:
        modules = [] if face == WITHOUT_ENDPOINTS else [("credentials", "SENDER")]
        if face == GOOD:
            known = DIALECTS[self._record.version].modules
            modules += [one for one in OFFERED[self._record.our_role].items() if one[0] in known]
        endpoints = [
            {"identifier": module, "url": self._endpoint(module)} | ({"role": role} if self._record.routes else {})
            for module, role in modules
        ]
        return {"version": self._record.version, "endpoints": endpoints}

    def _endpoint(self, module: str) -> str:
        return f"{self._url}/{GOOD}/{self._record.version}/{module}"

    def _at(
        self, module: str, below: tuple[str, ...], request: Request, query: Mapping[str, str]
    ) -> tuple[str, str, str | None, Said]:
        """A functional module, whichever side of it we play."""
        step = f"their {request.method} {module}"
        if module == "commands":
            result = DIALECTS[self._record.version].result
            return f"their result of {below[0] if below else '?'}", module, result, Said()
        if module == "chargingprofiles":
            return step, module, "ActiveChargingProfile" if request.method == "PUT" else None, Said()
        if module == "tokens" and request.method == "POST":
            return f"{step} authorize", module, "LocationReferences" if request.body else None, self._authorised(below)
        if request.method == "GET":
            if OFFERED[self._record.our_role][module] == "SENDER" and not below:
                return f"{step} list", module, None, self._page(module, query)
            kept = self._kept.get("/".join((module, *below)))
            return step, module, None, Said(http=404, status=2003) if kept is None else Said(data=kept)
        holds = PUSHED.get((module, len(below)))
        return step, module, holds, self._taken(module, below, request)

    def _taken(self, module: str, below: tuple[str, ...], request: Request) -> Said:
        words, key = request.words, "/".join((module, *below))
        if request.method == "POST":
            key = f"{module}/{self._clock.new_id()}"
            self._kept[key] = words
            return Said(http=201, headers={"Location": f"{self._url}/{GOOD}/{self._record.version}/{key}"})
        if request.method == "PATCH":
            whole = self._kept.get(key)
            if whole is None:
                return Said(http=404, status=2003)
            self._kept[key] = whole | words if isinstance(whole, dict) and isinstance(words, dict) else whole
            return Said()
        if request.method == "DELETE":
            return Said() if self._kept.pop(key, None) is not None else Said(http=404, status=2000)
        known = key in self._kept
        self._kept[key] = words
        return Said(http=200 if known else 201)

    def _authorised(self, below: tuple[str, ...]) -> Said:
        """Any Token of ours may charge."""
        token = next((one for one in self.lists.get("tokens", []) if below and one["uid"] == below[0]), None)
        if token is None:
            return Said(http=404, status=2004)
        return Said(data={"allowed": "ALLOWED"} | ({"token": token} if self._record.routes else {}))

    def _page(self, module: str, query: Mapping[str, str]) -> Said:
        everything = self.lists.get(module, [])
        offset = int(query["offset"]) if query.get("offset", "").isdigit() else 0
        part = everything[offset : offset + PAGE]
        headers = {"X-Total-Count": str(len(everything)), "X-Limit": str(PAGE)}
        if offset + len(part) < len(everything):
            kept = "".join(f"&{name}={query[name]}" for name in ("date_from", "date_to") if name in query)
            headers["Link"] = f'<{self._endpoint(module)}?offset={offset + len(part)}&limit={PAGE}{kept}>; rel="next"'
        return Said(data=part, headers=headers)

    def _spoken(self, request: Request, said: Said, module: str | None) -> Answer:
        if not self._lets_in(request):
            said = Said(http=401, status=2000)
        words = {"status_code": said.status, "timestamp": rfc3339(self._clock.now())}
        if said.data is not None:
            words["data"] = said.data
        headers = {"Content-Type": "application/json", **said.headers}
        for name, spelt in (("x-request-id", "X-Request-ID"), ("x-correlation-id", "X-Correlation-ID")):
            if name in request.headers:
                headers[spelt] = request.headers[name]
        if self.route is not None and module not in (None, "versions", "credentials"):
            headers |= routing.route_headers(self.route)
        return Answer(http=said.http, headers=headers, body=encoded(words))

    def _lets_in(self, request: Request) -> bool:
        return bool(self.token) and self.token in routing.tokens_in(request.headers.get("authorization"))


async def _body(receive: Receive) -> bytes:
    pieces: list[bytes] = []
    while True:
        message = await receive()
        pieces.append(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return b"".join(pieces)
