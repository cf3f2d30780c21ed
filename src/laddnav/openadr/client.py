"""The outgoing half: what is asked of a VTN, with the token that it wants to see, and its answers read with care.

Redirects are not followed, and no address inside is called: the one who carries (`server/outward.py`) sees to both.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import quote, urlencode

from msgspec import Struct

from laddnav.kit import json
from laddnav.kit.json import Unreadable
from laddnav.kit.outside import Answer
from laddnav.kit.refusal import Trouble
from laddnav.kit.time import Clock
from laddnav.openadr import wire
from laddnav.openadr.model import Vtn
from laddnav.openadr.wire import Odd, WireEvent, WireNamed, WireProgram, WireServer, WireToken

T = TypeVar("T")

PAGES_MAX = 100  # of any list: 5,000 events are more than a VTN has for us
TOKEN_KEPT = timedelta(minutes=30)  # where a VTN does not say for how long it holds
EARLY = timedelta(seconds=30)  # before a token ends, another is fetched
WAIT_MAX = timedelta(minutes=10)  # that a VTN may ask us to stay away


# (method, url, headers, body) -> Answer. Raises Refusal where the URL leads inward, Trouble where nobody answers.
Exchange = Callable[[str, str, Mapping[str, str], bytes | None], Awaitable[Answer]]


class NotHeard(Trouble):
    """A VTN did not answer, or not with what was asked for. `wait`: for how long it wants to be left alone."""

    def __init__(self, why: str, *, status: int | None = None, wait: timedelta | None = None) -> None:
        super().__init__(why)
        self.status = status
        self.wait = wait


class _Token(Struct, frozen=True):
    bearer: str
    until_at: datetime

    def __repr__(self) -> str:
        """Without the token."""
        return f"_Token(until {self.until_at})"


class Client:
    """One VTN, as asked by one process. Its tokens are kept in memory and nowhere else."""

    def __init__(self, vtn: Vtn, secret: str, exchange: Exchange, clock: Clock) -> None:
        self.vtn = vtn
        self.skew = timedelta()
        self._secret = secret
        self._exchange = exchange
        self._clock = clock
        self._token: _Token | None = None
        self._programs: dict[str, WireProgram | None] = {}

    def __repr__(self) -> str:
        """Without the secret."""
        return f"Client({self.vtn.name})"

    # What it asks of us

    async def events(self) -> tuple[list[WireEvent], list[Odd]]:
        """All of the programs that are listened to. Raises NotHeard, and then nothing of it counts."""
        found: list[WireEvent] = []
        odd: list[Odd] = []
        for program in self.vtn.programs or (None,):
            query = {} if program is None else {"programID": program}
            for page in range(PAGES_MAX):
                body = await self._get("/events", {**query, "skip": page * wire.PAGE, "limit": wire.PAGE})
                read, unread = _read(wire.events, body)
                found += read
                odd += unread
                if len(read) + len(unread) < wire.PAGE:
                    break
            else:
                raise NotHeard("It has more events than can be meant")
        return found, odd

    async def program(self, id: str) -> WireProgram | None:
        """Asked once; None: it does not show it."""
        if id not in self._programs:
            try:
                body = await self._get(f"/programs/{quote(id, safe='')}")
                self._programs[id] = json.decode(body, WireProgram)
            except (NotHeard, Unreadable) as error:
                if isinstance(error, NotHeard) and error.status not in (403, 404):
                    raise
                self._programs[id] = None
        return self._programs[id]

    # What we tell it

    async def ven(self) -> str | None:
        """What it calls us; told who we are, if it did not know. None: it keeps no VENs. Raises NotHeard."""
        try:
            known = await self._named("/vens", {"venName": self.vtn.ven_name})
            found = next((one.id for one in known if one.ven_name == self.vtn.ven_name), None)
            return found or await self._made("/vens", {"venName": self.vtn.ven_name})
        except NotHeard as error:
            if error.status in (403, 404, 405, 501):
                return None
            raise

    async def resource(self, ven_id: str, name: str) -> str:
        """Raises NotHeard."""
        path = f"/vens/{quote(ven_id, safe='')}/resources"
        known = await self._named(path, {"resourceName": name})
        found = next((one.id for one in known if one.resource_name == name), None)
        return found or await self._made(path, {"resourceName": name})

    async def report(self, body: bytes) -> None:
        """A report that it has already is as good as told. Raises NotHeard."""
        try:
            await self._ask("POST", "/reports", body=body)
        except NotHeard as error:
            if error.status != 409:
                raise

    async def _named(self, path: str, query: Mapping[str, object]) -> list[WireNamed]:
        found: list[WireNamed] = []
        for page in range(PAGES_MAX):
            body = await self._get(path, {**query, "skip": page * wire.PAGE, "limit": wire.PAGE})
            some = _read(lambda body: json.decode(body, list[WireNamed]), body)
            found += some
            if len(some) < wire.PAGE:
                break
        return found

    async def _made(self, path: str, what: Mapping[str, object]) -> str:
        body = await self._ask("POST", path, body=json.encode(what))
        return _read(lambda body: json.decode(body, WireNamed), body).id

    # How it is asked

    async def _get(self, path: str, query: Mapping[str, object] | None = None) -> bytes:
        return await self._ask("GET", path + (f"?{urlencode(query)}" if query else ""))

    async def _ask(self, method: str, path: str, *, body: bytes | None = None) -> bytes:
        """Once more with a new token, where the old one holds no longer. Raises NotHeard, Refusal."""
        for again in (True, False):
            headers = {"Authorization": f"Bearer {await self._bearer()}", "Accept": "application/json"}
            if body is not None:
                headers["Content-Type"] = "application/json"
            answer = await self._exchange(method, self.vtn.url.rstrip("/") + path, headers, body)
            self.skew = wire.ahead(answer.headers.get("date"), self._clock.now())
            if answer.status == 401 and again:
                self._token = None
                continue
            return self._whole(method, path, answer)
        raise AssertionError("the second time is the last")

    async def _bearer(self) -> str:
        now = self._clock.now()
        if self._token is None or self._token.until_at <= now:
            url = self.vtn.token_url or await self._token_url()
            said = {"grant_type": "client_credentials", "client_id": self.vtn.client_id, "client_secret": self._secret}
            if self.vtn.scope:
                said["scope"] = self.vtn.scope
            headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
            answer = await self._exchange("POST", url, headers, urlencode(said).encode())
            token = _read(lambda body: json.decode(body, WireToken), self._whole("POST", "its token", answer))
            if not token.access_token.isascii() or not token.access_token.isprintable():
                raise NotHeard("Its token is none that a header could carry")
            lasts = TOKEN_KEPT if token.expires_in is None else timedelta(seconds=max(0, min(token.expires_in, 86_400)))
            self._token = _Token(token.access_token, now + max(lasts - EARLY, timedelta(seconds=1)))
        return self._token.bearer

    async def _token_url(self) -> str:
        base = self.vtn.url.rstrip("/")
        answer = await self._exchange("GET", f"{base}/auth/server", {"Accept": "application/json"}, None)
        if answer.status != 200:
            return f"{base}/auth/token"
        return _read(lambda body: json.decode(body, WireServer), answer.body).token_url

    def _whole(self, method: str, path: str, answer: Answer) -> bytes:
        """Raises NotHeard."""
        if answer.status in (200, 201):
            return answer.body
        wait = _wait(answer.headers.get("retry-after"), self._clock.now()) if answer.status in (429, 503) else None
        what = path.partition("?")[0]
        raise NotHeard(f"{method} {what} was answered with {answer.status}", status=answer.status, wait=wait)


def _read(reads: Callable[[bytes], T], body: bytes) -> T:
    """Raises NotHeard."""
    try:
        return reads(body)
    except Unreadable as error:
        raise NotHeard(f"What it answered cannot be read: {error}") from error


def _wait(said: str | None, now: datetime) -> timedelta | None:
    if said is None:
        return None
    if said.isascii() and said.isdigit() and len(said) < 9:
        return min(timedelta(seconds=int(said)), WAIT_MAX)
    try:
        return min(max(parsedate_to_datetime(said) - now, timedelta()), WAIT_MAX)
    except (ValueError, TypeError):
        return None
