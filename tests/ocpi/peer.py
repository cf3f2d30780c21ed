"""A partner that we did not write: it answers as it is told to, and remembers what it was asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from msgspec import Struct
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from laddnav.ocpi.wire.codec import encoded, parsed
from tests.serving import Server, listening


class Asked(Struct, frozen=True):
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


class Peer:
    """`answers` maps a path, or method and path, to words, a whole Response, or several of these to be used up.

    What is not among them is answered with `otherwise`.
    """

    def __init__(self, port: int, scheme: str = "http") -> None:
        self.url = f"{scheme}://127.0.0.1:{port}"
        self.asked: list[Asked] = []
        self.otherwise = said(404, 2000, message="nothing here")
        self.answers: dict[str, Any] = {
            "/versions": [
                {"version": "2.1.1", "url": f"{self.url}/2.1.1"},
                {"version": "2.2.1", "url": f"{self.url}/v"},
            ],
            "/v": {
                "version": "2.2.1",
                "endpoints": [
                    self.endpoint("credentials", "SENDER"),
                    self.endpoint("locations", "RECEIVER"),
                    self.endpoint("tariffs", "RECEIVER"),
                    self.endpoint("sessions", "RECEIVER"),
                    self.endpoint("cdrs", "RECEIVER"),
                    self.endpoint("tokens", "SENDER"),
                    self.endpoint("commands", "SENDER"),
                    self.endpoint("nltnm-weather", "SENDER"),
                ],
            },
            "/credentials": self.credentials("their-token"),
            "/tokens": [],
        }

    @property
    def versions_url(self) -> str:
        return f"{self.url}/versions"

    def endpoint(self, identifier: str, role: str) -> dict[str, str]:
        return {"identifier": identifier, "role": role, "url": f"{self.url}/{identifier}"}

    def credentials(self, token: str, *roles: tuple[str, str, str]) -> dict[str, Any]:
        return {
            "token": token,
            "url": self.versions_url,
            "roles": [
                {
                    "role": role,
                    "country_code": country,
                    "party_id": party,
                    "business_details": {"name": f"Peer {party}"},
                }
                for role, country, party in roles or (("EMSP", "NL", "TNM"),)
            ],
        }

    def last(self, method: str, path: str) -> Asked:
        return next(one for one in reversed(self.asked) if (one.method, one.path) == (method, path))

    def many(self, method: str, path: str) -> int:
        return sum((one.method, one.path) == (method, path) for one in self.asked)

    async def answer(self, request: Request) -> Response:
        body = await request.body()
        path = request.url.path
        self.asked.append(Asked(request.method, path, dict(request.headers), parsed(body) if body else None))
        words = self.answers.get(f"{request.method} {path}", self.answers.get(path))
        if isinstance(words, list) and words and isinstance(words[0], Response):
            words = words.pop(0) if len(words) > 1 else words[0]
        if isinstance(words, Response):
            return words
        if callable(words):
            own: Response = await words(request)
            return own
        if words is None:
            return self.otherwise
        return said(200, 1000, words)


def envelope(status: int, data: Any = None, message: str = "") -> dict[str, Any]:
    return {"status_code": status, "status_message": message, "timestamp": "2026-11-23T08:00:00Z", "data": data}


def said(http: int, status: int, data: Any = None, message: str = "") -> Response:
    return Response(encoded(envelope(status, data, message)), http, media_type="application/json")


@asynccontextmanager
async def peer(**tls: Any) -> AsyncIterator[Peer]:
    """`tls`: what uvicorn wants to know for it; nothing: plain HTTP."""
    sock = listening()
    one = Peer(sock.getsockname()[1], "https" if tls else "http")
    every = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    app = Starlette(routes=[Route("/{path:path}", one.answer, methods=every)])
    server = Server(app, **tls)
    await server.up(sock)
    try:
        yield one
    finally:
        await server.down()
