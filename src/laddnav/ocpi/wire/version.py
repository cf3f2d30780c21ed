"""What there is to know of one OCPI version besides the objects: facts that endpoints ask, each named for itself."""

from msgspec import Struct

from laddnav.ocpi.wire.codec import Codecs
from laddnav.ocpi.wire.envelope import StatusCode
from laddnav.ocpi.wire.handshake import Module


class Version(Struct, frozen=True, kw_only=True):
    """What a fact is where a version does not say, OCPI 2.2.1 and its successors have in common.

    `encodes_token`: the Authorization header carries Base64. `routes`: requests name the parties they go between
    (OCPI 2.2.1 transport_and_format_authorization_header, transport_and_format_message_routing).
    `dates_changes`: a PATCH names its `last_updated` (OCPI 2.2.1 mod_locations_patch_method).
    `patches_tariffs`: a Tariff is changed in part (OCPI 2.1.1 mod_tariffs §2.2.3).
    `types_tokens`: the URL of a Token names its type (OCPI 2.2.1 mod_tokens_cpo_get_method).
    `credits`: a CDR can take back another. `hides`: a Location can say that it is not for everybody. `prefers`: a
    driver can say what matters to him in a charge (OCPI 2.2.1 mod_sessions_set_charging_preferences).
    `token_types`: the types that it has words for, of which OTHER stands for all others; None: any.
    `statuses`: the codes that it defines; in place of another stands the general one of its thousand.
    """

    number: str
    codecs: Codecs
    modules: frozenset[Module]
    encodes_token: bool = True
    routes: bool = True
    dates_changes: bool = True
    patches_tariffs: bool = False
    types_tokens: bool = True
    credits: bool = True
    hides: bool = True
    prefers: bool = True
    token_types: frozenset[str] | None = None
    statuses: frozenset[StatusCode] = frozenset(StatusCode)

    def tells_all(self, module: Module) -> bool:
        """Whether it has words for every object of ours; else some are kept from a partner."""
        return {Module.CDRS: self.credits, Module.LOCATIONS: self.hides}.get(module, True)

    def token_type(self, type: str) -> str:
        """As a partner of this version knows it."""
        return type if self.token_types is None or type in self.token_types else "OTHER"

    def status(self, code: StatusCode) -> StatusCode:
        """As a partner of this version knows it."""
        return code if code in self.statuses else StatusCode(code // 1000 * 1000)
