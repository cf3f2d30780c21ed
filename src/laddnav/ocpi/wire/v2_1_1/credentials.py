"""Credentials as OCPI 2.1.1 spells them: one party, and no word about its role (OCPI 2.1.1 credentials §2.1)."""

from msgspec import Struct

from laddnav.kit.ids import PartyId
from laddnav.locations.model import BusinessDetails
from laddnav.ocpi.wire.codec import Codec, Hearing
from laddnav.ocpi.wire.handshake import Credentials, CredentialsRole
from laddnav.ocpi.wire.shared.business import WireBusinessDetails, read_business, write_business
from laddnav.ocpi.wire.shared.scalars import CredentialsToken, String2, String3, Url
from laddnav.ocpi.wire.v2_1_1.plain import plainly


class WireCredentials(Struct, kw_only=True):
    token: CredentialsToken
    url: Url
    business_details: WireBusinessDetails
    party_id: String3
    country_code: String2


def read(wire: WireCredentials, hearing: Hearing) -> Credentials:
    """In the role that deals with ours: who publishes the endpoints of a CPO is one."""
    business = read_business(wire.business_details) or BusinessDetails("")
    party = PartyId.of(wire.country_code, wire.party_id)
    role = CredentialsRole(role=hearing.role, party=party, business=business)
    return Credentials(token=wire.token, url=wire.url, roles=(role,))


def write(credentials: Credentials) -> WireCredentials:
    """The first role: a company that has two needs two connections."""
    one = credentials.roles[0]
    return WireCredentials(
        token=credentials.token,
        url=credentials.url,
        business_details=write_business(one.business) or WireBusinessDetails(name=""),
        party_id=one.party.party,
        country_code=one.party.country,
    )


codec = Codec(WireCredentials, read, plainly(write))
