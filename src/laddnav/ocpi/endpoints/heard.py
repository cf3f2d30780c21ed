"""The Receiver side of every module: a partner's object is kept in its own words and in ours, in one Unit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Generic, TypeVar

from msgspec import Struct

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId, fold
from laddnav.kit.json import Unreadable
from laddnav.kit.refusal import Refusal
from laddnav.locations.model import Location
from laddnav.ocpi import store
from laddnav.ocpi.deviations import quirks, sharing, uids
from laddnav.ocpi.endpoints.call import Call, hearing
from laddnav.ocpi.model import Connection
from laddnav.ocpi.rules import owner_among
from laddnav.ocpi.store.words import Key, Said
from laddnav.ocpi.wire.codec import encoded, parsed
from laddnav.ocpi.wire.handshake import Module
from laddnav.ocpi.wire.version import Version
from laddnav.parties.model import Role

M = TypeVar("M")
PERIODS = frozenset({"charging_periods"})
EVSES = {"evses": "uid"}


class Mismatch(Unreadable):
    """The URL and the object name different things (OCPI 2.2.1 transport_and_format_client_owned_object_push)."""

    def __init__(self, field: str, in_url: str, in_body: str) -> None:
        super().__init__(f"The URL says {in_url!r} and the object says {in_body!r} - at `$.{field}`")


def readable(connection: Connection, body: bytes) -> bytes:
    """The words as they are to be read and kept: the partner's own, with what its policy repairs. Raises Unreadable."""
    objects = connection.policy.objects
    if not objects.quirks and not objects.uids:
        return body
    words = parsed(body)
    mended, _ = quirks.mended(words, objects.quirks, listener=connection.holder)
    mended = uids.rewritten(mended, partial(uids.heard, forms=objects.uids))
    return body if mended == words else encoded(mended)


def speakable(connection: Connection, body: bytes) -> bytes:
    """Our words as this partner is to hear them: with the uids that its own readers would make of its cards.

    And without who another's driver is.
    """
    body = sharing.unnamed(connection, body)
    forms = connection.policy.objects.uids
    if not forms:
        return body
    return encoded(uids.rewritten(parsed(body), partial(uids.said, forms=forms)))


def changed(unit: Unit, call: Call, kind: type[Any], words: dict[str, Any]) -> dict[str, Any]:
    """What a partner said, with the PATCH of this call applied as its version and its policy mean it.

    Where a version lets it be silent about when, it is of now (LOC-018). Raises Unreadable.
    """
    objects = call.connection.policy.objects
    return call.codec(kind).changed(
        words,
        readable(call.connection, call.body),
        received_at=None if call.version.dates_changes else unit.now,
        appends=PERIODS if objects.appends_periods else frozenset(),
        merges=EVSES if objects.merges_evses and kind is Location else {},
    )


def same_owner(in_url: PartyId, in_body: PartyId) -> None:
    """Raises Mismatch."""
    if in_url.country != in_body.country:
        raise Mismatch("country_code", in_url.country, in_body.country)
    if in_url.party != in_body.party:
        raise Mismatch("party_id", in_url.party, in_body.party)


class Kept(Struct, frozen=True):
    """What a partner said before about one object, if anything."""

    key: Key
    said: Said | None
    means_nothing: bool = False  # to a hub, which passes words on and has nothing to do with what they are about

    @property
    def body(self) -> bytes | None:
        return None if self.said is None else self.said.body

    @property
    def last_updated(self) -> datetime | None:
        return None if self.said is None else self.said.last_updated

    @property
    def new(self) -> bool:
        return self.said is None


class Whole(Struct, frozen=True):
    """A list of all that a partner has, and for how long such lists have to belie a date before theirs is believed."""

    begun_at: datetime
    patience: timedelta


class Subject(Struct, Generic[M], frozen=True, kw_only=True):
    """What partners tell us about in one module, and what the rooms do with it.

    `key` names a thing among its owner's; `field` is what its words call the id in the URL; `unknown` refuses an id.
    `correct` is as `keep`, also where newer is here: that was dated too late. None: newer is believed for ever.
    """

    module: Module
    kind: type[M]
    field: str
    id: Callable[[M], str]
    key: Callable[[M], str]
    owner: Callable[[M], PartyId]
    last_updated: Callable[[M], datetime]
    keep: Callable[[Unit, PartyId, M], Awaitable[object]]
    unknown: Callable[[str], Refusal]
    correct: Callable[[Unit, PartyId, M], Awaitable[object]] | None = None

    async def before(
        self, unit: Unit, connection: Connection, version: Version, owner: PartyId, key: str, *, lock: bool = True
    ) -> Kept:
        named = Key(
            holder=connection.holder, owner=owner, module=self.module, version=version.number, said=False, id=key
        )
        found = await (store.words.lock if lock else store.words.find)(unit, named)
        return Kept(named, found, connection.our_role is Role.HUB)

    async def get(self, unit: Unit, call: Call, id: str, key: str) -> bytes:
        """A partner's own words, as it said them. Raises what `unknown` makes."""
        kept = await self.before(unit, call.connection, call.version, call.owner(), key, lock=False)
        if kept.body is None:
            raise self.unknown(id)
        return kept.body

    async def post(self, unit: Unit, call: Call) -> bool:
        """True where the object is new; under an id that is here already, it is as it is told now.

        Raises Unreadable, NotAmongThem.
        """
        body = readable(call.connection, call.body)
        thing = call.codec(self.kind).decode(body, call.hearing(unit.new_id()))
        owner = owner_among(call.connection, self.owner(thing))
        kept = await self.before(unit, call.connection, call.version, owner, self.key(thing))
        await self.hear(unit, kept, thing, body)
        return kept.new

    async def put(self, unit: Unit, call: Call, id: str) -> bool:
        """True where the object is new. Raises Unreadable, Mismatch."""
        body = readable(call.connection, call.body)
        thing = call.codec(self.kind).decode(body, call.hearing(unit.new_id()))
        owner = self._same(call, id, thing)
        kept = await self.before(unit, call.connection, call.version, owner, self.key(thing))
        await self.hear(unit, kept, thing, body)
        return kept.new

    async def patch(self, unit: Unit, call: Call, id: str, key: str) -> None:
        """A change makes nothing new. Raises what `unknown` makes, Unreadable, Mismatch."""
        kept = await self.before(unit, call.connection, call.version, call.owner(), key)
        if kept.body is None:
            raise self.unknown(id)
        body = encoded(changed(unit, call, self.kind, parsed(kept.body)))
        thing = call.codec(self.kind).decode(body, call.hearing(unit.new_id()))
        self._same(call, id, thing)
        await self.hear(unit, kept, thing, body)

    async def pulled(self, unit: Unit, connection: Connection, version: Version, words: Any) -> Key:
        """One object out of a list that we fetched. Raises Unreadable, NotAPartyId, NotAmongThem."""
        key, _ = await self.listed(unit, connection, version, words)
        return key

    async def listed(
        self, unit: Unit, connection: Connection, version: Version, words: Any, whole: Whole | None = None
    ) -> tuple[Key, bool]:
        """As `pulled`; True where a `whole` list puts right what had been dated too late."""
        body = readable(connection, encoded(words))
        thing = version.codecs[self.kind].decode(body, hearing(connection, unit.new_id()))
        owner = owner_among(connection, self.owner(thing))
        kept = await self.before(unit, connection, version, owner, self.key(thing))
        if whole is not None and await self._dated_too_late(unit, kept, self.last_updated(thing), whole):
            await self._corrected(unit, kept, thing, body)
            return kept.key, True
        await self.hear(unit, kept, thing, body)
        return kept.key, False

    async def hear(self, unit: Unit, kept: Kept, thing: M, body: bytes) -> bool:
        """Keep words and meaning; False where newer news is here already, which this must not undo."""
        at = self.last_updated(thing)
        if kept.said is not None and at < kept.said.last_updated:
            store.words.heard_of(unit, kept.key, kept.said)
            return False
        if not kept.means_nothing:
            await self.keep(unit, kept.key.holder, thing)
        store.words.renew(unit, kept.key, kept.said, body, at)
        return True

    async def _dated_too_late(self, unit: Unit, kept: Kept, at: datetime, whole: Whole) -> bool:
        """Whether the whole lists of its owner have said an earlier date long enough, and nobody a later one."""
        if self.correct is None or kept.said is None or at >= kept.said.last_updated:
            return False
        since = await store.words.belied(unit, kept.key, whole.begun_at)
        return since is not None and since + whole.patience <= whole.begun_at

    async def _corrected(self, unit: Unit, kept: Kept, thing: M, body: bytes) -> None:
        if not kept.means_nothing and self.correct is not None:
            await self.correct(unit, kept.key.holder, thing)
        store.words.renew(unit, kept.key, kept.said, body, self.last_updated(thing))

    def _same(self, call: Call, id: str, thing: M) -> PartyId:
        """Whose thing it is, and which one, as the URL says it too. Raises Mismatch, NotAmongThem."""
        owner = call.owner()
        same_owner(owner, self.owner(thing))
        if id != self.id(thing) and fold(id) != fold(self.id(thing)):
            raise Mismatch(self.field, id, self.id(thing))
        return owner


def part(whole: dict[str, Any], list_name: str, id_name: str, id: str) -> tuple[int, dict[str, Any]] | None:
    """(place, words) of one member of a list inside somebody's words, by its id."""
    members = whole.get(list_name)
    for place, one in enumerate(members if isinstance(members, list) else []):
        if isinstance(one, dict) and fold(str(one.get(id_name, ""))) == fold(id):
            return place, one
    return None


def with_part(whole: dict[str, Any], list_name: str, id_name: str, one: dict[str, Any]) -> None:
    """Put a member in the place of the one with its id, or at the end."""
    found = part(whole, list_name, id_name, str(one[id_name]))
    members = list(whole.get(list_name) or [])
    if found is None:
        members.append(one)
    else:
        members[found[0]] = one
    whole[list_name] = members
