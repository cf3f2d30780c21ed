"""CDRs: as CPO we say what a charge was, as eMSP we are told once and for good (OCPI 2.2.1 mod_cdrs_cdrs_module)."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.actions import Received
from laddnav.cdrs.model import Cdr
from laddnav.cdrs.rules import AlreadyClosedDifferently, UnknownCdr
from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId, fold
from laddnav.kit.refusal import Refusal
from laddnav.ocpi import store
from laddnav.ocpi.endpoints import drivers, lists
from laddnav.ocpi.endpoints.call import Call, Reply, Table, Within, hearing
from laddnav.ocpi.endpoints.heard import Mismatch, readable, same_owner
from laddnav.ocpi.model import Connection
from laddnav.ocpi.rules import owner_among
from laddnav.ocpi.store.words import Key
from laddnav.ocpi.wire.codec import encoded
from laddnav.ocpi.wire.handshake import Module
from laddnav.ocpi.wire.paging import joined
from laddnav.ocpi.wire.version import Version
from laddnav.ocpi.wire.versions import VERSIONS


class NotOurDriver(Refusal):
    """The CDR is about a Token of another company (OCPI 2.2.1 mod_cdrs_post_method)."""

    def __init__(self, owner: PartyId) -> None:
        super().__init__(f"The Token of this CDR belongs to {owner} - at `$.cdr_token`")
        self.owner = owner


async def post(unit: Unit, call: Call) -> Reply:
    """The same again is answered as the first time; something else under its id is refused.

    Raises NotAmongThem, NotOurDriver, AlreadyClosedDifferently, Mismatch.
    """
    cdr, received = await _take(unit, call.connection, call.version, call.body)
    if call.segments:
        same_owner(call.owner(), cdr.owner)
        if fold(call.segments[2]) != fold(cdr.id):
            raise Mismatch("id", call.segments[2], cdr.id)
    url = joined(call.url, cdr.owner.country, cdr.owner.party, cdr.id)
    return Reply(http=201 if received is Received.NEW else 200, headers={"Location": url})


async def get(unit: Unit, call: Call) -> Reply:
    """What the Location header of the POST leads to. Raises UnknownCdr."""
    key = _key(call.connection, call.version, call.owner(), call.segments[2])
    found = await store.words.find(unit, key)
    if found is None:
        raise UnknownCdr(call.segments[2])
    return Reply(data=found.body)


async def pulled(unit: Unit, connection: Connection, version: Version, words: Any) -> Key:
    """One CDR out of a list that we fetched. Raises what `post` raises."""
    cdr, _ = await _take(unit, connection, version, encoded(words))
    return _key(connection, version, cdr.owner, cdr.id)


async def _take(unit: Unit, connection: Connection, version: Version, said: bytes) -> tuple[Cdr, Received]:
    body = readable(connection, said)
    codec = version.codecs[Cdr]
    cdr = codec.decode(body, hearing(connection, unit.new_id()))
    owner_among(connection, cdr.owner)
    if cdr.token.owner != connection.holder:
        raise NotOurDriver(cdr.token.owner)
    token = await drivers.found(unit, cdr.token)
    if token is not cdr.token:
        cdr = replace(cdr, token=token)
    key = _key(connection, version, cdr.owner, cdr.id)
    try:
        received = await cdrs.receive(unit, cdr, body)
    except AlreadyClosedDifferently:
        if not await _said_before(unit, key, cdr):
            raise
        received = Received.SAME
    if received is Received.NEW:
        store.words.put(unit, key, body, cdr.last_updated)
    return cdr, received


async def _said_before(unit: Unit, key: Key, cdr: Cdr) -> bool:
    """Whether it only differs in spaces, say, or was told in the version that was spoken then, and means the same."""
    version = await store.words.version_heard(unit, key) or key.version
    before = await cdrs.fetch(unit, cdr.holder, cdr.owner, cdr.id)
    codec = VERSIONS[version].codecs[Cdr]
    return codec.encode(before) == codec.encode(cdr)


def _key(connection: Connection, version: Version, owner: PartyId, id: str) -> Key:
    return Key(
        holder=connection.holder, owner=owner, module=Module.CDRS, version=version.number, said=False, id=fold(id)
    )


SENDER: Table = {("GET", 0): lists.listing(Module.CDRS)}
# Some POST a CDR to where it will be found.
RECEIVER: Table = {
    ("POST", 0): Within(post, shares=True),
    ("POST", 3): Within(post, shares=True),
    ("GET", 3): Within(get),
}
