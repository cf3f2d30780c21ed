"""Version, a line in the list of those that a platform speaks, as every version spells it.

OCPI 2.2.1 version_information_endpoint_version_class.
"""

from msgspec import Struct

from laddnav.ocpi.wire.codec import Codec, Hearing
from laddnav.ocpi.wire.handshake import OfferedVersion
from laddnav.ocpi.wire.shared.scalars import Url, Word


class WireVersion(Struct, kw_only=True):
    version: Word
    url: Url


def read(wire: WireVersion, hearing: Hearing) -> OfferedVersion:
    return OfferedVersion(version=wire.version, url=wire.url)


def write(version: OfferedVersion) -> WireVersion:
    return WireVersion(version=version.version, url=version.url)


codec = Codec(WireVersion, read, write)
