"""Decisions about what is taken over: which reader reads an export, and what a card of it becomes."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime

from laddnav.kit.ids import PartyId, fold
from laddnav.takeover import by_hand, citrineos, steve, tables
from laddnav.takeover.model import Brought, Card, Source
from laddnav.tokens.model import Token, TokenType, Whitelist


def brought(source: Source, files: Mapping[str, str], holder: PartyId, now: datetime) -> Brought:
    """What the files hold, by their names. Raises Missing, WrongFile."""
    read = tables.read(files)
    match source:
        case Source.STATIONS:
            return by_hand.brought(read)
        case Source.STEVE:
            return steve.brought(read)
        case Source.CITRINEOS:
            return citrineos.brought(read, holder, now)


def token(card: Card, holder: PartyId, issuer: str, now: datetime) -> Token:
    """A card of ours from now on. The other system had no contract for it: it gets one, always the same."""
    digest = hashlib.blake2b(fold(card.uid).encode(), digest_size=5).digest()
    return Token(
        owner=holder,
        uid=card.uid,
        type=TokenType.RFID,
        contract_id=f"{holder.country}-{holder.party}-C{base64.b32encode(digest).decode()}",
        issuer=issuer,
        valid=not card.blocked and (card.expires_at is None or card.expires_at > now),
        whitelist=Whitelist.ALLOWED,
        group_id=card.group_id,
        blocked=card.blocked,
        expires_at=card.expires_at,
        last_updated=now,
    )
