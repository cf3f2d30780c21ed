"""ClientInfo as OCPI 2.3.0 spells it: as 2.2.1, but HUB is no role (OCPI 2.3.0 types_role_enum)."""

from msgspec.structs import replace

from laddnav.ocpi.wire.clients import ClientInfo
from laddnav.ocpi.wire.codec import Codec
from laddnav.ocpi.wire.v2_2_1 import client_info as v2_2_1
from laddnav.ocpi.wire.v2_2_1.client_info import read
from laddnav.ocpi.wire.v2_3_0.credentials import SAID_AS
from laddnav.parties.model import Role


class WireClientInfo(v2_2_1.WireClientInfo, kw_only=True):
    def __post_init__(self) -> None:
        if self.role is Role.HUB:
            raise ValueError(f"Invalid enum value {self.role.value!r} - at `$.role`")


def write(client: ClientInfo) -> WireClientInfo:
    said = v2_2_1.write(replace(client, role=SAID_AS.get(client.role, client.role)))
    return WireClientInfo(**{field: getattr(said, field) for field in said.__struct_fields__})


codec = Codec(WireClientInfo, read, write)
