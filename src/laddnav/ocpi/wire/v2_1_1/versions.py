"""VersionDetails as OCPI 2.1.1 spells them: an Endpoint does not say whose side it is.

OCPI 2.1.1 version_information_endpoint § Endpoint class.
"""

from urllib.parse import urlsplit

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
_SIDES = {str(module): interface for module, interface in OF_CPO.items()}
OTHER_SIDE = {Interface.SENDER: Interface.RECEIVER, Interface.RECEIVER: Interface.SENDER}


class WireEndpoint(Struct, kw_only=True):
    identifier: Word
    url: Url


class WireVersionDetails(Struct, kw_only=True):
    version: Word
    endpoints: tuple[WireEndpoint, ...]


def read(wire: WireVersionDetails, hearing: Hearing) -> VersionDetails:
    listed: dict[str, list[str]] = {}
    for one in wire.endpoints:
        listed.setdefault(one.identifier, []).append(one.url)
    return VersionDetails(
        version=wire.version,
        endpoints=tuple(
            Endpoint(identifier=identifier, role=side, url=url)
            for identifier, urls in listed.items()
            for url, side in zip(urls, _sides(identifier, urls, hearing.role), strict=True)
        ),
    )


def _sides(identifier: str, urls: list[str], role: Role) -> list[Interface]:
    """Who lists a module twice has both sides of it, as an access point may; then the URLs say which is which."""
    usual = _side(identifier, role)
    if identifier not in _SIDES or (len(urls) == 1 and role is not Role.NAP):
        return [usual] * len(urls)
    told = [_told(identifier, url) for url in urls]
    known = {side for side in told if side is not None}
    left = OTHER_SIDE[known.pop()] if len(known) == 1 else usual
    return [side or left for side in told]


def _told(identifier: str, url: str) -> Interface | None:
    """By the last segment that tells: a side by its name, or by the role that it belongs to."""
    side = _SIDES[identifier]
    words = {"sender": Interface.SENDER, "receiver": Interface.RECEIVER, "cpo": side}
    words |= dict.fromkeys(("emsp", "msp"), OTHER_SIDE[side])
    segments = reversed(urlsplit(url).path.lower().split("/"))
    return next((words[one] for one in segments if one in words), None)


def _side(identifier: str, role: Role) -> Interface:
    """Of the credentials, and of a module that we do not know, it says nothing."""
    side = _SIDES.get(identifier)
    if side is None:
        return Interface.SENDER
    return side if role is Role.CPO else OTHER_SIDE[side]


def write(details: VersionDetails) -> WireVersionDetails:
    return WireVersionDetails(
        version=details.version,
        endpoints=tuple(WireEndpoint(identifier=one.identifier, url=one.url) for one in details.endpoints),
    )


codec = Codec(WireVersionDetails, read, write)
