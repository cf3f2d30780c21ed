"""A request of OCPI and its answer so far as HTTP goes, whoever answers it and from whatever storage."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from urllib.parse import parse_qsl, unquote

import msgspec
from msgspec import Struct
from starlette.convertors import PathConvertor, register_url_convertor
from starlette.routing import Route as PathRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from laddnav.kit.refusal import Refusal
from laddnav.ocpi.wire import routing
from laddnav.ocpi.wire.handshake import Module
from laddnav.ocpi.wire.routing import MessageIds, Route

REQUEST_ID, CORRELATION_ID = b"x-request-id", b"x-correlation-id"
TOKENS = Module.TOKENS.value
PERCENT, QUESTION_MARK = b"%?"  # as numbers, which are found faster than a bytes of one
STRANGERS_MAX = 64_000  # bytes of a body; nearly all that partners say are shorter


class _Anything(PathConvertor):
    """Whatever a path can hold, a line feed too: a refusal is in an envelope, however strange the URL."""

    regex = "(?s:.*)"


register_url_convertor("anything", _Anything())


def everything_below(path: str, app: ASGIApp) -> list[PathRoute]:
    """With and without a slash at its end, and never by way of a redirect."""
    return [PathRoute(path, app), PathRoute(f"{path}/{{rest:anything}}", app)]


class Unrecognised(Refusal):
    """The request shows no token that is known here."""


class NotHere(Refusal):
    """Nothing is at this URL."""


class NoSuchMethod(Refusal):
    """There is something at this URL, but not with this method."""

    def __init__(self, method: str, allowed: list[str]) -> None:
        super().__init__(f"{method} is not available here; {', '.join(allowed)} is")
        self.allowed = allowed


class NotJson(Refusal):
    """The body is no JSON at all."""


class TooLong(Refusal):
    """The body is longer than anything OCPI has to say."""


class VersionNotSpoken(Refusal):
    """This version of OCPI is not spoken here."""


class Request(Struct):
    """What came, so far as HTTP goes."""

    method: str
    path: tuple[str, ...]
    query: dict[str, str]
    headers: dict[bytes, bytes]  # as they came, their names in lower case: most of them nobody ever reads
    address: str
    body: bytes
    ids: MessageIds

    @property
    def said(self) -> dict[str, str]:
        """All headers, read; for what is asked of few requests."""
        return {name.decode("latin-1"): value.decode("latin-1") for name, value in self.headers.items()}

    def __repr__(self) -> str:
        """Without headers and body, where tokens are."""
        return f"Request({self.method} {shown(self.path)})"


def request_of(scope: Scope, new_id: Callable[[], str], below: str = "/ocpi") -> Request:
    """Its body is taken in later, when it is clear who sends it; `new_id` makes its id where it has none."""
    headers = dict(scope["headers"])
    asked: bytes = scope["query_string"]
    return Request(
        method=scope["method"],
        path=segments(scope, below),
        query=dict(parse_qsl(asked.decode("latin-1"), keep_blank_values=True)) if asked else {},
        headers=headers,
        address=(scope.get("client") or ("", 0))[0],
        body=b"",
        ids=routing.ids_of(headers.get(REQUEST_ID), headers.get(CORRELATION_ID), new_id),
    )


def segments(scope: Scope, below: str) -> tuple[str, ...]:
    """What stands behind `below`, split before it is decoded: an id may hold a slash. A slash at the end is nothing."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    if QUESTION_MARK in raw:
        raw = raw.partition(b"?")[0]
    parts = raw.decode("latin-1").strip("/").split("/")[_depth(below) :]
    return tuple(map(unquote, parts)) if PERCENT in raw else tuple(parts)


@lru_cache(maxsize=100)
def _depth(path: str) -> int:
    return path.strip("/").count("/") + 1


def shown(path: Sequence[str]) -> str:
    """For the log: without the uid of a Token, which is a secret of its driver."""
    if TOKENS not in path:  # of nearly all nothing is hidden
        return "/".join(path)
    secret = len(hidden(path))
    return f"{'/'.join(path[:-secret])}/…" if secret else "/".join(path)


def hidden(path: Sequence[str]) -> Sequence[str]:
    """What no log shows of it."""
    for place in (2, 3):  # a hub's URLs name the interface before the module
        if len(path) > place and path[place] == TOKENS:
            return path[place + 1 :]
    return ()


def announces_a_body(request: Request) -> bool:
    return b"content-length" in request.headers or b"transfer-encoding" in request.headers


def is_short(request: Request) -> bool:
    """A body that may be taken in before it is clear who sends it: what is packed, nobody knows the length of."""
    if b"transfer-encoding" in request.headers or b"content-encoding" in request.headers:
        return False
    said = request.headers.get(b"content-length", b"0")
    return said.isdigit() and int(said) <= STRANGERS_MAX


async def body_of(request: Request, receive: Receive, most: int) -> bytes:
    """Raises TooLong before more than that is in memory."""
    if not announces_a_body(request):
        return b""
    if int(request.headers.get(b"content-length") or 0) > most:
        raise TooLong(f"A body has at most {most} bytes")
    pieces: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise NotJson("The body ended before it was whole")
        piece: bytes = message.get("body", b"")
        size += len(piece)
        if size > most:
            raise TooLong(f"A body has at most {most} bytes")
        pieces.append(piece)
        more = message.get("more_body", False)
    body = b"".join(pieces)
    return _unpacked(body, most) if request.headers.get(b"content-encoding", b"").lower() == b"gzip" else body


def _unpacked(body: bytes, most: int) -> bytes:
    """No further than a body may go, however small it was packed. Raises TooLong, NotJson."""
    gzip = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        unpacked = gzip.decompress(body, most + 1)
    except zlib.error as error:
        raise NotJson(f"The body is no gzip: {error}") from error
    if len(unpacked) > most:
        raise TooLong(f"A body has at most {most} bytes")
    return unpacked


def check_body(request: Request) -> None:
    """A body that is no JSON never was OCPI (OCPI 2.2.1 transport_and_format_response_format). Raises NotJson."""
    if request.method not in ("POST", "PUT", "PATCH"):
        return
    if not request.body.strip() and request.method == "POST":
        return  # of an authorisation, where it may be left out
    try:
        msgspec.json.decode(request.body.removeprefix(b"\xef\xbb\xbf"), type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise NotJson(f"The body is no JSON: {error}") from error


async def send_answer(
    send: Send, http: int, headers: Mapping[str, str], ids: MessageIds, route: Route | None, body: bytes
) -> None:
    said = [
        (b"content-type", b"application/json"),
        *(_raw(headers) if headers else ()),
        (REQUEST_ID, ids.request.encode()),
        (CORRELATION_ID, ids.correlation.encode()),
        *(() if route is None else _routed(route)),
        (b"content-length", b"%d" % len(body)),
    ]
    await send({"type": "http.response.start", "status": http, "headers": said})
    await send({"type": "http.response.body", "body": body})


def _raw(headers: Mapping[str, str]) -> Sequence[tuple[bytes, bytes]]:
    """A header that a hub passes on may hold anything; what HTTP cannot say is a question mark."""
    return [(_name(name), value.encode("latin-1", "replace")) for name, value in headers.items()]


@lru_cache(maxsize=1_000)
def _routed(route: Route) -> Sequence[tuple[bytes, bytes]]:
    return _raw(routing.route_headers(route))


@lru_cache(maxsize=1_000)
def _name(header: str) -> bytes:
    return header.lower().encode("latin-1")
