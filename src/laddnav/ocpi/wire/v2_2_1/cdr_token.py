"""CdrToken as OCPI 2.2.1 spells it: a Token as it was when the charge began (OCPI 2.2.1 mod_cdrs_cdr_token_object)."""

from typing import Any, Literal, get_args

from msgspec import Struct

from laddnav.kit.ids import PartyId
from laddnav.ocpi.wire.shared.scalars import CiString2, CiString3, CiString36
from laddnav.sessions.model import CdrToken

# OCPI 2.2.1 mod_tokens_tokentype_enum
ListedType = Literal["AD_HOC_USER", "APP_USER", "OTHER", "RFID"]
TYPES: dict[str, ListedType] = {type: type for type in get_args(ListedType)}


class WireCdrToken(Struct, kw_only=True):
    country_code: CiString2
    party_id: CiString3
    uid: CiString36
    type: ListedType
    contract_id: CiString36


def read_cdr_token(wire: WireCdrToken) -> CdrToken:
    return CdrToken(
        owner=PartyId.of(wire.country_code, wire.party_id), uid=wire.uid, type=wire.type, contract_id=wire.contract_id
    )


def cdr_token_words(token: CdrToken) -> dict[str, Any]:
    """The fields of WireCdrToken, but for the type."""
    return {
        "country_code": token.owner.country,
        "party_id": token.owner.party,
        "uid": token.uid,
        "contract_id": token.contract_id,
    }


def write_cdr_token(token: CdrToken) -> WireCdrToken:
    return WireCdrToken(**cdr_token_words(token), type=listed_type(token.type))


def listed_type(type: str) -> ListedType:
    """A type of a later version is another one to a partner of this."""
    return TYPES.get(type, "OTHER")
