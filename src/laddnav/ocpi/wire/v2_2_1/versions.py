"""VersionDetails as OCPI 2.2.1 spells them (OCPI 2.2.1 version_information_endpoint_version_details_endpoint)."""

from msgspec import Struct

from laddnav.ocpi.wire.codec import Codec, Hearing
from laddnav.ocpi.wire.handshake import Endpoint, Interface, Module, VersionDetails
from laddnav.ocpi.wire.shared.scalars import Url, Word


class WireEndpoint(Struct, kw_only=True, omit_defaults=True):
    """`role` is required, yet some leave it out where it says nothing: at the credentials."""

    identifier: Word
    role: str | None = None
    url: Url


class WireVersionDetails(Struct, kw_only=True):
    version: Word
    endpoints: tuple[WireEndpoint, ...]


def read_details(wire: WireVersionDetails, hearing: Hearing) -> VersionDetails:
    """An endpoint of neither side is left out: it can be no module that we know."""
    return VersionDetails(
        version=wire.version,
        endpoints=tuple(
            Endpoint(identifier=one.identifier, role=role, url=one.url)
            for one in wire.endpoints
            if (role := _role(one)) is not None
        ),
    )


def _role(endpoint: WireEndpoint) -> Interface | None:
    if endpoint.role in set(Interface):
        return Interface(endpoint.role)
    return Interface.SENDER if endpoint.identifier == Module.CREDENTIALS else None


def write_details(details: VersionDetails) -> WireVersionDetails:
    return WireVersionDetails(
        version=details.version,
        endpoints=tuple(
            WireEndpoint(identifier=one.identifier, role=one.role, url=one.url) for one in details.endpoints
        ),
    )


codec = Codec(WireVersionDetails, read_details, write_details)
