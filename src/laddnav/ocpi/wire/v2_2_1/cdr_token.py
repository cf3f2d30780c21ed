"""CdrToken as OCPI 2.2.1 spells it: a Token as it was when the charge began (OCPI 2.2.1 mod_cdrs_cdr_token_object)."""

from msgspec import Struct

from laddnav.kit.ids import PartyId
from laddnav.ocpi.wire.shared.scalars import CiString2, CiString3, CiString36
from laddnav.sessions.model import CdrToken
from laddnav.tokens.model import TokenType


class WireCdrToken(Struct, kw_only=True):
    country_code: CiString2
    party_id: CiString3
    uid: CiString36
    type: TokenType
    contract_id: CiString36


def read_cdr_token(wire: WireCdrToken) -> CdrToken:
    return CdrToken(
        owner=PartyId.of(wire.country_code, wire.party_id), uid=wire.uid, type=wire.type, contract_id=wire.contract_id
    )


def write_cdr_token(token: CdrToken) -> WireCdrToken:
    return WireCdrToken(
        country_code=token.owner.country,
        party_id=token.owner.party,
        uid=token.uid,
        type=token.type,
        contract_id=token.contract_id,
    )
