"""What we offer to whom, and who may speak for whom."""

from __future__ import annotations

from collections.abc import Iterable

from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal
from laddnav.ocpi.model import Connection
from laddnav.ocpi.wire.handshake import CredentialsRole, Endpoint, Interface, Module, VersionDetails
from laddnav.ocpi.wire.routing import Route
from laddnav.ocpi.wire.version import Version
from laddnav.parties.model import Role

SENDER, RECEIVER = Interface.SENDER, Interface.RECEIVER

Side = tuple[Module, Interface]

# Which sides of which modules each of our roles serves (OCPI 2.2.1 introduction_typical_roles).
OFFERED: dict[Role, tuple[Side, ...]] = {
    Role.CPO: (
        (Module.LOCATIONS, SENDER),
        (Module.TARIFFS, SENDER),
        (Module.SESSIONS, SENDER),
        (Module.CDRS, SENDER),
        (Module.TOKENS, RECEIVER),
        (Module.COMMANDS, RECEIVER),
        (Module.CHARGING_PROFILES, RECEIVER),
        (Module.HUB_CLIENT_INFO, RECEIVER),
        (Module.INVOICE_RECONCILIATION, SENDER),
        (Module.INVOICE_RECONCILIATION, RECEIVER),
    ),
    Role.EMSP: (
        (Module.LOCATIONS, RECEIVER),
        (Module.TARIFFS, RECEIVER),
        (Module.SESSIONS, RECEIVER),
        (Module.CDRS, RECEIVER),
        (Module.TOKENS, SENDER),
        (Module.COMMANDS, SENDER),
        (Module.CHARGING_PROFILES, SENDER),
        (Module.HUB_CLIENT_INFO, RECEIVER),
        (Module.INVOICE_RECONCILIATION, SENDER),
        (Module.INVOICE_RECONCILIATION, RECEIVER),
    ),
    Role.NSP: (
        (Module.LOCATIONS, RECEIVER),
        (Module.TARIFFS, RECEIVER),
        (Module.HUB_CLIENT_INFO, RECEIVER),
    ),
    Role.HUB: ((Module.HUB_CLIENT_INFO, SENDER),),
}

# What is between a hub and a platform, and for nobody behind either
# (OCPI 2.2.1 transport_and_format_message_routing).
UNROUTED = frozenset({Module.CREDENTIALS, Module.HUB_CLIENT_INFO})
# What has no list to be fetched: requests and their results.
ASKED_ONLY = frozenset({Module.COMMANDS, Module.CHARGING_PROFILES})


class UnknownConnection(Refusal):
    """No connection with this id is known here."""

    def __init__(self, connection_id: str) -> None:
        super().__init__(f"No connection {connection_id!r} is known here")
        self.connection_id = connection_id


class RoleNotServed(Refusal):
    """We do not play this role towards partners."""

    def __init__(self, role: Role) -> None:
        served = ", ".join(OFFERED)
        super().__init__(f"We do not serve the role {role} over OCPI; we serve {served}")
        self.role = role


class NotAmongThem(Refusal):
    """An object or message of a party that does not belong to this connection."""

    def __init__(self, party: PartyId) -> None:
        super().__init__(f"{party} is no party of this connection")
        self.party = party


class AddressedElsewhere(Refusal):
    """The message is for a party that this connection does not speak for."""

    def __init__(self, party: PartyId) -> None:
        super().__init__(f"{party} is not the party that this connection speaks for")
        self.party = party


class PartyTaken(Refusal):
    """A partner calls itself what we are called, or what another partner of ours is called in the same dealings."""

    def __init__(self, party: PartyId) -> None:
        super().__init__(f"{party} speaks to us on another connection already, or is ourselves")
        self.party = party


def sole(holder: PartyId, theirs: Iterable[CredentialsRole], others: Iterable[Connection]) -> None:
    """Whose objects may come from a connection must come from no other one, and never be our own.

    `others` are the partners with whom we deal in the same role. Raises PartyTaken.
    """
    taken = {holder}.union(*(other.parties for other in others))
    for one in theirs:
        if one.party in taken:
            raise PartyTaken(one.party)


def served(role: Role) -> Role:
    """Raises RoleNotServed."""
    if role not in OFFERED:
        raise RoleNotServed(role)
    return role


def path_of(role: Role) -> str:
    """The part of our URLs that names our role."""
    return role.value.lower()


def offered(role: Role, version: Version) -> tuple[Side, ...]:
    """What we serve in this role to a partner of this version."""
    return tuple((module, interface) for module, interface in OFFERED[role] if module in version.modules)


def details(role: Role, version: Version, base: str) -> VersionDetails:
    """What a partner of ours in this role finds; `base` is our /ocpi. The credentials stand in it once, as SENDER.

    OCPI 2.2.1 version_information_endpoint_endpoint_class.
    """
    number = version.number
    modules = [
        Endpoint(identifier=module, role=interface, url=f"{base}/{path_of(role)}/{number}/{module}")
        for module, interface in offered(role, version)
    ]
    credentials = Endpoint(identifier=Module.CREDENTIALS, role=SENDER, url=f"{base}/{number}/{Module.CREDENTIALS}")
    return VersionDetails(version=number, endpoints=(credentials, *modules))


def heard_from(connection: Connection, route: Route) -> Route:
    """How to route the answer. Raises AddressedElsewhere, NotAmongThem.

    The headers may be missing: then the connection says who speaks (OCPI 2.2.1 transport_and_format_message_routing).
    """
    if route.to is not None and route.to != connection.holder:
        raise AddressedElsewhere(route.to)
    if route.origin is not None and route.origin not in connection.parties:
        raise NotAmongThem(route.origin)
    return Route(to=route.origin or connection.party, origin=connection.holder)


def owner_among(connection: Connection, owner: PartyId) -> PartyId:
    """Raises NotAmongThem."""
    if owner not in connection.parties:
        raise NotAmongThem(owner)
    return owner
