"""What a request names by its path and its body, so that a hub finds out whose it is where nobody says it.

OCPI 2.2.1 transport_and_format_message_routing_open_routing_request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from laddnav.kit.ids import NotAPartyId, PartyId, fold
from laddnav.ocpi.hub.rules import OF_CPO, Asked
from laddnav.ocpi.sides import RECEIVER, SENDER
from laddnav.ocpi.wire.codec import parsed
from laddnav.ocpi.wire.handshake import Module


class Party(Struct, frozen=True):
    """The answer itself."""

    party: PartyId


class Thing(Struct, frozen=True):
    """Of whoever owns it; `key` is as it is kept, a Token's begins with its type."""

    module: Module
    key: str


class Driver(Struct, frozen=True):
    """Of whoever has the Token that the Session was begun with, which the speaker owns."""

    session_key: str


class Contract(Struct, frozen=True):
    """Of whoever has the Token with this contract: OCPI 2.1.1 says no more of it."""

    contract_id: str


Named = Party | Thing | Driver | Contract
Body = Mapping[str, Any]


def named(asked: Asked, query: Mapping[str, str], body: bytes) -> Named | None:
    """None: nothing by which one could tell. Raises Unreadable."""
    side, segments = (asked.module, asked.interface), asked.segments
    if side in _BY_BODY and (asked.method == "POST" or (asked.method == "PUT" and side == _SESSIONS_HEARD)):
        said = parsed(body) if body.strip() else None
        return _BY_BODY[side](said) if isinstance(said, dict) else None
    if asked.interface is RECEIVER and asked.module in OF_CPO | {Module.TOKENS} and len(segments) >= 3:
        owner = _party(*segments[:2])
        if side == _SESSIONS_HEARD and owner == asked.speaker:
            return Driver(fold(segments[2]))
        return None if owner is None else Party(owner)
    if not segments:
        return None
    match side:
        case (Module.LOCATIONS, _):
            return Thing(Module.LOCATIONS, fold(segments[0]))
        case (Module.TOKENS, _):
            return Thing(Module.TOKENS, f"{query.get('type') or 'RFID'}/{fold(segments[0])}")
        case (Module.CHARGING_PROFILES, interface) if interface is SENDER:
            return Driver(fold(segments[0]))
        case (Module.SESSIONS | Module.CHARGING_PROFILES, _):
            return Thing(Module.SESSIONS, fold(segments[0]))
    return None


def owner_said(module: Module, segments: tuple[str, ...], body: bytes) -> PartyId | None:
    """Whose object somebody brings; None where nothing says it, as of a CDR of OCPI 2.1.1. Raises Unreadable."""
    if module is not Module.CDRS:
        return _party(*segments[:2]) if len(segments) >= 2 else None
    words = parsed(body)
    if not isinstance(words, dict) or "party_id" not in words:
        return None
    return _party(str(words.get("country_code")), str(words["party_id"]))


def token_of(words: Body) -> Named | None:
    """Of a Session or a CDR: whose driver it was."""
    token = words.get("cdr_token")
    if isinstance(token, dict):
        party = _party(str(token.get("country_code", "")), str(token.get("party_id", "")))
        return None if party is None else Party(party)
    contract = words.get("auth_id")
    return Contract(fold(contract)) if isinstance(contract, str) else None


def _command(words: Body) -> Named | None:
    for field, module in (("location_id", Module.LOCATIONS), ("session_id", Module.SESSIONS)):
        id = words.get(field)
        if isinstance(id, str):
            return Thing(module, fold(id))
    return None


def _party(country: str, party: str) -> PartyId | None:
    try:
        return PartyId.of(country, party)
    except NotAPartyId:
        return None


_SESSIONS_HEARD = (Module.SESSIONS, RECEIVER)
_BY_BODY: dict[tuple[Module, Any], Callable[[Body], Named | None]] = {
    _SESSIONS_HEARD: token_of,
    (Module.CDRS, RECEIVER): token_of,
    (Module.COMMANDS, RECEIVER): _command,
}
