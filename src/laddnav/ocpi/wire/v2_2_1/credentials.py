"""Credentials as OCPI 2.2.1 spells them (OCPI 2.2.1 credentials_credentials_object)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from laddnav.kit.ids import PartyId
from laddnav.locations.model import BusinessDetails
from laddnav.ocpi.wire.codec import Codec, Hearing
from laddnav.ocpi.wire.handshake import Credentials, CredentialsRole
from laddnav.ocpi.wire.shared.business import WireBusinessDetails, read_business, write_business
from laddnav.ocpi.wire.shared.scalars import CiString2, CiString3, CredentialsToken, Url
from laddnav.parties.model import Role

# 2.2.1 has no word for a payment terminal provider.
SAID_AS = {Role.PTP: Role.OTHER}


class WireCredentialsRole(Struct, kw_only=True):
    role: Role
    business_details: WireBusinessDetails
    party_id: CiString3
    country_code: CiString2

    def __post_init__(self) -> None:
        if self.role is Role.PTP:
            raise ValueError(f"Invalid enum value {self.role.value!r} - at `$.role`")


class WireCredentials(Struct, kw_only=True, omit_defaults=True):
    """The last three are of 2.1.1: some name their party there and nowhere else."""

    token: CredentialsToken
    url: Url
    roles: tuple[WireCredentialsRole, ...] = ()
    business_details: WireBusinessDetails | None = None
    party_id: CiString3 | None = None
    country_code: CiString2 | None = None

    def __post_init__(self) -> None:
        if not self.roles and not (self.party_id and self.country_code):
            raise ValueError("Object missing required field `roles`")


def read_credentials(wire: WireCredentials, hub: PartyId | None, role: Role) -> Credentials:
    """`role` is that of a party that stands beside the roles."""
    if not wire.roles:
        party = PartyId.of(wire.country_code or "", wire.party_id or "")
        business = wire.business_details and read_business(wire.business_details)
        alone = CredentialsRole(role=role, party=party, business=business or BusinessDetails(""))
        return Credentials(token=wire.token, url=wire.url, roles=(alone,), hub=hub)
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
        hub=hub,
    )


def role_words(one: CredentialsRole, said_as: Mapping[Role, Role]) -> dict[str, Any]:
    """The fields of WireCredentialsRole."""
    return {
        "role": said_as.get(one.role, one.role),
        "business_details": write_business(one.business) or WireBusinessDetails(name=""),
        "party_id": one.party.party,
        "country_code": one.party.country,
    }


def apart(roles: tuple[CredentialsRole, ...], said_as: Mapping[Role, Role]) -> tuple[CredentialsRole, ...]:
    """Each combination of role and party once, also where two roles are one to the partner."""
    return tuple({(said_as.get(one.role, one.role), one.party): one for one in roles}.values())


def hub_among(roles: tuple[CredentialsRole, ...]) -> PartyId | None:
    return next((one.party for one in roles if one.role is Role.HUB), None)


def read(wire: WireCredentials, hearing: Hearing) -> Credentials:
    said = read_credentials(wire, None, hearing.role)
    return Credentials(token=said.token, url=said.url, roles=said.roles, hub=hub_among(said.roles))


def write(credentials: Credentials) -> WireCredentials:
    """A hub names itself as that and nobody else (OCPI 2.2.1 credentials_credentials_role_class)."""
    roles = credentials.roles
    if credentials.hub is not None and hub_among(roles) is None:
        business = next((one.business for one in roles if one.party == credentials.hub), roles[0].business)
        roles = (CredentialsRole(role=Role.HUB, party=credentials.hub, business=business),)
    return WireCredentials(
        token=credentials.token,
        url=credentials.url,
        roles=tuple(WireCredentialsRole(**role_words(one, SAID_AS)) for one in apart(roles, SAID_AS)),
    )


codec = Codec(WireCredentials, read, write)
