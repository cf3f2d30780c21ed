"""One request of a page: who asks, in which language, and how the answer is made."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from msgspec import Struct
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from laddnav.db.unit import Database, Unit
from laddnav.kit import json
from laddnav.kit.refusal import Refusal
from laddnav.kit.time import EARLIEST, local
from laddnav.ocpi.calls.client import Clients
from laddnav.parties.model import Party
from laddnav.parties.model import Role as PartyRole
from laddnav.people.api import MOST, TooLarge, announced
from laddnav.people.model import Role, Visitor
from laddnav.people.rules import CUSTOMERS, opens
from laddnav.tokens.actions import Asker
from laddnav.web.render import render
from laddnav.web.terms import TERMS
from laddnav.web.words import spoken, translations

THEMES = ("light", "auto", "dark")
FLASH = "flash"
FORM_MAX = 64 * 1024  # bytes
FIELDS_MAX = 1000  # a charging schedule of many periods, told to a station
YEAR = 365 * 24 * 3600  # seconds
NOBODYS_ZONE = "UTC"  # before the first party says where it is at home


class FormTooLarge(Refusal):
    """No form of ours has so many fields."""

    def __init__(self) -> None:
        super().__init__(f"The form has more than {FIELDS_MAX} fields, the most that any here has")


class FormBroken(Refusal):
    """The form ended before it was whole."""

    def __init__(self) -> None:
        super().__init__("The form ended before it was whole; send it again")


class Console(Struct, frozen=True, kw_only=True):
    """What the pages stand on: `url` is where stations reach us, `clients` reach partners, `ask` asks about a Token.

    `tile_url` None: the map draws outlines only. `sends_mail`: there is a server that takes it.
    """

    database: Database
    url: str
    clients: Clients
    ask: Asker | None = None
    tile_url: str | None = None
    tile_credit: str = ""
    sends_mail: bool = False


class Flash(Struct, frozen=True):
    """Said once, on the page that follows a deed. `secret` is kept nowhere, so it never travels in a cookie."""

    tone: str
    text: str
    secret: str | None = None

    def __repr__(self) -> str:
        """Without the secret."""
        return f"Flash({self.tone}: {self.text})"


class Shown(NamedTuple):
    """The Visitor as templates ask for it."""

    name: str
    role: Role
    csrf: str
    account_id: str
    visit_id: str

    def may(self, *roles: str) -> bool:
        """What is for any of these."""
        return opens(self.role, *(Role(role) for role in roles))

    @property
    def may_operate(self) -> bool:
        return self.may(Role.OPERATOR)

    @property
    def is_customer(self) -> bool:
        return self.role in CUSTOMERS

    def __repr__(self) -> str:
        """Without what forms carry."""
        return f"Shown({self.name}, {self.role})"


class Asked:
    """A request with what every page needs to know of it."""

    def __init__(self, request: Request, console: Console, visitor: Visitor | None, parties: tuple[Party, ...]) -> None:
        self.request = request
        self.console = console
        self.parties = parties
        self._visitor = visitor
        chosen = request.cookies.get("language") or (visitor.language if visitor else None)
        self.language = spoken(chosen, request.headers.get("accept-language", ""))
        theme = request.cookies.get("theme", "auto")
        self.theme = theme if theme in THEMES else "auto"
        self.zone = parties[0].time_zone if parties else NOBODYS_ZONE
        self._form: Mapping[str, str] = {}

    @property
    def visitor(self) -> Visitor:
        """Whoever is signed in; a door that asks for a role has seen to it."""
        assert self._visitor is not None, "this door is open to nobody in particular"
        return self._visitor

    @property
    def signed_in(self) -> bool:
        return self._visitor is not None

    @property
    def origin(self) -> str:
        """The address on the net from which it comes; "" where nobody can tell."""
        return self.request.client.host if self.request.client else ""

    @property
    def path(self) -> str:
        return self.request.url.path

    @property
    def address(self) -> str:
        """The path with its query, for parts of a page that fetch themselves again."""
        return self.path + (f"?{self.request.url.query}" if self.request.url.query else "")

    def came_from(self, otherwise: str) -> str:
        """The page of ours whose form this is."""
        parts = urlsplit(self.request.headers.get("referer", ""))
        if parts.netloc != self.request.url.netloc:
            return otherwise
        return inside(parts.path + (f"?{parts.query}" if parts.query else ""))

    def unit(self) -> AbstractAsyncContextManager[Unit]:
        return self.console.database.unit()

    def part(self, name: str) -> str:
        """Of the path."""
        return str(self.request.path_params[name])

    def query(self, name: str) -> str | None:
        return self.request.query_params.get(name) or None

    async def read_form(self, most: int = FORM_MAX) -> None:
        """Files come as text, in a field. Raises TooLarge, FormTooLarge, FormBroken."""
        self.request.scope[MOST] = most
        if announced(self.request.scope) > most:
            raise TooLarge(most)
        body = bytearray()
        try:
            async for chunk in self.request.stream():
                body += chunk
                if len(body) > most:
                    raise TooLarge(most)
        except ClientDisconnect as error:
            raise FormBroken from error
        # A large one takes a while to be taken apart, in which others are served.
        self._form = _fields(body) if len(body) <= FORM_MAX else await asyncio.to_thread(_fields, body)

    @property
    def form(self) -> Mapping[str, str]:
        """Every field of it as it came, for a form whose fields depend on whom it is for."""
        return self._form

    def said(self, name: str) -> str:
        """A field of the form, without space around it; "" where it was left out."""
        return self._form.get(name, "").strip()

    def number(self, name: str) -> int | None:
        """A field that counts; None where it says no number that anything here could have."""
        text = self.said(name)
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None

    def instant(self, name: str, zone: str) -> datetime:
        """A field with a date and a time, as clocks in `zone` show it unless it says another. Raises Unreadable."""
        try:
            at = local(datetime.fromisoformat(self.said(name)), zone)
        except (ValueError, OverflowError) as error:
            raise json.Unreadable(f"{self.said(name)[:40]!r} is no date with a time") from error
        if at.year < EARLIEST:
            raise json.Unreadable(f"an instant before {EARLIEST} cannot be meant")
        return at

    def secret(self, name: str) -> str:
        """A field as it was typed: a password may begin with a space."""
        return self._form.get(name, "")

    def term(self, word: str) -> str:
        """What the specification spells in capitals, in the language of this request."""
        return self.say(TERMS[word]) if word in TERMS else word

    def say(self, text: str, **values: object) -> str:
        """A sentence in the language of this request."""
        sentence = translations(self.language).gettext(text)
        return sentence % values if values else sentence

    def page(
        self, template: str, *, status: int = 200, flash: Flash | None = None, path: str | None = None, **facts: object
    ) -> Response:
        flashes = [*self._flashes(), *([flash] if flash else [])]
        html = render(
            template,
            language=self.language,
            theme=self.theme,
            zone=self.zone,
            path=path or self.path,
            address=path or self.address,
            installation=", ".join(party.name for party in self.parties[:2]),
            visitor=self._shown(),
            runs_hub=any(PartyRole.HUB in party.roles for party in self.parties),
            flashes=flashes,
            **facts,
        )
        response = HTMLResponse(html, status_code=status)
        if FLASH in self.request.cookies:
            response.delete_cookie(FLASH)
        return response

    def done(self, path: str, text: str | None = None, tone: str = "good") -> Response:
        """On to another page, which says what was done."""
        response = RedirectResponse(inside(path), status_code=303)
        if text is not None:
            value = quote(json.encode(Flash(tone, text)).decode())
            response.set_cookie(FLASH, value, max_age=60, httponly=True, samesite="strict", secure=self.secure)
        return response

    @property
    def secure(self) -> bool:
        """Whether cookies may travel encrypted only: also behind a proxy that encrypts what we do not."""
        return self.request.url.scheme == "https" or self.console.url.startswith("https://")

    def _shown(self) -> Shown | None:
        visitor = self._visitor
        if visitor is None or visitor.visit is None:
            return None
        return Shown(
            name=visitor.name,
            role=visitor.role,
            csrf=visitor.visit.csrf,
            account_id=visitor.id,
            visit_id=visitor.visit.id,
        )

    def _flashes(self) -> list[Flash]:
        try:
            return [json.decode(unquote(self.request.cookies[FLASH]), Flash)]
        except (KeyError, json.Unreadable):
            return []

    def headers(self) -> dict[str, str]:
        """What goes with every answer of the console: nothing from elsewhere runs, frames it, or keeps it."""
        tiles = f" {_origin(self.console.tile_url)}" if self.console.tile_url else ""
        policy = (
            "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; worker-src 'self'; "
            f"img-src 'self' data: blob:{tiles}; connect-src 'self'{tiles}; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
        return {
            "Content-Security-Policy": policy,
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }


def _fields(body: bytearray) -> Mapping[str, str]:
    """Raises FormTooLarge."""
    try:
        return dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True, max_num_fields=FIELDS_MAX))
    except ValueError as error:
        raise FormTooLarge from error


Handler = Callable[[Asked], Awaitable[Response]]


class Door(Struct, frozen=True, kw_only=True):
    """A path with what answers there. `role` None: also to who is not signed in. `form_max` bytes are read.

    `also` are roles that may beside those that may what is for `role`.
    """

    method: str
    path: str
    handler: Handler
    role: Role | None
    also: tuple[Role, ...] = ()
    form_max: int = FORM_MAX


def see(path: str, handler: Handler, role: Role | None = Role.VIEWER, *, also: tuple[Role, ...] = ()) -> Door:
    return Door(method="GET", path=path, handler=handler, role=role, also=also)


def do(
    path: str,
    handler: Handler,
    role: Role | None = Role.OPERATOR,
    *,
    also: tuple[Role, ...] = (),
    form_max: int = FORM_MAX,
) -> Door:
    return Door(method="POST", path=path, handler=handler, role=role, also=also, form_max=form_max)


def inside(path: str) -> str:
    """The path, if it leads into our own pages; else the first page. What a form says may come from anywhere."""
    leads_inside = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if leads_inside else "/"


def cookie_of(request: Request) -> str:
    """The visit's. It names the port, for cookies do not tell ports apart and a demo runs two installations."""
    return f"visit_{request.url.port or 'web'}"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
