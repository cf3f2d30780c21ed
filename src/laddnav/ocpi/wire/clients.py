"""Who can be reached through a hub, in words that every version with hubs can spell."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from laddnav.kit.ids import PartyId, fold
from laddnav.ocpi.wire.handshake import CredentialsRole, State
from laddnav.parties.model import Role


class ClientStatus(StrEnum):
    """OCPI 2.2.1 mod_hub_client_info_hub_connection_type_enum."""

    CONNECTED = "CONNECTED"
    OFFLINE = "OFFLINE"
    PLANNED = "PLANNED"
    SUSPENDED = "SUSPENDED"


class ClientInfo(Struct, frozen=True, kw_only=True):
    """One party in one role behind a hub (OCPI 2.2.1 mod_hub_client_info_hub_client_info_object)."""

    party: PartyId
    role: Role
    status: ClientStatus
    last_updated: datetime

    @property
    def key(self) -> str:
        """The URL of a ClientInfo names the party alone, but a party may play several roles."""
        return fold(f"{self.party}/{self.role}")


def standing(state: State, *, reachable: bool) -> ClientStatus:
    """What a hub says of a connection. Who is gone never comes back (OCPI 2.2.1 mod_hub_client_info_push_model)."""
    if state is State.REMOVED:
        return ClientStatus.SUSPENDED
    if state in (State.INVITED, State.REGISTERING):
        return ClientStatus.PLANNED
    return ClientStatus.CONNECTED if state is State.CONNECTED and reachable else ClientStatus.OFFLINE


def clients_of(
    roles: Iterable[CredentialsRole], state: State, *, reachable: bool, now: datetime
) -> tuple[ClientInfo, ...]:
    status = standing(state, reachable=reachable)
    return tuple(ClientInfo(party=one.party, role=one.role, status=status, last_updated=now) for one in roles)
