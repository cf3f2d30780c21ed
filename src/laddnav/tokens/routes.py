"""The operator API about who may charge."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.parties import actions as parties
from laddnav.people.api import Held, Limit, Page, Route, held, page
from laddnav.people.model import Role, Visitor
from laddnav.tokens import actions, rules, store
from laddnav.tokens.model import Token, TokenKey, TokenType, Whitelist
from laddnav.tokens.rules import UnknownToken


class TokenChange(Struct, frozen=True, kw_only=True):
    """What an operator changes about a Token of ours; what is not given stays."""

    valid: bool | UnsetType = UNSET
    blocked: bool | UnsetType = UNSET
    expires_at: datetime | UnsetType | None = UNSET
    group_id: str | UnsetType | None = UNSET
    whitelist: Whitelist | UnsetType = UNSET
    credit: Decimal | UnsetType | None = UNSET
    contract_id: str | UnsetType = UNSET


class TokenAnew(Struct, frozen=True, kw_only=True):
    """A Token of ours, whole. `issuer` None: the party's name."""

    contract_id: str
    valid: bool = True
    blocked: bool = False
    expires_at: datetime | None = None
    group_id: str | None = None
    whitelist: Whitelist = Whitelist.ALLOWED
    credit: Decimal | None = None
    issuer: str | None = None
    visual_number: str | None = None
    language: str | None = None


async def list_tokens(
    unit: Unit,
    by: Visitor,
    *,
    limit: Limit = 50,
    cursor: str | None = None,
    owner: PartyId | None = None,
    words: str | None = None,
) -> Page[Held[Token]]:
    """Our own Tokens and those of partners, in the order in which they became known; `owner` is the eMSP."""
    found = await actions.page(unit, by.holder, owner, words=words, after=cursor, limit=limit + 1)
    return page([held(one) for one in found], limit, lambda one: one.ref)


async def fetch_token(unit: Unit, ref: str) -> Held[Token]:
    """One Token."""
    holder, token = await actions.by_ref(unit, ref)
    return Held(ref=ref, holder=holder, thing=token)


async def keep_token(
    unit: Unit, country_code: str, party_id: str, type: TokenType, uid: str, body: TokenAnew
) -> Held[Token]:
    """Make a Token of ours known, or replace the one of this name."""
    party = await parties.fetch(unit, PartyId.of(country_code, party_id))
    key = TokenKey(party.holder, type, uid)
    before = await store.find(unit, party.holder, key, lock=True)
    token = Token(
        owner=party.holder,
        uid=uid,
        type=type,
        contract_id=body.contract_id,
        issuer=body.issuer or party.name,
        valid=body.valid,
        whitelist=body.whitelist,
        visual_number=body.visual_number,
        group_id=body.group_id,
        language=body.language,
        blocked=body.blocked,
        expires_at=body.expires_at,
        credit=rules.amount(body.credit),
        last_updated=_news(unit, before),
    )
    await actions.keep(unit, party.holder, token)
    return await _kept(unit, key)


async def change_token(
    unit: Unit, country_code: str, party_id: str, type: TokenType, uid: str, body: TokenChange
) -> Held[Token]:
    """Change what is given about a Token of ours, and leave the rest."""
    owner = PartyId.of(country_code, party_id)
    key = TokenKey(owner, type, uid)
    before = await store.find(unit, owner, key, lock=True)
    if before is None:
        raise UnknownToken(uid)
    said: dict[str, Any] = {
        name: value for name in body.__struct_fields__ if (value := getattr(body, name)) is not UNSET
    }
    after = replace(before, **said, last_updated=_news(unit, before))
    rules.amount(after.credit)
    await actions.keep(unit, owner, after)
    return await _kept(unit, key)


def _news(unit: Unit, before: Token | None) -> datetime:
    """Now; or, where another Unit that began later was faster, as new as what that one said: both are to count."""
    return unit.now if before is None else max(unit.now, before.last_updated)


async def _kept(unit: Unit, key: TokenKey) -> Held[Token]:
    ref = await store.ref_of(unit, key.owner, key)
    assert ref is not None, "it was kept in this Unit"
    return Held(ref=ref, holder=key.owner, thing=await actions.fetch(unit, key.owner, key))


ROUTES = (
    Route(method="GET", path="/tokens", does=list_tokens),
    Route(method="GET", path="/tokens/{ref}", does=fetch_token),
    Route(
        method="PUT",
        path="/tokens/{country_code}/{party_id}/{type}/{uid}",
        does=keep_token,
        needs=Role.OPERATOR,
    ),
    Route(
        method="PATCH",
        path="/tokens/{country_code}/{party_id}/{type}/{uid}",
        does=change_token,
        needs=Role.OPERATOR,
    ),
)
