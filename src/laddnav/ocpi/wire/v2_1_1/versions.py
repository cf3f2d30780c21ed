"""VersionDetails as OCPI 2.1.1 spells them: an Endpoint does not say whose side it is.

OCPI 2.1.1 version_information_endpoint § Endpoint class.
"""

from msgspec import Struct

from laddnav.ocpi.wire.codec import Codec, Hearing
from laddnav.ocpi.wire.handshake import Endpoint, Interface, Module, VersionDetails
from laddnav.ocpi.wire.shared.scalars import Url, Word
from laddnav.parties.model import Role

# Whoever publishes the endpoints of a CPO sends what a CPO owns, and receives the rest.
OF_CPO = {
    Module.CDRS: Interface.SENDER,
    Module.COMMANDS: Interface.RECEIVER,
    Module.LOCATIONS: Interface.SENDER,
    Module.SESSIONS: Interface.SENDER,
    Module.TARIFFS: Interface.SENDER,
    Module.TOKENS: Interface.RECEIVER,
}
OTHER_SIDE = {Interface.SENDER: Interface.RECEIVER, Interface.RECEIVER: Interface.SENDER}


class WireEndpoint(Struct, kw_only=True):
    identifier: Word
    url: Url


class WireVersionDetails(Struct, kw_only=True):
    version: Word
    endpoints: tuple[WireEndpoint, ...]


def read(wire: WireVersionDetails, hearing: Hearing) -> VersionDetails:
    return VersionDetails(
        version=wire.version,
        endpoints=tuple(
            Endpoint(identifier=one.identifier, role=_side(one.identifier, hearing.role), url=one.url)
            for one in wire.endpoints
        ),
    )


def _side(identifier: str, role: Role) -> Interface:
    """Of the credentials, and of a module that we do not know, it says nothing."""
    side = {str(module): interface for module, interface in OF_CPO.items()}.get(identifier)
    if side is None:
        return Interface.SENDER
    return side if role is Role.CPO else OTHER_SIDE[side]


def write(details: VersionDetails) -> WireVersionDetails:
    return WireVersionDetails(
        version=details.version,
        endpoints=tuple(WireEndpoint(identifier=one.identifier, url=one.url) for one in details.endpoints),
    )


codec = Codec(WireVersionDetails, read, write)
