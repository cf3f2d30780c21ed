"""The verdict on a Token, and who has to be asked for it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from msgspec.structs import replace

from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal
from laddnav.kit.time import as_told
from laddnav.tokens.model import (
    Allowed,
    Authorization,
    Barred,
    LocationReferences,
    Token,
    TokenKey,
    TokenType,
    Whitelist,
)


class UnknownToken(Refusal):
    """No Token with this uid is known here."""

    def __init__(self, uid: str) -> None:
        super().__init__("No Token with this uid is known here")  # the uid is a secret of its driver, so it is not said
        self.uid = uid


class NotAnAmount(Refusal):
    """The number cannot be an amount of money."""


def amount(said: Decimal | None) -> Decimal | None:
    """Raises NotAnAmount for NaN, infinities and what no sum of money reaches."""
    try:
        return None if said is None else json.sane(said)
    except ValueError as error:
        raise NotAnAmount("The number cannot be an amount of money") from error


def key_of(token: Token) -> TokenKey:
    return TokenKey(token.owner, token.type, token.uid)


def renamed(before: Token, after: Token) -> bool:
    """Whether somebody who names it otherwise than by its uid would not mean it any more, or only now."""
    return any(getattr(before, name) != getattr(after, name) for name in ("visual_number", "issuer", "group_id"))


def verdict(token: Token, at: datetime) -> Allowed:
    """What we can say of it by ourselves, most basic reason first."""
    if token.blocked or token.barred is Barred.STOPPED:
        return Allowed.BLOCKED
    if token.expires_at is not None and token.expires_at <= at:
        return Allowed.EXPIRED
    if token.barred is not None or (token.credit is not None and token.credit <= 0):
        return Allowed.NO_CREDIT
    return Allowed.ALLOWED if token.valid else Allowed.BLOCKED


def must_ask(token: Token, ours: PartyId) -> bool:
    """Whether the eMSP has to be asked in real time.

    NEVER and ALLOWED_OFFLINE forbid deciding alone while the line is up; ALLOWED leaves the choice to us, and we decide
    alone, because a driver waits (OCPI 2.2.1 mod_tokens_whitelisttype_enum).
    """
    if token.owner == ours:
        return False
    return token.whitelist in (Whitelist.NEVER, Whitelist.ALLOWED_OFFLINE)


def unreached(token: Token, at: datetime) -> Allowed:
    """The verdict where the eMSP had to be asked and could not be reached."""
    return Allowed.NOT_ALLOWED if token.whitelist is Whitelist.NEVER else verdict(token, at)


def as_partners_see(token: Token) -> Token:
    """What lives for one charge or in an app is asked about each time (OCPI 2.2.1 mod_tokens_tokentype_enum).

    What is blocked or barred here is not valid there.
    """
    if token.valid and (token.blocked or token.barred is not None):
        token = replace(token, valid=False)
    momentary = token.type in (TokenType.AD_HOC_USER, TokenType.APP_USER)
    return replace(token, whitelist=Whitelist.NEVER) if momentary else token


def chosen(tokens: tuple[Token, ...], ours: PartyId, at: datetime) -> Token | None:
    """Of several companies' Tokens with one uid: our own first, then one that may charge, then the newest."""
    if not tokens:
        return None
    return max(tokens, key=lambda one: (one.owner == ours, verdict(one, at) is Allowed.ALLOWED, one.last_updated))


def decided(token: Token, at: datetime, where: LocationReferences | None) -> Authorization:
    return Authorization(allowed=verdict(token, at), token=token, location=where)


def nobody_knows(where: LocationReferences | None) -> Authorization:
    return Authorization(allowed=Allowed.NOT_ALLOWED, location=where)


def stays(before: Token, after: Token) -> bool:
    """Whether the news says nothing new, or newer news overtook it: an old file unblocks no card."""
    if after.last_updated < as_told(before.last_updated):
        return True
    fields = [name for name in Token.__struct_fields__ if name != "last_updated"]
    return all(getattr(before, name) == getattr(after, name) for name in fields)
