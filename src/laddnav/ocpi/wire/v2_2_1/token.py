"""Token, LocationReferences and AuthorizationInfo as OCPI 2.2.1 spells them (OCPI 2.2.1 mod_tokens_token_object)."""

from collections.abc import Callable
from typing import Any, TypeVar

from msgspec import Struct

from laddnav.kit.ids import PartyId
from laddnav.locations.model import DisplayText
from laddnav.ocpi.wire.codec import Codec, Hearing
from laddnav.ocpi.wire.shared.scalars import (
    CiString2,
    CiString3,
    CiString36,
    DateTime,
    String2,
    String64,
    Word,
    clipped,
    many,
)
from laddnav.ocpi.wire.shared.texts import WireDisplayText, read_text, write_text
from laddnav.ocpi.wire.v2_2_1.cdr_token import ListedType, listed_type
from laddnav.tokens.model import (
    Allowed,
    Authorization,
    EnergyContract,
    LocationReferences,
    Token,
    Whitelist,
)

T = TypeVar("T", bound="WireToken")
A = TypeVar("A", bound="WireAuthorizationInfo")


class WireEnergyContract(Struct, kw_only=True, omit_defaults=True):
    supplier_name: String64
    contract_id: String64 | None = None


class WireToken(Struct, kw_only=True, omit_defaults=True):
    country_code: CiString2
    party_id: CiString3
    uid: CiString36
    type: ListedType
    contract_id: CiString36
    visual_number: String64 | None = None
    issuer: String64
    group_id: CiString36 | None = None
    valid: bool
    whitelist: Whitelist
    language: String2 | None = None
    default_profile_type: Word | None = None
    energy_contract: WireEnergyContract | None = None
    last_updated: DateTime


class WireLocationReferences(Struct, kw_only=True, omit_defaults=True):
    """OCPI 2.2.1 mod_tokens_locationreferences_class."""

    location_id: CiString36
    evse_uids: tuple[CiString36, ...] | None = None


class WireAuthorizationInfo(Struct, kw_only=True, omit_defaults=True):
    """OCPI 2.2.1 mod_tokens_authorizationinfo_object; `token` is required there, yet some partners leave it out."""

    allowed: Allowed
    token: WireToken | None = None
    location: WireLocationReferences | None = None
    authorization_reference: CiString36 | None = None
    info: WireDisplayText | None = None


def read_token(wire: WireToken) -> Token:
    contract = wire.energy_contract
    return Token(
        owner=PartyId.of(wire.country_code, wire.party_id),
        uid=wire.uid,
        type=wire.type,
        contract_id=wire.contract_id,
        issuer=wire.issuer,
        valid=wire.valid,
        whitelist=wire.whitelist,
        visual_number=wire.visual_number,
        group_id=wire.group_id,
        language=wire.language,
        default_profile_type=wire.default_profile_type,
        energy_contract=None if contract is None else EnergyContract(contract.supplier_name, contract.contract_id),
        last_updated=wire.last_updated.at,
    )


def write_token(token: Token) -> WireToken:
    return token_as(WireToken, token, listed_type(token.type), token.default_profile_type)


def token_as(wire: type[T], token: Token, type: Any, default_profile_type: str | None) -> T:
    """As a later version spells it: what it says differently is given, its types of Tokens among it."""
    contract = token.energy_contract
    return wire(
        country_code=token.owner.country,
        party_id=token.owner.party,
        uid=token.uid,
        type=type,
        contract_id=token.contract_id,
        visual_number=token.visual_number,
        issuer=clipped(token.issuer, 64),
        group_id=token.group_id,
        valid=token.valid,
        whitelist=token.whitelist,
        language=token.language,
        default_profile_type=default_profile_type,
        energy_contract=None
        if contract is None
        else WireEnergyContract(supplier_name=contract.supplier_name, contract_id=contract.contract_id),
        last_updated=DateTime(token.last_updated),
    )


def read(wire: WireToken, hearing: Hearing) -> Token:
    return read_token(wire)


def read_references(wire: WireLocationReferences, hearing: Hearing) -> LocationReferences:
    return LocationReferences(wire.location_id, wire.evse_uids or ())


def write_references(references: LocationReferences) -> WireLocationReferences:
    return WireLocationReferences(location_id=references.location_id, evse_uids=many(references.evse_uids))


def read_authorization(wire: WireAuthorizationInfo, hearing: Hearing) -> Authorization:
    text = None if wire.info is None else read_text(wire.info)
    return Authorization(
        allowed=wire.allowed,
        token=None if wire.token is None else read_token(wire.token),
        location=None if wire.location is None else read_references(wire.location, hearing),
        reference=wire.authorization_reference,
        info=() if text is None else ((text.language, text.text),),
        asked=True,
    )


def write_authorization(authorization: Authorization) -> WireAuthorizationInfo:
    return authorization_as(WireAuthorizationInfo, authorization, write_token)


def authorization_as(wire: type[A], authorization: Authorization, write: Callable[[Token], WireToken]) -> A:
    """As a later version spells it. One text is all there is room for: the first."""
    token, location, info = authorization.token, authorization.location, authorization.info
    return wire(
        allowed=authorization.allowed,
        token=None if token is None else write(token),
        location=None if location is None else write_references(location),
        authorization_reference=authorization.reference,
        info=write_text(DisplayText(*info[0])) if info else None,
    )


codec = Codec(WireToken, read, write_token)
references_codec = Codec(WireLocationReferences, read_references, write_references)
authorization_codec = Codec(WireAuthorizationInfo, read_authorization, write_authorization)
