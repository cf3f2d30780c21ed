"""Version and VersionDetails as OCPI 2.2.1 spells them (OCPI 2.2.1 versions_module)."""

from msgspec import Struct

from laddnav.ocpi.wire.codec import Codec, Hearing
from laddnav.ocpi.wire.handshake import Endpoint, Interface, OfferedVersion, VersionDetails
from laddnav.ocpi.wire.shared.scalars import Url, Word


class WireVersion(Struct, kw_only=True):
    version: Word
    url: Url


class WireEndpoint(Struct, kw_only=True):
    identifier: Word
    role: Interface
    url: Url


class WireVersionDetails(Struct, kw_only=True):
    version: Word
    endpoints: tuple[WireEndpoint, ...]


def read_version(wire: WireVersion, hearing: Hearing) -> OfferedVersion:
    return OfferedVersion(version=wire.version, url=wire.url)


def write_version(version: OfferedVersion) -> WireVersion:
    return WireVersion(version=version.version, url=version.url)


def read_details(wire: WireVersionDetails, hearing: Hearing) -> VersionDetails:
    return VersionDetails(
        version=wire.version,
        endpoints=tuple(Endpoint(identifier=one.identifier, role=one.role, url=one.url) for one in wire.endpoints),
    )


def write_details(details: VersionDetails) -> WireVersionDetails:
    return WireVersionDetails(
        version=details.version,
        endpoints=tuple(
            WireEndpoint(identifier=one.identifier, role=one.role, url=one.url) for one in details.endpoints
        ),
    )


version_codec = Codec(WireVersion, read_version, write_version)
details_codec = Codec(WireVersionDetails, read_details, write_details)
