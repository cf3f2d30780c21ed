"""One call to a partner, guarded, bounded, noted, and its answer read; it needs no database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from urllib.parse import unquote, urljoin, urlsplit

import aiohttp
from msgspec import Struct
from yarl import URL

from laddnav.kit.ids import PartyId
from laddnav.kit.json import Unreadable
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.ocpi.calls import masking
from laddnav.ocpi.calls.guard import checked
from laddnav.ocpi.calls.lines import Lines
from laddnav.ocpi.model import Connection, Exchange
from laddnav.ocpi.wire import envelope, routing
from laddnav.ocpi.wire.envelope import Answer, StatusCode
from laddnav.ocpi.wire.handshake import Interface, Module
from laddnav.ocpi.wire.routing import MessageIds, Route
from laddnav.ocpi.wire.versions import VERSIONS

_REDIRECTS = 3
WAIT_MAX = timedelta(days=1)  # however long a partner wants to be left alone
# OCPI 2.2.1 status_codes_4xxx_hub_errors
HUB_SAYS = {
    StatusCode.HUB_ERROR: "The hub cannot pass this on",
    StatusCode.UNKNOWN_RECEIVER: "The hub knows no such party, or does not let us speak to it",
    StatusCode.RECEIVER_TIMED_OUT: "The party behind the hub does not answer in time",
    StatusCode.RECEIVER_NOT_CONNECTED: "The party behind the hub is not connected to it now",
}


class PartnerUnreachable(Trouble):
    """The line to a partner is down: later may help, and until then nothing will get through."""


class PartnerTooSlow(PartnerUnreachable):
    """The partner was reached, perhaps, and said nothing within the time that there was."""


class PartnerTroubled(Trouble):
    """The partner answered, but that it cannot, or not in OCPI: later may help with this one request.

    `wait`: how long it wants to be left alone, where it said so.
    """

    def __init__(self, message: str, wait: timedelta | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class NotRouted(PartnerTroubled):
    """A hub has no way for such a request, which is seldom otherwise a moment later."""


class NotPassedOn(PartnerTroubled):
    """A hub is well, but whom it is for is not there or does not answer: it waits for that party alone."""


class PartnerRefused(Refusal):
    """The partner understood and said no, so asking again will not help; `http` and `status` are its numbers."""

    def __init__(self, http: int, status: int | None, message: str) -> None:
        super().__init__(message)
        self.http, self.status = http, status

    @property
    def perhaps_moved(self) -> bool:
        """There is nothing that speaks OCPI, or nothing that speaks this version of it, or nothing at all."""
        hints = (None, envelope.StatusCode.CLIENT_ERROR, envelope.StatusCode.UNSUPPORTED_VERSION)
        return self.http in (301, 302, 307, 308, 404, 410) and self.status in hints


class NotOffered(Refusal):
    """The partner offers no endpoint for this."""

    def __init__(self, module: Module, interface: Interface) -> None:
        super().__init__(f"The partner offers no {interface} of {module}")


class Reply(Struct, frozen=True, kw_only=True):
    """A partner's yes: `headers` in small letters, `answer` opened."""

    http: int
    headers: Mapping[str, str]
    answer: Answer


class Passed(Struct, frozen=True, kw_only=True):
    """An answer as it came, for whoever it is meant for: `headers` in small letters, `body` untouched."""

    http: int
    headers: Mapping[str, str]
    body: bytes


class _Went(Struct):
    """How an exchange went, so far as that is known."""

    http: int | None = None
    status: int | None = None
    problem: str | None = None
    answered: bytes | None = None


class Partner:
    """One partner with one token; every call is logged, and none shows the token in its log.

    `heard` gets every exchange beside the log: of whoever wants to know at once how its calls went.
    """

    def __init__(
        self, lines: Lines, connection: Connection, token: str, heard: Callable[[Exchange], None] | None = None
    ) -> None:
        self.connection = connection
        self.lines = lines
        self._token = token
        self._heard = heard

    def on(self, connection: Connection) -> Partner:
        """The same, as we know it better now."""
        return Partner(self.lines, connection, self._token, self._heard)

    def endpoint(self, module: Module, interface: Interface) -> str:
        """Raises NotOffered."""
        url = self.connection.endpoint(module, interface)
        if url is None:
            raise NotOffered(module, interface)
        return url

    async def call(
        self,
        method: str,
        url: str,
        body: bytes | None = None,
        *,
        to: PartyId | None = None,
        open: bool = False,
        routed: bool = True,
        within: timedelta | None = None,
        delivery: int | None = None,
    ) -> Reply:
        """Raises PartnerUnreachable, PartnerTroubled, PartnerRefused, ForbiddenAddress.

        `routed` is for functional modules only (OCPI 2.2.1 transport_and_format_message_routing); `to` where it is not
        the party that we chiefly deal with, or the hub; `open`: whom it concerns, if anybody, a hub may know.
        `delivery` is for the log.
        """
        request = self.lines.clock.new_id()
        ids = MessageIds(request=request, correlation=request)
        route = self._route(to, open) if routed else None
        within = within or self.lines.settings.call_within
        with self._noted(method, url, body, ids, delivery) as went:
            went.http, said, raw = await self._sent(method, url, body, self._headers(ids, body, route), within)
            went.answered = raw
            answer = self._judged(went.http, said, raw, partial(self._readable, url, body, raw))
            went.status = answer.status
            return Reply(http=went.http, headers=said, answer=answer)

    async def pass_on(
        self, method: str, url: str, body: bytes | None, *, route: Route, correlation: str, within: timedelta
    ) -> Passed:
        """For somebody else, whose correlation it keeps; the answer is not ours to judge.

        OCPI 2.2.1 transport_and_format_unique_messageg_ids. Raises PartnerUnreachable, PartnerTroubled, PartnerRefused,
        ForbiddenAddress.
        """
        ids = MessageIds(request=self.lines.clock.new_id(), correlation=correlation)
        with self._noted(method, url, body, ids) as went:
            went.http, said, raw = await self._sent(method, url, body, self._headers(ids, body, route), within)
            went.answered = raw
            return Passed(http=went.http, headers=said, body=raw)

    @contextmanager
    def _noted(
        self, method: str, url: str, body: bytes | None, ids: MessageIds, delivery: int | None = None
    ) -> Iterator[_Went]:
        """Whatever becomes of it is in the log."""
        loop = asyncio.get_running_loop()
        at, started = self.lines.clock.now(), loop.time()
        went = _Went()
        shown, below = self._shown(url)
        try:
            yield went
        except PartnerRefused as error:
            went.http, went.status, went.problem = error.http, error.status, str(error)
            raise
        except (Trouble, Refusal) as error:
            went.problem = str(error)
            raise
        finally:
            exchange = Exchange(
                holder=self.connection.holder,
                connection_id=self.connection.id,
                id=ids.request,
                at=at,
                direction="out",
                method=method,
                url=shown,
                http_status=went.http,
                ocpi_status=went.status,
                problem=went.problem,
                request_id=ids.request,
                correlation_id=ids.correlation,
                took_ms=round((loop.time() - started) * 1000),
                delivery=delivery,
            )
            hidden = {*routing.spelt(self._token), *below}
            all_words = self.connection.policy.calls.all_words
            exchange = masking.kept(exchange, body, went.answered, hidden, all_words=all_words)
            self.lines.note(exchange)
            if self._heard is not None:
                self._heard(exchange)

    def _shown(self, url: str) -> tuple[str, list[str]]:
        """(the URL for the log, what is left out of it): the uid of a Token is a secret of its driver."""
        for one in self.connection.endpoints:
            if one.identifier == Module.TOKENS and url.startswith(endpoint := f"{one.url.rstrip('/')}/"):
                below = urlsplit(url.removeprefix(endpoint)).path.split("/")
                return f"{endpoint}…", [unquote(one) for one in below]
        return url, []

    def _headers(self, ids: MessageIds, body: bytes | None, route: Route | None) -> dict[str, str]:
        connection = self.connection
        scheme = routing.BEARER if connection.policy.calls.bearer else routing.SCHEME
        headers = routing.id_headers(ids)
        headers["Authorization"] = routing.authorization(self._token, encoded=connection.encodes_token, scheme=scheme)
        headers["Accept"] = "application/json"
        if body is not None:
            headers["Content-Type"] = "application/json"
        if route is not None and VERSIONS[self.connection.version].routes:
            headers |= routing.route_headers(route)
        return headers

    def _route(self, to: PartyId | None, open: bool) -> Route:
        """A hub, and nobody else, looks for a receiver where none is named.

        OCPI 2.2.1 transport_and_format_message_routing_open_routing_request.
        """
        connection = self.connection
        if open and connection.hub is not None:
            return Route(origin=connection.holder)
        return Route(to=to or connection.addressee, origin=connection.holder)

    async def _sent(
        self, method: str, url: str, body: bytes | None, headers: dict[str, str], within: timedelta
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Follows a redirect with method, body and token where it stays with the same origin, and nowhere else."""
        at, seconds = url, within.total_seconds()
        settings = self.lines.settings
        session = self.lines.session(self.connection.line)
        try:
            async with asyncio.timeout(seconds):
                for _ in range(_REDIRECTS):
                    where = _as_given(checked(at, settings.allow_loopback, settings.networks))
                    async with session.request(
                        method, where, data=body, headers=headers, allow_redirects=False
                    ) as response:
                        raw = await self._bounded(response)
                        said = {name.lower(): value for name, value in response.headers.items()}
                    target = said.get("location")
                    followed = response.status in (307, 308) or (response.status in (301, 302) and method == "GET")
                    if not (followed and target):
                        return response.status, said, raw
                    target = urljoin(at, target)
                    if urlsplit(target)[:2] != urlsplit(at)[:2]:
                        elsewhere = self._readable(url, body, raw, target)[:200]
                        raise PartnerRefused(response.status, None, f"The partner sends us elsewhere: {elsewhere}")
                    at = target
        except TimeoutError as error:
            raise PartnerTooSlow(f"No answer within {seconds:.0f} s from {urlsplit(url).netloc}") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            why = self._readable(url, body, None, str(error))
            raise PartnerUnreachable(f"{urlsplit(url).netloc} cannot be reached: {why}"[:300]) from error
        raise PartnerRefused(308, None, f"{self._readable(url, body, None, at)[:200]} leads in circles")

    def _readable(self, url: str, asked: bytes | None, answered: bytes | None, text: str) -> str:
        """Some repeat what they were shown or asked about, and this is read by more people than may see that."""
        return masking.without_secrets(text, asked, answered, {*routing.spelt(self._token), *self._shown(url)[1]})

    async def _bounded(self, response: aiohttp.ClientResponse) -> bytes:
        """Raises PartnerTroubled where it does not end."""
        most = self.lines.settings.answer_max
        pieces: list[bytes] = []
        size = 0
        while piece := await response.content.readany():
            size += len(piece)
            if size > most:
                response.close()
                raise PartnerTroubled(f"The answer is longer than {most} bytes")
            pieces.append(piece)
        return b"".join(pieces)

    def _judged(self, http: int, headers: Mapping[str, str], raw: bytes, readable: Callable[[str], str]) -> Answer:
        """Only a 2xx with a 1xxx is a yes; 3xxx, 5xx and 429 may be one later."""
        try:
            answer: Answer | None = envelope.opened(raw)
        except Unreadable:
            answer = None
        if answer is not None and answer.granted and http < 300:
            return answer
        said = _said(http, answer, raw, readable)
        if answer is not None and answer.status in HUB_SAYS:
            raise _of_hub(http, answer, said)
        if http >= 500 or http == 429:
            raise PartnerTroubled(said, _wait(headers.get("retry-after"), self.lines.clock.now()))
        if http >= 300:
            raise PartnerRefused(http, answer.status if answer else None, said)
        if answer is None or 3000 <= answer.status < 4000:
            raise PartnerTroubled(said)
        raise PartnerRefused(http, answer.status, said)


def _of_hub(http: int, answer: Answer, why: str) -> PartnerTroubled | PartnerRefused:
    """That a party is unknown is for a person to look at; the rest may pass."""
    status = StatusCode(answer.status)
    said = f"{HUB_SAYS[status]} ({why})"
    if status is StatusCode.UNKNOWN_RECEIVER:
        return PartnerRefused(http, status, said)
    return NotRouted(said) if status is StatusCode.HUB_ERROR else NotPassedOn(said)


def _as_given(url: str) -> URL:
    """Percent signs stay as they are: an id with a slash in it must not become two segments."""
    return URL(url, encoded=True)


def _wait(said: str | None, now: datetime) -> timedelta | None:
    """How long a Retry-After header means, in seconds or as a date; a day at most."""
    if said is None:
        return None
    try:
        length = timedelta(seconds=int(said)) if said.strip().isdecimal() else parsedate_to_datetime(said) - now
    except (ValueError, OverflowError, TypeError):
        return None
    return min(max(length, timedelta()), WAIT_MAX)


def _said(http: int, answer: Answer | None, raw: bytes, readable: Callable[[str], str]) -> str:
    """Cut only when nobody's secret is in it any more: half of one is found by nothing."""
    if answer is not None:
        return f"HTTP {http}, status {answer.status}: {readable(answer.message or 'no message')}"[:400]
    return f"HTTP {http} without an OCPI answer: {readable(raw[:1200].decode(errors='replace'))[:120]!r}"
