"""The tester's outgoing half: one request to the peer exactly as it is given, and what came of it kept."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from msgspec import Struct
from yarl import URL

from laddnav.kit.time import Clock
from laddnav.ocpi.calls.guard import ForbiddenAddress, GuardedResolver, Network, checked
from laddnav.ocpi.conform.record import Answer, Exchange, Record, Request
from laddnav.ocpi.wire import routing
from laddnav.ocpi.wire.codec import encoded
from laddnav.ocpi.wire.routing import MessageIds, Route

_WITHIN = 30  # seconds; a peer that needs longer is not there
_LONGEST = 32_000_000  # bytes of an answer


class _Resolver(AbstractResolver):
    """The host that the person named may be anywhere; whatever the peer names besides must be public."""

    def __init__(self, trusted: str | None) -> None:
        self._trusted = trusted
        self._any, self._guarded = aiohttp.ThreadedResolver(), GuardedResolver(allow_loopback=False)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return await (self._any if host == self._trusted else self._guarded).resolve(host, port, family)

    async def close(self) -> None:
        await self._guarded.close()
        await self._any.close()


class Line(Struct, frozen=True):
    """A session that somebody else guards and closes, and where inwards it may lead."""

    session: aiohttp.ClientSession
    allow_loopback: bool
    networks: tuple[Network, ...] = ()


class Caller:
    """Asks the peer; every exchange goes into the record. `token` is what it shows unless a request says otherwise.

    Without a `line`, over one of its own, on which the host that the person named may be anywhere.
    """

    def __init__(self, record: Record, clock: Clock, token: str, line: Line | None = None) -> None:
        self.token = token
        self.route: Route | None = None
        self._record = record
        self._clock = clock
        self._trusted = urlsplit(record.versions_url).hostname if line is None else None
        self._line = line or Line(_own_session(self._trusted), allow_loopback=False)

    async def close(self) -> None:
        await self._line.session.close()

    async def ask(
        self,
        step: str,
        method: str,
        url: str,
        body: Any = None,
        *,
        module: str | None = None,
        holds: str | None = None,
        token: str | None = None,
        headers: Mapping[str, str | None] | None = None,
        routed: bool = True,
    ) -> Exchange:
        """`body` is words, or bytes as they are; `token` "" shows none; a header that is None is left out."""
        sent = b"" if body is None else body if isinstance(body, bytes) else encoded(body)
        said = self._headers(method, self.token if token is None else token, routed)
        for name, value in (headers or {}).items():
            said.pop(name, None)
            if value is not None:
                said[name] = value
        request = Request(
            method=method, url=url, headers={name.lower(): value for name, value in said.items()}, body=sent
        )
        at, loop = self._clock.now(), asyncio.get_running_loop()
        started = loop.time()
        answer = await self._answered(method, url, sent, said)
        return self._record.keep(
            step=step,
            ours=True,
            at=at,
            took_ms=round((loop.time() - started) * 1000),
            request=request,
            answer=answer,
            module=module,
            holds=holds,
        )

    def _headers(self, method: str, token: str, routed: bool) -> dict[str, str]:
        said = {"Accept": "application/json"}
        if token:
            said["Authorization"] = routing.authorization(token, encoded=self._record.encodes_token)
        if self._record.routes:  # the versions that have no routing have no ids of messages either
            said |= routing.id_headers(MessageIds(request=self._clock.new_id(), correlation=self._clock.new_id()))
            if routed and self.route is not None:
                said |= routing.route_headers(self.route)
        if method in ("POST", "PUT", "PATCH"):
            said["Content-Type"] = "application/json"
        return said

    async def _answered(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        try:
            if urlsplit(url).hostname != self._trusted:
                checked(url, self._line.allow_loopback, self._line.networks)
            async with (
                asyncio.timeout(_WITHIN),
                self._line.session.request(
                    method, URL(url, encoded=True), data=body or None, headers=headers, allow_redirects=False
                ) as response,
            ):
                raw = await response.content.read(_LONGEST)
                while not response.content.at_eof() and len(raw) < _LONGEST:
                    raw += await response.content.read(_LONGEST - len(raw))
                said = {name.lower(): value for name, value in response.headers.items()}
                return Answer(http=response.status, headers=said, body=raw)
        except TimeoutError:
            return Answer(http=0, headers={}, body=f"No answer within {_WITHIN} s".encode())
        except (aiohttp.ClientError, OSError, ValueError, ForbiddenAddress) as error:
            return Answer(http=0, headers={}, body=str(error).encode())


def _own_session(trusted: str | None) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(resolver=_Resolver(trusted), limit=4),
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=("Content-Type",),
    )
