"""What each module does with a Storage: lists, single objects, changes, questions and commands."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

from msgspec import Struct

from laddnav.cdrs.model import Cdr
from laddnav.cdrs.rules import AlreadyClosedDifferently
from laddnav.kit.ids import PartyId, fold
from laddnav.kit.json import Unreadable
from laddnav.locations.model import Connector, Evse, Location
from laddnav.locations.rules import UnknownConnector, UnknownEvse, UnknownLocation
from laddnav.ocpi.alone.kinds import BY_MODULE, Named
from laddnav.ocpi.alone.storage import NotKept, Peer, Storage
from laddnav.ocpi.endpoints.call import Reply, kept
from laddnav.ocpi.endpoints.heard import Mismatch, part, same_owner, with_part
from laddnav.ocpi.http import NotHere
from laddnav.ocpi.rules import NotAmongThem
from laddnav.ocpi.sides import RECEIVER, SENDER, Side
from laddnav.ocpi.telling.words import token_key
from laddnav.ocpi.wire import envelope, paging
from laddnav.ocpi.wire.codec import Codec, Hearing, encoded, parsed
from laddnav.ocpi.wire.commands import COMMANDS, CommandResponse, CommandResult, CommandType, Verdict
from laddnav.ocpi.wire.envelope import StatusCode
from laddnav.ocpi.wire.handshake import Module
from laddnav.ocpi.wire.paging import joined
from laddnav.ocpi.wire.shared.scalars import instant
from laddnav.ocpi.wire.version import Version
from laddnav.sessions.model import Session
from laddnav.tokens.model import Authorization, LocationReferences, TokenType
from laddnav.tokens.rules import UnknownToken

M = TypeVar("M")


class Asked(Struct, frozen=True, kw_only=True):
    """One request of a peer that has registered; `segments` are what stands behind the module in the URL, decoded."""

    storage: Storage
    peer: Peer
    us: PartyId
    version: Version
    module: Module
    url: str  # of the endpoint itself
    segments: tuple[str, ...]
    query: Mapping[str, str]
    body: bytes
    hearing: Hearing

    @property
    def named(self) -> Named:
        return BY_MODULE[self.module]

    def codec(self, kind: type[M]) -> Codec[Any, M]:
        return self.version.codecs[kind]

    def owner(self) -> PartyId:
        """Whose object the URL names by its first two segments. Raises NotAPartyId, NotAmongThem."""
        owner = PartyId.of(self.segments[0], self.segments[1])
        if owner not in self.peer.parties:
            raise NotAmongThem(owner)
        return owner


Does = Callable[[Asked], Awaitable[Reply]]
Table = Mapping[tuple[str, int], Does]  # by method and number of segments


# Sender ---------------------------------------------------------------------------------------------------------------


async def listed(asked: Asked) -> Reply:
    page = paging.asked(asked.query)
    if page.date_from is None and asked.named.kind is Session:
        raise Unreadable("date_from is required")
    total, things = await asked.storage.page(asked.peer, asked.named.kind, page)
    said = [asked.codec(asked.named.kind).encode(thing) for thing in things]
    return Reply(data=envelope.listed(said), headers=paging.headers(asked.url, page, len(said), total))


async def ours(asked: Asked) -> Reply:
    """A Location, an EVSE or a Connector of ours. Raises NotKept."""
    return Reply(data=await _inside(asked, asked.us, asked.segments))


async def authorize(asked: Asked) -> Reply:
    """Raises UnknownToken."""
    uid, what = asked.segments
    where = None
    if asked.body.strip() not in (b"", b"null", b"{}"):
        where = asked.codec(LocationReferences).decode(asked.body, asked.hearing)
    given = None if what != "authorize" else await asked.storage.authorize(asked.peer, uid, _type(asked), where)
    if given is None:
        raise UnknownToken(uid)
    return Reply(data=asked.codec(Authorization).encode(given))


# Receiver -------------------------------------------------------------------------------------------------------------


async def theirs(asked: Asked) -> Reply:
    """As it is kept here. Raises NotKept."""
    return Reply(data=await _inside(asked, asked.owner(), asked.segments[2:]))


async def put(asked: Asked) -> Reply:
    """A whole object, or in a Location an EVSE or a Connector. Raises NotKept, Unreadable, Mismatch."""
    whole = _object(asked.body)
    before = await _found(asked, asked.owner(), asked.segments[2])
    if before is None and len(asked.segments) > 3:
        raise NotKept(asked.named.kind, asked.segments[2])
    return await _changed(asked, before, lambda _: whole)


async def patch(asked: Asked) -> Reply:
    """A change makes nothing new. Raises NotKept, Unreadable, Mismatch."""
    kind = (asked.named.kind, Evse, Connector)[len(asked.segments) - 3]

    def patched(words: dict[str, Any] | None) -> dict[str, Any]:
        if words is None:
            raise NotKept(kind, asked.segments[-1])
        return _object(asked.codec(kind).patch(encoded(words), asked.body))

    return await _changed(asked, await _words(asked, asked.owner(), asked.segments[2]), patched)


async def delete(asked: Asked) -> Reply:
    await asked.storage.withdraw(asked.peer, asked.named.kind, asked.owner(), fold(asked.segments[2]))
    return Reply()


async def post_cdr(asked: Asked) -> Reply:
    """Raises NotAmongThem, Unreadable, and what refuses it."""
    cdr = asked.codec(Cdr).decode(asked.body, asked.hearing)
    if cdr.owner not in asked.peer.parties:
        raise NotAmongThem(cdr.owner)
    before = await _found(asked, cdr.owner, cdr.id)
    if before is not None and asked.codec(Cdr).convert(before, asked.hearing) != cdr:
        raise AlreadyClosedDifferently(cdr.id)
    new = before is None and await asked.storage.keep(asked.peer, cdr, asked.body)
    url = joined(asked.url, cdr.owner.country, cdr.owner.party, cdr.id)
    return Reply(http=201 if new else 200, headers={"Location": url})


async def command(asked: Asked) -> Reply:
    """Answered at once with whether it is taken on; the result follows later. Raises NotHere, Unreadable."""
    said = asked.segments[0]
    if said not in set(CommandType) or COMMANDS[CommandType(said)] not in asked.version.codecs:
        raise NotHere(f"{said[:40]!r} is no command of OCPI {asked.version.number}")
    wanted = asked.codec(COMMANDS[CommandType(said)]).decode(asked.body, asked.hearing)
    codec = asked.codec(CommandResponse)
    try:
        return Reply(data=codec.encode(await asked.storage.take(asked.peer, wanted)))
    except (UnknownLocation, UnknownEvse, UnknownConnector) as error:
        rejected = codec.encode(CommandResponse(result=Verdict.REJECTED, timeout=0))
        return Reply(status=StatusCode.UNKNOWN_LOCATION, message=str(error), data=rejected)


async def result(asked: Asked) -> Reply:
    """`segments` are those of the response URL: the command's name and its reference."""
    said = asked.codec(CommandResult).decode(asked.body, asked.hearing)
    await asked.storage.hear(asked.peer, asked.segments[1], said)
    return Reply()


# Shared ---------------------------------------------------------------------------------------------------------------


_PARTS = (("evses", "uid"), ("connectors", "id"))  # what a Location holds, and what names one of them

Make = Callable[[dict[str, Any] | None], dict[str, Any]]


async def _inside(asked: Asked, owner: PartyId, segments: tuple[str, ...]) -> bytes:
    """Our words for the object, or for the part of a Location that the URL goes on to name. Raises NotKept."""
    words = await _words(asked, owner, segments[0])
    for (list_name, id_name), id in zip(_PARTS, segments[1:], strict=False):
        found = part(words, list_name, id_name, id)
        if found is None:
            raise NotKept(asked.named.kind, "/".join(segments))
        words = found[1]
    return encoded(words)


async def _words(asked: Asked, owner: PartyId, id: str) -> dict[str, Any]:
    """Raises NotKept."""
    words = await _found(asked, owner, id)
    if words is None:
        raise NotKept(asked.named.kind, id)
    return words


async def _found(asked: Asked, owner: PartyId, id: str) -> dict[str, Any] | None:
    """The owner's own words where these are kept, else ours."""
    kind: type[Any] = asked.named.kind
    key = token_key(_type(asked), id) if asked.module is Module.TOKENS else fold(id)
    thing = await asked.storage.find(asked.peer, kind, owner, key)
    if thing is None:
        return None
    return _object(thing if isinstance(thing, bytes) else asked.codec(kind).encode(thing))


async def _changed(asked: Asked, before: dict[str, Any] | None, made: Make) -> Reply:
    """Keep the object of the URL as `made` makes it, or the part of it that the URL names."""
    owner, named, (id, *inner) = asked.owner(), asked.named, asked.segments[2:]
    words = with_inner(
        before, Step("", named.field, id), [Step(*names, one) for names, one in zip(_PARTS, inner, strict=False)], made
    )
    body = encoded(words)
    thing = asked.codec(named.kind).decode(body, asked.hearing)
    same_owner(owner, named.owner(thing))
    if "type" in asked.query and thing.type != _type(asked):
        raise Mismatch("type", asked.query["type"], thing.type)
    return kept(new=await asked.storage.keep(asked.peer, thing, body))


class Step(NamedTuple):
    """One step into an object: the list in which a part stands, what names it, and its id."""

    list_name: str
    field: str
    id: str


def with_inner(words: dict[str, Any] | None, at: Step, deeper: Sequence[Step], made: Make) -> dict[str, Any]:
    """The object that is found `at` a URL, with the part that lies `deeper` made anew, or itself.

    A part that is newer makes what it stands in as new (OCPI 2.2.1 mod_locations_put_method). Raises NotKept, Mismatch.
    """
    if not deeper:
        whole = made(words)
    elif words is None:
        raise NotKept(Location, at.id)
    else:
        step = deeper[0]
        found = part(words, step.list_name, step.field, step.id)
        inner = with_inner(None if found is None else found[1], step, deeper[1:], made)
        whole = {**words, step.list_name: list(words.get(step.list_name) or ())}
        with_part(whole, step.list_name, step.field, inner)
        whole["last_updated"] = max(words["last_updated"], inner.get("last_updated", ""), key=_moment)
    if fold(str(whole.get(at.field, ""))) != fold(at.id):
        raise Mismatch(at.field, at.id, str(whole.get(at.field, "")))
    return whole


def _moment(said: str) -> datetime:
    return instant(said) if said else datetime.min.replace(tzinfo=UTC)


def _object(body: bytes) -> dict[str, Any]:
    """Raises Unreadable."""
    words = parsed(body)
    if not isinstance(words, dict):
        raise Unreadable("Expected `object`, got something else - at `$`")
    return words


def _type(asked: Asked) -> str:
    """RFID where the URL names none; 2.1.1 has two names for the parameter (TOK-035)."""
    return asked.query.get("type") or asked.query.get("token_type") or TokenType.RFID.value


_OBJECT: Table = {("GET", 3): theirs, ("PUT", 3): put, ("PATCH", 3): patch}
_INSIDE: Table = {
    (method, many): does for many in (4, 5) for method, does in (("GET", theirs), ("PUT", put), ("PATCH", patch))
}

TABLES: Mapping[Side, Table] = {
    (Module.LOCATIONS, SENDER): {("GET", 0): listed, ("GET", 1): ours, ("GET", 2): ours, ("GET", 3): ours},
    (Module.LOCATIONS, RECEIVER): {**_OBJECT, **_INSIDE},
    (Module.TARIFFS, SENDER): {("GET", 0): listed},
    (Module.TARIFFS, RECEIVER): {("GET", 3): theirs, ("PUT", 3): put, ("DELETE", 3): delete},
    (Module.SESSIONS, SENDER): {("GET", 0): listed},
    (Module.SESSIONS, RECEIVER): _OBJECT,
    (Module.CDRS, SENDER): {("GET", 0): listed},
    (Module.CDRS, RECEIVER): {("POST", 0): post_cdr, ("GET", 3): theirs},
    (Module.TOKENS, SENDER): {("GET", 0): listed, ("POST", 2): authorize},
    (Module.TOKENS, RECEIVER): _OBJECT,
    (Module.COMMANDS, SENDER): {("POST", 2): result},
    (Module.COMMANDS, RECEIVER): {("POST", 1): command},
}


def table_of(side: Side, version: Version) -> Table:
    """A Tariff is changed in part in OCPI 2.1.1 only (mod_tariffs §2.2.3)."""
    if side == (Module.TARIFFS, RECEIVER) and version.patches_tariffs:
        return {**TABLES[side], ("PATCH", 3): patch}
    return TABLES[side]
