"""What a hub keeps of what passes through it, in the words in which it was said: for lists, and to find whose it is.

A hub has no Locations, Tokens or charges of its own, and does with those of others nothing but to pass them on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from laddnav.cdrs.model import Cdr
from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId, fold
from laddnav.ocpi import store
from laddnav.ocpi.endpoints import locations, sessions, tariffs, tokens
from laddnav.ocpi.endpoints.call import Call, Reply, Table, Within, hearing
from laddnav.ocpi.endpoints.heard import readable
from laddnav.ocpi.hub.model import Told
from laddnav.ocpi.hub.names import Contract, Driver, Named, Party, Thing
from laddnav.ocpi.hub.rules import CannotRoute
from laddnav.ocpi.hub.translate import OBJECTS
from laddnav.ocpi.rules import owner_among
from laddnav.ocpi.store.words import Key
from laddnav.ocpi.telling.losses import OLDER, lost
from laddnav.ocpi.telling.words import token_key
from laddnav.ocpi.wire.codec import Hearing, parsed
from laddnav.ocpi.wire.handshake import Module
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.tokens.model import Token

M = TypeVar("M")

MODULES: Mapping[type[Any], Module] = {kind: module for module, kind in OBJECTS.items()}
HEARD: Mapping[Module, Table] = {
    Module.LOCATIONS: locations.RECEIVER,
    Module.SESSIONS: sessions.RECEIVER,
    Module.TARIFFS: tariffs.RECEIVER,
    Module.TOKENS: tokens.RECEIVER,
}


async def take(unit: Unit, call: Call, module: Module, party: PartyId | None) -> Reply:
    """What a client says of its own, kept for `party` or for everybody, and answered as any Receiver would.

    Raises CannotRoute, and what the endpoint raises.
    """
    if module is Module.CDRS:
        return await _take_cdr(unit, call, party)
    endpoint = HEARD[module].get((call.method, len(call.segments)))
    if not isinstance(endpoint, Within) or not endpoint.spoken(call.version):
        raise CannotRoute(f"No {call.method} of {module} has a URL of this form")
    reply = await endpoint.do(unit, call)
    if call.method != "GET":
        key = _key(call, module)
        if call.method == "DELETE":
            store.hub.hide(unit, key)
        else:
            await shown(unit, key, party)
        if call.method in ("PUT", "DELETE") and len(call.segments) == 3:
            await weighed(unit, key)
    return reply


async def shown(unit: Unit, key: Key, party: PartyId | None) -> None:
    """From now on `party` sees what was said under this key; None: everybody."""
    contract = ""
    if key.module is Module.TOKENS:
        found = await store.words.find(unit, key)
        words = parsed(found.body) if found is not None else {}
        contract = fold(str(words.get("contract_id") or words.get("auth_id") or ""))
    store.hub.show(unit, key, party, contract)


async def weighed(unit: Unit, key: Key) -> None:
    """What of it older versions have no words for, whoever may speak them; a Session loses what its CDR does."""
    if key.module is Module.SESSIONS:
        return
    thing = await _thing(unit, key.holder, OBJECTS[key.module], Told(key.owner, key.id, None, key.version))
    for version in OLDER:
        fields = () if thing is None else lost(version, thing, key.owner)
        store.words.put_loss(unit, key.holder, key.module, version.number, f"{key.owner}/{key.id}", fields)


async def owner_of(unit: Unit, holder: PartyId, speaker: PartyId, named: Named | None) -> PartyId | None:
    """Whose it is that a request names; None where nobody's is known, or that of several."""
    match named:
        case Party(party):
            return party
        case Thing(module, key):
            return _only(store.hub.owners(await store.hub.told(unit, holder, module, key), speaker))
        case Driver(session_key):
            told = await store.hub.told(unit, holder, Module.SESSIONS, session_key)
            return _only(frozenset(one.party for one in told if one.owner == speaker and one.party is not None))
        case Contract(contract_id):
            return _only(frozenset(one.owner for one in await store.hub.of_contract(unit, holder, contract_id)))
        case None:
            return None


async def words_of(unit: Unit, holder: PartyId, module: Module, owner: PartyId, key: str) -> tuple[Told, bytes] | None:
    """What its owner said last, and in which version."""
    for told in await store.hub.told(unit, holder, module, key):
        if told.owner == owner:
            found = await store.words.find(unit, _named(holder, module, told))
            if found is not None:
                return told, found.body
    return None


async def thing_of(unit: Unit, holder: PartyId, kind: type[M], owner: PartyId, key: str) -> M | None:
    """What its owner said last, as we understand it."""
    for told in await store.hub.told(unit, holder, MODULES[kind], key):
        if told.owner == owner:
            return await _thing(unit, holder, kind, told)
    return None


async def token_of(unit: Unit, holder: PartyId, owner: PartyId, contract: str) -> Token | None:
    """The one Token of its owner with this contract; of several, nobody but the owner knows which was shown."""
    told = [one for one in await store.hub.of_contract(unit, holder, fold(contract)) if one.owner == owner]
    return await _thing(unit, holder, Token, told[0]) if len(told) == 1 else None


async def _thing(unit: Unit, holder: PartyId, kind: type[M], told: Told) -> M | None:
    found = await store.words.find(unit, _named(holder, MODULES[kind], told))
    if found is None:
        return None
    return VERSIONS[told.version].codecs[kind].decode(found.body, Hearing(holder=holder, sender=told.owner))


async def _take_cdr(unit: Unit, call: Call, party: PartyId | None) -> Reply:
    cdr = call.codec(Cdr).decode(readable(call.connection, call.body), hearing(call.connection))
    key = _for(call, Module.CDRS, owner_among(call.connection, cdr.owner), fold(cdr.id))
    store.words.put(unit, key, call.body, cdr.last_updated)
    store.hub.show(unit, key, party)
    await weighed(unit, key)
    return Reply()


def _key(call: Call, module: Module) -> Key:
    """What the URL names, as it is kept."""
    owner, id = call.owner(), call.segments[2]
    if module is not Module.TOKENS:
        return _for(call, module, owner, fold(id))
    if call.method == "PUT":
        said = parsed(call.body)
        return _for(call, module, owner, token_key(str(said["type"]), id))
    return _for(call, module, owner, token_key(call.query.get("type") or "RFID", id))


def _for(call: Call, module: Module, owner: PartyId, id: str) -> Key:
    return Key(holder=call.holder, owner=owner, module=module, version=call.version.number, said=False, id=id)


def _named(holder: PartyId, module: Module, told: Told) -> Key:
    return Key(holder=holder, owner=told.owner, module=module, version=told.version, said=False, id=told.key)


def _only(parties: frozenset[PartyId]) -> PartyId | None:
    return next(iter(parties)) if len(parties) == 1 else None
