"""Token, LocationReferences and AuthorizationInfo as OCPI 2.1.1 spells them: the contract is an `auth_id`.

OCPI 2.1.1 mod_tokens §3.1, §3.2, §4.2.
"""

from typing import Literal

from msgspec import Struct

from laddnav.locations.model import DisplayText
from laddnav.ocpi.wire.codec import Codec, Hearing
from laddnav.ocpi.wire.shared.scalars import CiString36, CiString39, DateTime, String2, String64, clipped, many
from laddnav.ocpi.wire.shared.texts import WireDisplayText, read_text, write_text
from laddnav.ocpi.wire.v2_1_1.instants import second
from laddnav.ocpi.wire.v2_1_1.plain import plainly
from laddnav.tokens.model import Allowed, Authorization, LocationReferences, Token, TokenType, Whitelist


class WireToken(Struct, kw_only=True, omit_defaults=True):
    uid: CiString36
    type: Literal["OTHER", "RFID"]
    auth_id: CiString36
    visual_number: String64 | None = None
    issuer: String64
    valid: bool
    whitelist: Whitelist
    language: String2 | None = None
    last_updated: DateTime


class WireLocationReferences(Struct, kw_only=True, omit_defaults=True):
    location_id: CiString39
    evse_uids: tuple[CiString39, ...] | None = None
    connector_ids: tuple[CiString36, ...] | None = None


class WireAuthorizationInfo(Struct, kw_only=True, omit_defaults=True):
    allowed: Allowed
    location: WireLocationReferences | None = None
    info: WireDisplayText | None = None


def read_token(wire: WireToken, hearing: Hearing) -> Token:
    """It belongs to whom we hear it from: 2.1.1 names its owner in the URL only."""
    return Token(
        owner=hearing.sender,
        uid=wire.uid,
        type=TokenType(wire.type),
        contract_id=wire.auth_id,
        issuer=wire.issuer,
        valid=wire.valid,
        whitelist=wire.whitelist,
        visual_number=wire.visual_number,
        language=wire.language,
        last_updated=wire.last_updated.at,
    )


def write_token(token: Token) -> WireToken:
    return WireToken(
        uid=token.uid,
        type="RFID" if token.type == TokenType.RFID else "OTHER",
        auth_id=token.contract_id,
        visual_number=token.visual_number,
        issuer=clipped(token.issuer, 64),
        valid=token.valid,
        whitelist=token.whitelist,
        language=token.language,
        last_updated=second(token.last_updated),
    )


def read_references(wire: WireLocationReferences, hearing: Hearing) -> LocationReferences:
    return LocationReferences(wire.location_id, wire.evse_uids or (), wire.connector_ids or ())


def write_references(references: LocationReferences) -> WireLocationReferences:
    return WireLocationReferences(
        location_id=references.location_id,
        evse_uids=many(references.evse_uids),
        connector_ids=many(references.connector_ids),
    )


def read_authorization(wire: WireAuthorizationInfo, hearing: Hearing) -> Authorization:
    text = None if wire.info is None else read_text(wire.info)
    return Authorization(
        allowed=wire.allowed,
        location=None if wire.location is None else read_references(wire.location, hearing),
        info=() if text is None else ((text.language, text.text),),
        asked=True,
    )


def write_authorization(authorization: Authorization) -> WireAuthorizationInfo:
    """One text is all there is room for: the first."""
    info = [write_text(DisplayText(language, text)) for language, text in authorization.info[:1]]
    return WireAuthorizationInfo(
        allowed=authorization.allowed,
        location=None if authorization.location is None else write_references(authorization.location),
        info=info[0] if info else None,
    )


codec = Codec(WireToken, read_token, plainly(write_token))
references_codec = Codec(WireLocationReferences, read_references, write_references)
authorization_codec = Codec(WireAuthorizationInfo, read_authorization, plainly(write_authorization))
