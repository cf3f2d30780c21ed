"""The same in another version, through what we understand of it.

What the older version leaves out and the newer one wants to hear is looked up among what the hub was told.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from laddnav.cdrs.model import Cdr
from laddnav.db.unit import Unit
from laddnav.kit.ids import EvseRef, PartyId, fold
from laddnav.locations.model import Location
from laddnav.locations.rules import UnknownEvse, evse_of
from laddnav.ocpi.hub import kept
from laddnav.ocpi.hub.translate import alike
from laddnav.ocpi.telling.words import token_key
from laddnav.ocpi.wire import envelope
from laddnav.ocpi.wire.codec import Hearing, encoded
from laddnav.ocpi.wire.shared.scalars import NOT_AVAILABLE
from laddnav.ocpi.wire.version import Version
from laddnav.sessions.model import CdrLocation, CdrToken, Session
from laddnav.sessions.rules import Place
from laddnav.tokens.model import Authorization, Token, TokenType


async def retold(
    unit: Unit,
    hub: PartyId,
    spoken: Version,
    theirs: Version,
    kind: type[Any] | None,
    body: bytes,
    *,
    said_by: PartyId,
    said_to: PartyId,
    about: tuple[str, ...] = (),
) -> bytes:
    """`body` as `theirs` would have it, of a list each member; `about` are the ids in the URL.

    Raises Unreadable, Unsayable.
    """
    if kind is None or alike(kind, spoken, theirs) or not body.strip():
        return body
    if body.lstrip()[:1] == b"[":
        told = [
            await retold(unit, hub, spoken, theirs, kind, encoded(one), said_by=said_by, said_to=said_to)
            for one in envelope.members(body)
        ]
        return envelope.listed(told)
    thing = spoken.codecs[kind].decode(body, Hearing(holder=said_to, sender=said_by))
    thing = await _completed(unit, hub, thing, said_by, about)
    return theirs.codecs[kind].encode(thing)


async def _completed(unit: Unit, hub: PartyId, thing: Any, said_by: PartyId, about: tuple[str, ...]) -> Any:
    match thing:
        case Session():
            place = thing.place or await _place(unit, hub, thing)
            return replace(thing, token=await _token(unit, hub, thing.token), place=place)
        case Cdr():
            return replace(thing, token=await _token(unit, hub, thing.token))
        case Authorization() if thing.token is None and about:
            key = token_key(TokenType.RFID, about[0])
            return replace(thing, token=await kept.thing_of(unit, hub, Token, said_by, key))
    return thing


async def _token(unit: Unit, hub: PartyId, token: CdrToken) -> CdrToken:
    if token.uid != NOT_AVAILABLE:
        return token
    known = await kept.token_of(unit, hub, token.owner, token.contract_id)
    return token if known is None else replace(token, uid=known.uid, type=known.type)


async def _place(unit: Unit, hub: PartyId, session: Session) -> CdrLocation | None:
    location = await kept.thing_of(unit, hub, Location, session.owner, fold(session.location_id))
    if location is None:
        return None
    try:
        evse = evse_of(location, session.evse_uid)
    except UnknownEvse:
        return None
    plug = next((one for one in evse.connectors if fold(one.id) == fold(session.connector_id)), evse.connectors[0])
    where = EvseRef(location.id, evse.uid)
    return Place(
        location=location, where=where, connector=plug, station_id="", evse_no=0, tariff=None, currency=""
    ).snapshot
