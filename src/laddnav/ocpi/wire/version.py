"""What there is to know of one OCPI version besides the objects: facts that endpoints ask, each named for itself."""

from collections.abc import Mapping

from msgspec import Struct

from laddnav.ocpi.wire.codec import Codecs
from laddnav.ocpi.wire.envelope import StatusCode
from laddnav.ocpi.wire.handshake import Module


class Version(Struct, frozen=True, kw_only=True):
    """Where a version does not say what a fact is, it is as in OCPI 2.2.1 and its successors.

    OCPI 2.2.1 transport_and_format_authorization_header, transport_and_format_message_routing,
    mod_locations_patch_method, mod_tokens_cpo_get_method, mod_commands_startsession_object, and
    OCPI 2.1.1 mod_tariffs §2.2.3.
    """

    number: str
    codecs: Codecs
    modules: frozenset[Module]
    encodes_token: bool = True  # the Authorization header carries Base64
    routes: bool = True  # requests name the parties they go between
    dates_changes: bool = True  # a PATCH names its last_updated
    patches_tariffs: bool = False  # a Tariff is changed in part
    types_tokens: bool = True  # the URL of a Token names its type
    credits: bool = True  # a CDR can take back another
    lists_clients: bool = False  # the credentials of a hub name who can be reached through it
    hides: bool = True  # a Location can say that it is not for everybody
    prefers: bool = True  # a driver can say what matters to him in a charge
    lists_tariffs: bool = True  # a Connector offers several
    names_connector: bool = True  # a start names the Connector
    knows_all_commands: bool = True  # there is none but those that it lists
    token_types: frozenset[str] | None = None  # those it has words for, and OTHER for all others; None: any
    lists: Mapping[str, frozenset[str]]  # of fields whose lists are closed, but of which we keep every word
    statuses: frozenset[int] = frozenset(StatusCode)  # in place of another stands the general one, if that is there

    def tells_all(self, module: Module) -> bool:
        """Whether it has words for every object of ours; else some are kept from a partner."""
        return {Module.CDRS: self.credits, Module.LOCATIONS: self.hides}.get(module, True)

    def token_type(self, type: str) -> str:
        """As a partner of this version knows it."""
        return type if self.token_types is None or type in self.token_types else "OTHER"

    def status(self, code: int) -> int:
        """As a partner of this version knows it; what we do not know ourselves is somebody else's, and passed on."""
        if code in self.statuses or code not in set(StatusCode):
            return code
        general = code // 1000 * 1000
        return general if general in self.statuses else StatusCode.SERVER_ERROR
