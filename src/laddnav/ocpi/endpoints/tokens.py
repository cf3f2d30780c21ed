"""Tokens: as eMSP we say who may charge and decide, as CPO we hear it (OCPI 2.2.1 mod_tokens_tokens_module)."""

from __future__ import annotations

from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.json import Unreadable
from laddnav.ocpi import store
from laddnav.ocpi.deviations import uids
from laddnav.ocpi.endpoints import lists
from laddnav.ocpi.endpoints.call import Call, Reply, Table, Within, kept
from laddnav.ocpi.endpoints.heard import Mismatch, Subject, readable, speakable
from laddnav.ocpi.store.words import Key
from laddnav.ocpi.telling.words import token_key
from laddnav.ocpi.wire.handshake import Module
from laddnav.tokens import actions as tokens
from laddnav.tokens import rules
from laddnav.tokens.model import Allowed, Authorization, LocationReferences, Token, TokenKey, TokenType
from laddnav.tokens.rules import UnknownToken, key_of

RFID = TokenType.RFID.value
SUBJECT = Subject(
    module=Module.TOKENS,
    kind=Token,
    field="uid",
    id=lambda token: token.uid,
    key=lambda token: token_key(token.type, token.uid),
    owner=lambda token: token.owner,
    last_updated=lambda token: token.last_updated,
    keep=tokens.keep,
    unknown=UnknownToken,
    correct=tokens.correct,
)


async def get(unit: Unit, call: Call) -> Reply:
    uid = _uid(call)
    return Reply(data=await SUBJECT.get(unit, call, uid, await _key(unit, call)))


async def put(unit: Unit, call: Call) -> Reply:
    """A type in the URL has to be the Token's; without one the Token says it (OCPI 2.2.1 mod_tokens_put_method).

    Where a version has no type in its URLs, a Token of another type gives way: it was the same to the partner.
    """
    uid = _uid(call)
    if call.version.types_tokens:
        if "type" in call.query:
            said = call.codec(Token).decode(readable(call.connection, call.body), call.hearing())
            if said.type != _type(call):
                raise Mismatch("type", call.query["type"], said.type)
        return kept(new=await SUBJECT.put(unit, call, uid))
    before = await _types(unit, call)
    new = await SUBJECT.put(unit, call, uid)
    said = call.codec(Token).decode(readable(call.connection, call.body), call.hearing())
    for type in before - {said.type}:
        key = _kept_as(call, token_key(type, uid))
        await gone(unit, key)
        store.words.drop(unit, key)
    return kept(new=new and not before)


async def patch(unit: Unit, call: Call) -> Reply:
    uid = _uid(call)
    await SUBJECT.patch(unit, call, uid, await _key(unit, call))
    return kept(new=False)


async def gone(unit: Unit, key: Key) -> None:
    """Nobody charges with what its eMSP does not list any more; should it be listed again, it is as it is told then."""
    type, _, uid = key.id.partition("/")
    token = await tokens.find(unit, key.holder, TokenKey(key.owner, type, uid))
    if token is not None:
        await tokens.keep(unit, key.holder, replace(token, valid=False))


async def authorize(unit: Unit, call: Call) -> Reply:
    """Our verdict on a Token of ours (OCPI 2.2.1 mod_tokens_real-time_authorization). Raises UnknownToken.

    What whoever pays has left counts, and what charges under way hold of it: the Token says so. Where the driver stands
    is repeated only where charging is allowed there. We restrict no Token to places, so every Location is as good as
    another, known to us or not.
    """
    *owner, uid, what = call.segments
    if what != "authorize" or (owner and call.holder != PartyId.of(*owner)):
        raise UnknownToken(uid)
    type = _type(call)
    if type == RFID:
        uid = uids.heard(uid, call.connection.policy.objects.uids)
    where = None
    if call.body.strip() not in (b"", b"null", b"{}"):
        where = call.codec(LocationReferences).decode(call.body, call.hearing())
    token = await _ours(unit, call, type, uid)
    allowed = rules.verdict(token, unit.now)
    if allowed is Allowed.ALLOWED and token.credit is not None and not await tokens.free_credit(unit, key_of(token)):
        allowed = Allowed.NO_CREDIT
    given = Authorization(
        allowed=allowed,
        token=token,
        location=where if allowed is Allowed.ALLOWED else None,
        reference=unit.new_id() if allowed is Allowed.ALLOWED else None,
    )
    return Reply(data=speakable(call.connection, call.codec(Authorization).encode(given)))


async def _key(unit: Unit, call: Call) -> str:
    """What names the Token of the URL; where a version has no type in it, the one that is there, an RFID before others.

    OCPI 2.1.1 mod_tokens §2.1.
    """
    uid = _uid(call)
    if not call.version.types_tokens:
        there = await _types(unit, call)
        if there and TokenType.RFID not in there:
            return token_key(min(there), uid)
    return token_key(_type(call), uid)


async def _types(unit: Unit, call: Call) -> set[str]:
    """Of which types the partner has told us Tokens with the uid of the URL."""
    owner = call.owner()
    uid = _uid(call)
    told = [one.type for one in await tokens.by_uid(unit, call.holder, uid) if one.owner == owner]
    return {type for type in told if await store.words.find(unit, _kept_as(call, token_key(type, uid)))}


def _uid(call: Call) -> str:
    """Of one of theirs that the URL names, as our readers write it."""
    uid = call.segments[2]
    return uids.heard(uid, call.connection.policy.objects.uids) if _type(call) == TokenType.RFID else uid


def _kept_as(call: Call, id: str) -> Key:
    return Key(
        holder=call.holder, owner=call.owner(), module=Module.TOKENS, version=call.version.number, said=False, id=id
    )


async def _ours(unit: Unit, call: Call, type: str, uid: str) -> Token:
    """One of ours, as a partner of this version calls its type. Raises UnknownToken."""
    token = await tokens.find(unit, call.holder, TokenKey(call.holder, type, uid))
    if token is not None:
        return token
    for token in await tokens.by_uid(unit, call.holder, uid):
        if token.owner == call.holder and call.version.token_type(token.type) == type:
            return token
    raise UnknownToken(uid)


def _type(call: Call) -> str:
    """RFID where the URL names none; 2.1.1 has two names for the parameter (TOK-035). Raises Unreadable."""
    said = call.query.get("type") or call.query.get("token_type")
    if not said:
        return RFID
    if call.version.token_type(said) != said:
        raise Unreadable(f"type={said[:40]!r} is no type of Token")
    return said


SENDER: Table = {
    ("GET", 0): lists.listing(Module.TOKENS),
    ("POST", 2): Within(authorize, shares=True),
    # Some ask as though they were the Sender and this one of their objects: /tokens/NL/TNM/uid/authorize.
    ("POST", 4): Within(authorize, shares=True),
}
RECEIVER: Table = {
    ("GET", 3): Within(get),
    ("PUT", 3): Within(put, shares=True),
    ("PATCH", 3): Within(patch, shares=True),
}
