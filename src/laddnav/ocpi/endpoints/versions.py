"""Versions: which we speak, and where what is (OCPI 2.2.1 versions_module)."""

from __future__ import annotations

from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.ocpi import rules
from laddnav.ocpi.endpoints.call import Call, Reply
from laddnav.ocpi.wire import envelope
from laddnav.ocpi.wire.handshake import OfferedVersion, VersionDetails
from laddnav.ocpi.wire.versions import VERSIONS


async def versions(unit: Unit, call: Call) -> Reply:
    """Cheap and without effects, for hubs ask it to see whether we are alive."""
    many = len(call.ours)
    offered = [
        OfferedVersion(version=number, url=f"{call.settings.base}/{number}")
        for number, version in VERSIONS.items()
        if version.routes or many == 1
    ]
    return Reply(data=envelope.listed([call.codec(OfferedVersion).encode(one) for one in offered]))


async def details(unit: Unit, call: Call) -> Reply:
    """The endpoints of the roles in which we speak on this line, as this version spells them."""
    roles = [one.our_role for one in call.ours if not one.leaving]
    said = rules.details(roles, call.version, call.settings.base, call.connection.their_role)
    without = call.connection.policy.shares.without
    said = replace(said, endpoints=tuple(one for one in said.endpoints if one.identifier not in without))
    return Reply(data=call.codec(VersionDetails).encode(said))
