"""What there is to know of one OCPI version besides the objects."""

from msgspec import Struct

from laddnav.ocpi.wire.codec import Codecs


class Version(Struct, frozen=True, kw_only=True):
    """`encodes_token`: the Authorization header carries Base64. `routes`: requests name the parties they go between.

    OCPI 2.2.1 transport_and_format_authorization_header, transport_and_format_message_routing.
    """

    number: str
    codecs: Codecs
    encodes_token: bool
    routes: bool
