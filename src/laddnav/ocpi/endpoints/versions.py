"""Versions: which we speak, and where what is (OCPI 2.2.1 versions_module)."""

from __future__ import annotations

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
    said = rules.told_details(call.ours, call.version, call.settings.base)
    return Reply(data=call.codec(VersionDetails).encode(said))
