"""Credentials as OCPI 2.3.0 spells them: as 2.2.1, but a hub is a party that is named instead of a role.

OCPI 2.3.0 credentials_credentials_object.
"""

from __future__ import annotations

from laddnav.kit.ids import PartyId
from laddnav.ocpi.wire.codec import Codec, Hearing
from laddnav.ocpi.wire.handshake import Credentials
from laddnav.ocpi.wire.shared.scalars import CiString5
from laddnav.ocpi.wire.v2_2_1 import credentials as v2_2_1
from laddnav.ocpi.wire.v2_2_1.credentials import apart, hub_among, read_credentials, role_words
from laddnav.parties.model import Role

# The list of roles has neither; what PTPs do stands in the payments module all the same (OCPI 2.3.0 types_role_enum).
SAID_AS = {Role.HUB: Role.OTHER, Role.PTP: Role.OTHER}


class WireCredentialsRole(v2_2_1.WireCredentialsRole, kw_only=True):
    """A PTP that calls itself one is understood; HUB is a role of before."""

    def __post_init__(self) -> None:
        if self.role is Role.HUB:
            raise ValueError(f"Invalid enum value {self.role.value!r} - at `$.role`")


class WireCredentials(v2_2_1.WireCredentials, kw_only=True, omit_defaults=True):
    hub_party_id: CiString5 | None = None
    roles: tuple[WireCredentialsRole, ...] = ()


def read(wire: WireCredentials, hearing: Hearing) -> Credentials:
    hub = None if wire.hub_party_id is None else PartyId.parse(wire.hub_party_id)
    return read_credentials(wire, hub, hearing.role)


def write(credentials: Credentials) -> WireCredentials:
    hub = credentials.hub or hub_among(credentials.roles)
    return WireCredentials(
        token=credentials.token,
        url=credentials.url,
        hub_party_id=None if hub is None else f"{hub.country}{hub.party}",
        roles=tuple(WireCredentialsRole(**role_words(one, SAID_AS)) for one in apart(credentials.roles, SAID_AS)),
    )


codec = Codec(WireCredentials, read, write)
