"""Credentials as OCPI 2.2.1 spells them (OCPI 2.2.1 credentials_credentials_object)."""

from typing import Annotated

from msgspec import Meta, Struct

from laddnav.kit.ids import PartyId
from laddnav.locations.model import BusinessDetails
from laddnav.ocpi.wire.codec import Codec, Hearing
from laddnav.ocpi.wire.handshake import Credentials, CredentialsRole
from laddnav.ocpi.wire.shared.business import WireBusinessDetails, read_business, write_business
from laddnav.ocpi.wire.shared.scalars import CiString2, CiString3, CredentialsToken, Url
from laddnav.parties.model import Role


class WireCredentialsRole(Struct, kw_only=True):
    role: Role
    business_details: WireBusinessDetails
    party_id: CiString3
    country_code: CiString2

    def __post_init__(self) -> None:
        if self.role is Role.PTP:
            raise ValueError(f"Invalid enum value {self.role.value!r} - at `$.role`")


class WireCredentials(Struct, kw_only=True):
    token: CredentialsToken
    url: Url
    roles: Annotated[tuple[WireCredentialsRole, ...], Meta(min_length=1)]


def read(wire: WireCredentials, hearing: Hearing) -> Credentials:
    return Credentials(
        token=wire.token,
        url=wire.url,
        roles=tuple(
            CredentialsRole(
                role=one.role,
                party=PartyId.of(one.country_code, one.party_id),
                business=read_business(one.business_details) or BusinessDetails(""),
            )
            for one in wire.roles
        ),
    )


def write(credentials: Credentials) -> WireCredentials:
    return WireCredentials(
        token=credentials.token,
        url=credentials.url,
        roles=tuple(
            WireCredentialsRole(
                # 2.2.1 has no word for a payment terminal provider.
                role=Role.OTHER if one.role is Role.PTP else one.role,
                business_details=write_business(one.business) or WireBusinessDetails(name=""),
                party_id=one.party.party,
                country_code=one.party.country,
            )
            for one in credentials.roles
        ),
    )


codec = Codec(WireCredentials, read, write)
