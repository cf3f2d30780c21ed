"""One request from one client to another, and the answer back: each leg with its own token, version and URLs.

OCPI 2.2.1 transport_and_format_message_routing, transport_and_format_unique_messageg_ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlencode

from msgspec import Struct

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import NotAPartyId, PartyId, fold
from laddnav.kit.json import Unreadable
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.ocpi import store
from laddnav.ocpi.calls.calling import PartnerTooSlow, PartnerUnreachable, Passed
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.commands.taken import theirs
from laddnav.ocpi.endpoints import locations
from laddnav.ocpi.endpoints.call import Reply
from laddnav.ocpi.events import ConnectionChanged
from laddnav.ocpi.hub import detours, kept
from laddnav.ocpi.hub.model import Detour
from laddnav.ocpi.hub.names import owner_said
from laddnav.ocpi.hub.rules import LISTED, PUSHES, CannotRoute, ReceiverNotConnected, ReceiverTimedOut
from laddnav.ocpi.hub.telling import retold
from laddnav.ocpi.hub.through import Through
from laddnav.ocpi.hub.translate import Shape, alike, shape
from laddnav.ocpi.model import Connection
from laddnav.ocpi.rules import owner_among
from laddnav.ocpi.sides import RECEIVER, SENDER
from laddnav.ocpi.wire import envelope, routing
from laddnav.ocpi.wire.codec import Unsayable, encoded, parsed
from laddnav.ocpi.wire.handshake import Interface, Module
from laddnav.ocpi.wire.paging import joined, next_link, with_query
from laddnav.ocpi.wire.profiles import ProfileRequest
from laddnav.ocpi.wire.routing import Route
from laddnav.ocpi.wire.versions import VERSIONS

PART_OF_THEIR_TIME = 0.75  # who asks us waits as long as we would, and wants to hear that nobody answered
AGAIN = timedelta(seconds=10)  # who could not be reached is left alone so long
KNOWN_FOR = timedelta(minutes=1)
COUNTS = ("X-Total-Count", "X-Limit")
PROFILE_REQUESTS = {"GET": ProfileRequest.TELL, "PUT": ProfileRequest.SET, "DELETE": ProfileRequest.CLEAR}


class Leg(Struct, frozen=True, kw_only=True):
    """The way from us to `party`, in the words of `to`, to whom the token that is `sealed` is shown.

    `kept`: it is among what we keep already.
    """

    to: Connection
    sealed: str | None
    party: PartyId
    interface: Interface
    shape: Shape
    method: str
    url: str
    body: bytes | None
    kept: bool = False


async def prepared(unit: Unit, through: Through, to: Connection, party: PartyId) -> Leg:
    """Raises Unreadable, NotAmongThem, ForbiddenAddress, CannotRoute, and what a Receiver refuses a change of."""
    _check_owner(through)
    interface = through.interface or SENDER
    endpoint = to.endpoint(through.module, interface)
    assert endpoint is not None, "who has no such endpoint is nobody's way"
    sealed = await store.lines.outbound(unit, to.line)  # before anything is written, which would go ahead of it
    what = shape(through.module, interface, through.method, through.segments)
    query = _query(unit, through, to)
    url = with_query(joined(endpoint, *through.segments), urlencode(query))
    changes = through.method == "PATCH" and not alike(what.asks, through.version, VERSIONS[to.version])
    said = await _whole(unit, through, party) if changes else _with_our_url(unit, through, to)
    return Leg(
        to=to,
        sealed=sealed,
        party=party,
        interface=interface,
        shape=what,
        method="PUT" if changes else through.method,
        url=url,
        body=await _in_their_words(unit, through, to, party, what, said),
        kept=changes,
    )


async def along(unit: Unit, through: Through, detour: Detour, to: Connection) -> Leg:
    """Raises Unreadable, CannotRoute."""
    about = (detour.about,) if detour.about else ()
    what = shape(through.module, detour.interface, through.method, about)
    return Leg(
        to=to,
        sealed=await store.lines.outbound(unit, to.line),
        party=detour.party,
        interface=detour.interface,
        shape=what,
        method=through.method,
        url=detours.led_on(detour.url, urlencode(dict(through.query))),
        body=await _in_their_words(unit, through, to, detour.party, what, through.body),
    )


async def called(database: Database, clients: Clients, through: Through, leg: Leg) -> Passed:
    """Raises ReceiverTimedOut, ReceiverNotConnected, CannotRoute."""
    settings = through.settings
    decides = through.module is Module.TOKENS and through.method == "POST"
    within = (settings.authorize_within if decides else settings.call_within) * PART_OF_THEIR_TIME
    try:
        partner = await clients.to(leg.to, sealed=leg.sealed)
        return await partner.pass_on(
            leg.method,
            leg.url,
            leg.body,
            route=Route(to=leg.party, origin=through.speaker),
            correlation=through.correlation,
            within=within,
        )
    except PartnerTooSlow as error:
        raise ReceiverTimedOut(str(error)) from error
    except PartnerUnreachable as error:
        await _unreached(database, leg.to, error)
        raise ReceiverNotConnected(leg.party) from error
    except (Trouble, Refusal) as error:
        raise CannotRoute(str(error)) from error


async def told_back(unit: Unit, through: Through, leg: Leg, said: Passed) -> Reply:
    """The answer in the words of who asked, and byte for byte where these are the same. Raises CannotRoute."""
    if not _is_known_to_live(leg.to, unit.now):
        store.lines.answered(unit, leg.to.line)
    if leg.to.failures:
        unit.announce(ConnectionChanged(holder=leg.to.holder, connection_id=leg.to.id))
    try:
        answer = envelope.opened(said.body)
    except Unreadable as error:
        raise CannotRoute(f"{leg.party} answered HTTP {said.http}, and not in OCPI") from error
    if not 1000 <= answer.status < 5000:
        raise CannotRoute(f"{leg.party} answered with the status {str(answer.status)[:20]}, which is none of OCPI")
    if said.http == 401:
        raise CannotRoute(f"{leg.party} does not let us in")
    headers = _headers(unit, through, leg, said)
    spoken, theirs = through.version, VERSIONS[leg.to.version]
    status = spoken.status(answer.status)
    message, route = answer.message or "", _route(through, leg, said)
    untouched = status == answer.status and alike(leg.shape.answers, spoken, theirs)
    if untouched or not (answer.granted and answer.data):
        whole = said.body if status == answer.status else None
        return Reply(http=said.http, status=status, message=message, headers=headers, route=route, whole=whole)
    try:
        data = await retold(
            unit,
            through.hub,
            theirs,
            spoken,
            leg.shape.answers,
            answer.data,
            said_by=leg.party,
            said_to=through.speaker,
            about=through.segments,
        )
    except (Unreadable, Unsayable) as error:
        raise CannotRoute(f"The answer of {leg.party} cannot be said in your version: {error}") from error
    return Reply(http=said.http, status=status, message=message, headers=headers, route=route, data=data)


def _is_known_to_live(to: Connection, now: datetime) -> bool:
    """As it was read a moment ago; a busy client is not a write for each request that is passed on to it."""
    known = to.last_reached_at is not None and to.last_reached_at > now - KNOWN_FOR
    return known and to.last_error is None and not to.troubles and to.retry_at is None


def _check_owner(through: Through) -> None:
    """Nobody brings what others own, which an older receiver could not even tell. Raises NotAmongThem, Unreadable."""
    brings = through.interface is RECEIVER and through.method in PUSHES and through.module in LISTED
    if brings and through.to is not None:
        owner = owner_said(through.module, through.segments, through.body)
        if owner is not None:
            owner_among(through.connection, owner)


async def _in_their_words(
    unit: Unit, through: Through, to: Connection, party: PartyId, what: Shape, said: bytes
) -> bytes | None:
    if through.method in ("GET", "DELETE"):
        return None
    try:
        return await retold(
            unit,
            through.hub,
            through.version,
            VERSIONS[to.version],
            what.asks,
            said,
            said_by=through.speaker,
            said_to=party,
            about=through.segments,
        )
    except Unsayable as error:
        raise CannotRoute(f"This cannot be said in the version of {party}: {error}") from error


async def _whole(unit: Unit, through: Through, party: PartyId) -> bytes:
    """What a change makes of the thing: another version has no words for half of one."""
    call = through.call()
    await kept.take(unit, call, through.module, party)
    key = fold(through.segments[2])
    if through.module is Module.TOKENS:
        key = f"{through.query.get('type') or 'RFID'}/{key}"
    found = await kept.words_of(unit, through.hub, through.module, call.owner(), key)
    assert found is not None, "what was changed is there"
    body = found[1]
    return locations.inside(body, through.segments[2:]) if through.module is Module.LOCATIONS else body


def _query(unit: Unit, through: Through, to: Connection) -> dict[str, str]:
    query = dict(through.query)
    if through.interface is RECEIVER and not VERSIONS[to.version].types_tokens:
        query.pop("type", None)
    if "response_url" in query:
        query["response_url"] = _ours(unit, through, to, query["response_url"])
    return query


def _with_our_url(unit: Unit, through: Through, to: Connection) -> bytes:
    """Raises Unreadable, ForbiddenAddress."""
    if through.interface is not RECEIVER or through.module not in (Module.COMMANDS, Module.CHARGING_PROFILES):
        return through.body
    words = parsed(through.body) if through.body.strip() else None
    if not isinstance(words, dict) or not isinstance(words.get("response_url"), str):
        return through.body
    return encoded(words | {"response_url": _ours(unit, through, to, words["response_url"])})


def _ours(unit: Unit, through: Through, to: Connection, response_url: str) -> str:
    """Raises ForbiddenAddress."""
    about = through.segments[0] if through.segments else ""
    if through.module is Module.CHARGING_PROFILES:
        about = PROFILE_REQUESTS.get(through.method, "")
    return detours.opened(
        unit,
        through,
        follower=to,
        spoken=VERSIONS[to.version],
        towards=through.connection,
        party=through.speaker,
        interface=SENDER,
        method="POST",
        url=theirs(through.connection, through.settings, response_url),
        lasts=detours.FOR_RESULTS,
        about=about,
    )


def _headers(unit: Unit, through: Through, leg: Leg, said: Passed) -> Mapping[str, str]:
    """What belongs to the answer, its URLs made ours."""

    def ours(url: str, lasts: timedelta) -> str:
        return detours.opened(
            unit,
            through,
            follower=through.connection,
            spoken=through.version,
            towards=leg.to,
            party=leg.party,
            interface=leg.interface,
            method="GET",
            url=url,
            lasts=lasts,
        )

    counts = {name: said.headers.get(name.lower(), "") for name in COUNTS}
    headers = {name: count for name, count in counts.items() if count.isascii() and count.isdecimal()}
    following = _url(next_link(said.headers.get("link")), leg)
    made = _url(said.headers.get("location"), leg)
    if following is not None:
        url = ours(following, detours.FOR_PAGES)
        headers["Link"] = f'<{with_query(url, following.partition("?")[2])}>; rel="next"'
    if made is not None and 200 <= said.http < 300:
        headers["Location"] = ours(made, detours.FOR_CDRS)
    return headers


def _url(said: str | None, leg: Leg) -> str | None:
    return None if said is None else detours.at_home(said, leg.url)


def _route(through: Through, leg: Leg, said: Passed) -> Route:
    """As the answer has it, swapped by who answered (OCPI 2.2.1 transport_and_format_message_routing)."""
    try:
        found = routing.route_in(said.headers)
    except NotAPartyId:
        found = Route()
    return Route(to=found.to or through.speaker, origin=found.origin or leg.party)


async def _unreached(database: Database, to: Connection, error: Trouble) -> None:
    async with database.unit() as unit:
        store.lines.not_reached(unit, to.line, unit.now + unit.clock.wall(AGAIN), str(error))
        if not to.failures:
            unit.announce(ConnectionChanged(holder=to.holder, connection_id=to.id))
    database.wake()
