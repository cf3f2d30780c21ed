"""Servers that are wrong in one way each: what a right answer becomes there, and the requirement that must notice.

Each is a function that spoils one answer of ours in place; `Mutated` is a whole server that always answers so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from msgspec.structs import replace
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from laddnav.ocpi.conform.record import Exchange
from laddnav.ocpi.wire.codec import encoded, parsed
from laddnav.parties.model import Role


class Said:
    """One answer that can be spoilt, and what it answers. `words` None: the body is no JSON."""

    def __init__(self, method: str, url: str, http: int, headers: Mapping[str, str], body: bytes) -> None:
        self.method = method
        self.path = urlsplit(url).path
        self.query = dict(parse_qsl(urlsplit(url).query))
        self.http = http
        self.headers = dict(headers)
        self._before = body
        self.words: Any = parsed(body) if body[:1] in (b"{", b"[") else None
        self.asked: dict[str, str] = {}

    @property
    def body(self) -> bytes:
        return self._before if self.words is None else encoded(self.words)

    @property
    def data(self) -> Any:
        return self.words.get("data") if isinstance(self.words, dict) else None

    def at(self, module: str, segments: int) -> bool:
        """Is it about so many segments below a module's endpoint?"""
        parts = self.path.strip("/").split("/")
        return module in parts and len(parts) - parts.index(module) - 1 == segments

    def listed(self, module: str) -> list[Any]:
        """The members of a page of this module; none where it is no page."""
        return self.data if self.method == "GET" and self.at(module, 0) and isinstance(self.data, list) else []

    def say(self, text: bytes) -> None:
        """Something that is no JSON."""
        self.words, self._before = None, text

    def succeed(self) -> None:
        """Say yes, whatever it was."""
        self.http, self.words = 200, {"status_code": 1000, "timestamp": "2026-11-23T08:00:00Z"}

    def refuse(self, http: int, status: int) -> None:
        self.http, self.words = http, {"status_code": status, "timestamp": "2026-11-23T08:00:00Z"}


class Mutation(NamedTuple):
    """`run`: the one that is spoilt, by the version and the role of ours."""

    spoil: Callable[[Said], None]
    caught_by: str
    run: str

    @property
    def name(self) -> str:
        return self.spoil.__name__


MUTATIONS: list[Mutation] = []


def caught_by(
    id: str, of: Role = Role.CPO, version: str = "2.2.1", tested_as: str | None = None
) -> Callable[[Callable[[Said], None]], Callable[[Said], None]]:
    def listed(spoil: Callable[[Said], None]) -> Callable[[Said], None]:
        run = f"{version} {of}" + (f" as {tested_as}" if tested_as else "")
        MUTATIONS.append(Mutation(spoil, id, run))
        return spoil

    return listed


def spoilt(one: Exchange, mutation: Mutation) -> Exchange:
    """A recorded exchange as it would have been."""
    said = Said(one.request.method, one.request.url, one.answer.http, one.answer.headers, one.answer.body)
    said.asked = dict(one.request.headers)
    mutation.spoil(said)
    answer = replace(one.answer, http=said.http, headers=said.headers, body=said.body)
    return replace(one, answer=answer)


class Mutated:
    """A server whose every answer is spoilt on its way out."""

    def __init__(self, inside: ASGIApp, *mutations: Mutation) -> None:
        self._inside = inside
        self._mutations = mutations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kept: dict[str, Any] = {"body": b""}

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept["start"] = message
            else:
                kept["body"] += message.get("body", b"")

        await self._inside(scope, receive, keep)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in kept["start"]["headers"]}
        url = f"{scope['path']}?{scope['query_string'].decode()}"
        said = Said(scope["method"], url, kept["start"]["status"], headers, kept["body"])
        said.asked = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        for mutation in self._mutations:
            mutation.spoil(said)
        body = said.body
        pairs = [(name.encode(), value.encode()) for name, value in said.headers.items() if name != "content-length"]
        pairs.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": said.http, "headers": pairs})
        await send({"type": "http.response.body", "body": body})
