"""The operator API: reads a request, calls one function of a room, spells its answer; who may is checked here.

A key that does not have the role is refused before the body is read, and an answer leaves only if its holder is the
key's; what was done for another one is undone, for it was done in the same Unit.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cache, cached_property
from typing import Any, get_type_hints
from urllib.parse import quote

import msgspec
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route as Path
from starlette.types import Receive, Scope, Send

from laddnav.db.unit import Database, Unit
from laddnav.kit import fields, json
from laddnav.kit.ids import PartyId
from laddnav.kit.json import Unreadable
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.people import actions as people
from laddnav.people.api import MOST, File, NotYours, Page, Route, TooLarge, announced
from laddnav.people.model import Visitor
from laddnav.people.rules import require
from laddnav.server.problems import NoKey, NoSuchPath, NotThisMethod, fault, problem
from laddnav.server.words import Speller, Spelt

log = structlog.get_logger()

PREFIX = "/api/v1"

_answers = Speller()
Answering = Callable[[Request], Awaitable[Response]]


class WrongParameter(Refusal):
    """Something in the path or the query cannot be what it says."""


class Operation:
    """A Route made ready: what its function asks for, and how its answer is spelt."""

    def __init__(self, route: Route) -> None:
        self.route = route
        hints = get_type_hints(route.does, include_extras=True)
        signature = inspect.signature(route.does)
        self.kind = hints.pop("return")
        self.names = {name for name in hints if f"{{{name}}}" in route.path}
        self.body: type[Any] | None = hints.get("body")
        self.path = Parameters(signature, hints, self.names)
        query = {name for name, one in signature.parameters.items() if one.kind is one.KEYWORD_ONLY}
        self.query = Parameters(signature, hints, query)
        self.given = set(hints) - self.names - query - {"body"}
        assert route.looks_itself or _has_holder(self.kind), f"{route.path} does not say whose its answer is"

    @cached_property
    def spelt(self) -> Spelt | None:
        return None if self.kind in (type(None), File) else _answers.of(self.kind)

    async def answer(self, request: Request, database: Database, things: Mapping[str, Any]) -> Response:
        """Raises Refusal, Trouble."""
        body = await self._read(request, database)
        if "unit" not in self.given:
            async with database.unit() as unit:
                by = await self._let_in(request, unit)
                self._note(request, unit, by)
            return self._spell(by, await self._do(request, by, body, things))
        async with database.unit() as unit:
            by = await self._let_in(request, unit)
            self._note(request, unit, by)
            return self._spell(by, await self._do(request, by, body, {**things, "unit": unit}))

    async def _read(self, request: Request, database: Database) -> bytes:
        """The body of who may, and with no Unit open: one that comes slowly holds no connection of the database."""
        if self.body is None:
            return b""
        async with database.unit() as unit:
            await self._let_in(request, unit)
        most = request.scope[MOST] = self.route.most
        if announced(request.scope) > most:
            raise TooLarge(most)
        return await request.body()

    async def _let_in(self, request: Request, unit: Unit) -> Visitor:
        by = await people.who(unit, bearer=bearer_of(request))
        if by is None:
            raise NoKey
        return require(by, self.route.needs, *self.route.also)

    def _note(self, request: Request, unit: Unit, by: Visitor) -> None:
        """Who changes something is written down with it; the uid of a Token is its driver's secret."""
        if self.route.method != "GET":
            about = self.route.path.format_map({**request.path_params, "uid": "…"})
            people.note(unit, by.name, self.route.does.__name__.replace("_", " "), f"key {by.id}", about)

    async def _do(self, request: Request, by: Visitor, body: bytes, things: Mapping[str, Any]) -> object:
        asked = self.path.read(request.path_params) | self.query.read(request.query_params)
        if self.body is not None:
            asked["body"] = _body(body, self.body)
        given = {name: by if name == "by" else things[name] for name in self.given}
        return await self.route.does(**given, **asked)

    def _spell(self, by: Visitor, answer: object) -> Response:
        """Raises NotYours."""
        if by.holder is not None and not self.route.looks_itself:
            for one in answer.items if isinstance(answer, Page) else (answer,):
                if _holder_of(one) != by.holder:
                    raise NotYours
        if isinstance(answer, File):
            kept_as = f"attachment; filename*=UTF-8''{quote(answer.name, safe='')}"
            return Response(answer.body, media_type=self.route.gives, headers={"Content-Disposition": kept_as})
        if self.spelt is None:
            return Response(status_code=self.route.status)
        shown = answer if self.spelt.show is None else self.spelt.show(answer)
        return Response(json.encode(shown), self.route.status, media_type="application/json")


# Made when a route is first asked for: to make hundreds of them is most of a start, and few of them are asked for soon.
operation_of = cache(Operation)


class Api:
    """All of /api/v1. `things` are what functions may ask for beside the request, by the name of their parameter."""

    def __init__(self, routes: Sequence[Route], database: Database, things: Mapping[str, Any]) -> None:
        self._routes = routes
        self._database = database
        self._things = {**things, "database": database}

    def routes(self, streams: Mapping[str, Answering]) -> list[Path]:
        """`streams` answer in a way of their own, by their path; they look after who asks themselves."""
        paths: dict[str, dict[str, Route]] = {}
        for route in self._routes:
            paths.setdefault(route.path, {})[route.method] = route
        return [
            *(Path(PREFIX + path, _Door({"GET": answering})) for path, answering in streams.items()),
            *(
                Path(PREFIX + path, _Door({method: self._answering(one) for method, one in methods.items()}))
                for path, methods in sorted(paths.items(), key=lambda one: _open_places(one[0]))
            ),
            Path(PREFIX + "/{rest:path}", _Door({})),
        ]

    def _answering(self, route: Route) -> Answering:
        async def answer(request: Request) -> Response:
            return await operation_of(route).answer(request, self._database, self._things)

        return answer


def _open_places(path: str) -> list[bool]:
    """Which of its parts may be anything: the path that says a word there comes before the one that takes any."""
    return [part.startswith("{") for part in path.split("/")]


class _Door:
    """One path, as ASGI, with what answers there by method; every refusal leaves here as a problem."""

    def __init__(self, answering: Mapping[str, Answering]) -> None:
        self._answering = answering

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        await (await self._answer(request))(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        try:
            if not self._answering:
                raise NoSuchPath(f"There is nothing at {request.url.path}; {PREFIX}/openapi.json says what there is")
            if request.method not in self._answering:
                raise NotThisMethod(f"{request.url.path} answers to {', '.join(sorted(self._answering))}")
            return await self._answering[request.method](request)
        except (Refusal, Trouble) as error:
            return problem(error)
        except ClientDisconnect:
            return problem(Unreadable("The body ended before it was whole"))
        except Exception:
            # Only what it was about: further on in a path stands the uid of a card.
            log.exception("api_broke", method=request.method, path="/".join(request.url.path.split("/")[:4]))
            return fault()


def bearer_of(request: Request) -> str:
    """Raises NoKey."""
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not secret.strip():
        raise NoKey
    return secret.strip()


# What a function asks for ---------------------------------------------------------------------------------------------


class Parameters:
    """Named parameters, read strictly: what is not among them is refused."""

    def __init__(self, signature: inspect.Signature, hints: Mapping[str, Any], names: set[str]) -> None:
        fields: list[Any] = []
        for name in sorted(names):
            default = signature.parameters[name].default
            fields.append((name, hints[name]) if default is inspect.Parameter.empty else (name, hints[name], default))
        self.struct = msgspec.defstruct("Parameters", fields, forbid_unknown_fields=True, kw_only=True)
        self._parties = {name for name in names if PartyId in (hints[name], *getattr(hints[name], "__args__", ()))}

    def read(self, said: Mapping[str, str]) -> dict[str, Any]:
        """Raises WrongParameter, NotAPartyId."""
        parties = {name: PartyId.parse(said[name]) for name in self._parties & said.keys()}
        words = {**said, **{name: msgspec.structs.asdict(party) for name, party in parties.items()}}
        try:
            read = msgspec.convert(words, self.struct, strict=False)
        except msgspec.ValidationError as error:
            raise WrongParameter(str(error)) from error
        return {name: getattr(read, name) for name in self.struct.__struct_fields__}


def _body(body: bytes, kind: type[Any]) -> Any:
    """Raises Unreadable, UnknownField."""
    if kind is bytes:
        return body
    if not body:
        raise Unreadable("There is no body; it is a JSON object")
    return fields.decode(body, kind)


# Whose an answer is ---------------------------------------------------------------------------------------------------


def _holder_of(answer: Any) -> PartyId | None:
    holder: PartyId | None = getattr(answer, "holder", None) or getattr(answer.thing, "holder", None)
    return holder


def _has_holder(kind: Any) -> bool:
    if getattr(kind, "__origin__", None) is Page:
        return _has_holder(kind.__args__[0])
    plain = getattr(kind, "__origin__", kind)
    if not hasattr(plain, "__struct_fields__"):
        return False
    fields = {field.name: field.type for field in msgspec.structs.fields(kind)}
    return "holder" in fields or _has_holder(fields.get("thing"))
