"""ClientInfo as OCPI 2.2.1 spells it (OCPI 2.2.1 mod_hub_client_info_hub_client_info_object)."""

from msgspec import Struct

from laddnav.kit.ids import PartyId
from laddnav.ocpi.wire.clients import ClientInfo, ClientStatus
from laddnav.ocpi.wire.codec import Codec, Hearing
from laddnav.ocpi.wire.shared.scalars import CiString2, CiString3, DateTime
from laddnav.parties.model import Role


class WireClientInfo(Struct, kw_only=True):
    country_code: CiString2
    party_id: CiString3
    role: Role
    status: ClientStatus
    last_updated: DateTime


def read(wire: WireClientInfo, hearing: Hearing) -> ClientInfo:
    return ClientInfo(
        party=PartyId.of(wire.country_code, wire.party_id),
        role=wire.role,
        status=wire.status,
        last_updated=wire.last_updated.at,
    )


def write(client: ClientInfo) -> WireClientInfo:
    return WireClientInfo(
        country_code=client.party.country,
        party_id=client.party.party,
        role=client.role,
        status=client.status,
        last_updated=DateTime(client.last_updated),
    )


codec = Codec(WireClientInfo, read, write)
