"""How two parties come to know each other: credentials, endpoints, and registration as a table of states."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from laddnav.kit.ids import PartyId, fold
from laddnav.kit.refusal import Refusal
from laddnav.locations.model import BusinessDetails
from laddnav.parties.model import Role


class Interface(StrEnum):
    """SENDER is the side of who owns the data (OCPI 2.2.1 version_information_endpoint_interface_role_enum)."""

    SENDER = "SENDER"
    RECEIVER = "RECEIVER"


class Module(StrEnum):
    """The modules we speak; a partner may list others (OCPI 2.2.1 version_information_endpoint_moduleid_enum).

    What has a list of its own within a module stands behind its slash.
    """

    BOOKINGS = "bookings"
    BOOKING_LOCATIONS = "bookings/booking_locations"
    CDRS = "cdrs"
    CHARGING_PROFILES = "chargingprofiles"
    COMMANDS = "commands"
    CREDENTIALS = "credentials"
    HUB_CLIENT_INFO = "hubclientinfo"
    INVOICE_RECONCILIATION = "invoicereconciliation"
    LOCATIONS = "locations"
    PAYMENTS = "payments"
    CONFIRMATIONS = "payments/financial-advice-confirmations"
    TERMINALS = "payments/terminals"
    SESSIONS = "sessions"
    TARIFFS = "tariffs"
    TOKENS = "tokens"

    @cached_property
    def offered_as(self) -> Module:
        """The module by which its endpoint is listed."""
        return Module(self.partition("/")[0])

    @cached_property
    def path(self) -> tuple[str, ...]:
        """Where its list is, seen from there."""
        return tuple(self.split("/")[1:])


class CredentialsRole(Struct, frozen=True, kw_only=True):
    """One party on the other platform, in one role."""

    role: Role
    party: PartyId
    business: BusinessDetails


class Credentials(Struct, frozen=True, kw_only=True):
    """What lets the other side in, and who is on this side (OCPI 2.2.1 credentials_credentials_object).

    `hub`: this side passes messages on to others, as this party.
    """

    token: str
    url: str
    roles: tuple[CredentialsRole, ...]
    hub: PartyId | None = None

    def __repr__(self) -> str:
        """Without the token."""
        return f"Credentials({self.url} of {self.roles!r})"


class Endpoint(Struct, frozen=True, kw_only=True):
    """Where one interface of one module is (OCPI 2.2.1 version_information_endpoint_endpoint_class)."""

    identifier: str
    role: Interface
    url: str


class VersionDetails(Struct, frozen=True, kw_only=True):
    version: str
    endpoints: tuple[Endpoint, ...]


class OfferedVersion(Struct, frozen=True, kw_only=True):
    version: str
    url: str


class NoCommonVersion(Refusal):
    """The partner offers no OCPI version that is spoken here."""

    def __init__(self, theirs: Iterable[str]) -> None:
        offered = ", ".join(sorted(theirs)) or "none"
        super().__init__(f"The partner offers no OCPI version that is spoken here; it offers {offered}")


class EndpointsMissing(Refusal):
    """The partner lacks an endpoint without which its role cannot be served."""

    def __init__(self, missing: Iterable[str]) -> None:
        super().__init__(f"The partner offers no endpoint for {' or '.join(missing)}")


class NoCredentialsRoles(Refusal):
    """The partner's credentials name no party, or one of them twice."""


# OCPI 2.2 was taken back for 2.2.1, which is what is spoken where it still stands in a list.
MEANT = {"2.2": "2.2.1"}


def chosen(offered: Iterable[OfferedVersion], ours: Iterable[str], wanted: str | None) -> OfferedVersion:
    """The newest version that both speak, or the wanted one. Raises NoCommonVersion.

    OCPI 2.2.1 credentials_registration: the one who registers chooses.
    """
    theirs = {one.version: one for one in offered}
    for old, meant in MEANT.items():
        if old in theirs and meant not in theirs:
            theirs[meant] = replace(theirs[old], version=meant)
    common = [version for version in ours if version in theirs and wanted in (None, version)]
    if not common:
        raise NoCommonVersion(theirs)
    return theirs[max(common, key=lambda version: [int(part) for part in version.split(".")])]


def usable(details: VersionDetails) -> tuple[Endpoint, ...]:
    """The endpoints, each once, by the names that we know; other modules are left alone. Raises EndpointsMissing.

    Which modules a party needs differs from one to the next, so we ask for the least: credentials, without which
    nothing can be mended later, and anything at all to talk about
    (OCPI 2.2.1 credentials_required_endpoints_not_available).
    """
    endpoints = [replace(one, identifier=_known_as(one.identifier)) for one in details.endpoints]
    there = {one.identifier for one in endpoints}
    if Module.CREDENTIALS not in there:
        raise EndpointsMissing([Module.CREDENTIALS])
    useful = {one.offered_as for one in Module} - {Module.CREDENTIALS}
    if not there & useful:
        raise EndpointsMissing(sorted(useful))
    return tuple({(one.identifier, one.role): one for one in endpoints}.values())


def _known_as(said: str) -> str:
    """In any case; the chapter of bookings calls itself Booking (OCPI 2.3.0 mod_bookings_booking_module)."""
    folded = "bookings" if fold(said) == "booking" else fold(said)
    return folded if folded in set(Module) else said


def sound(credentials: Credentials) -> Credentials:
    """The credentials as they came, once it is clear who speaks. Raises NoCredentialsRoles.

    OCPI 2.2.1 credentials_credentials_object: each combination of role and party once.
    """
    said = [(one.role, one.party) for one in credentials.roles]
    if not said:
        raise NoCredentialsRoles("The credentials name no role")
    if len(set(said)) < len(said):
        raise NoCredentialsRoles("The credentials name a party twice in the same role")
    return credentials


def opposite(our_role: Role) -> Role:
    """Who deals with us in this role: an eMSP with a CPO, a CPO with an eMSP and with whoever else hears of places."""
    return Role.EMSP if our_role is Role.CPO else Role.CPO


def counterpart(roles: Iterable[CredentialsRole], our_role: Role) -> CredentialsRole:
    """Who of them we chiefly deal with: the opposite of what we are, else the first."""
    everyone = tuple(roles)
    return next((one for one in everyone if one.role is opposite(our_role)), everyone[0])


class State(StrEnum):
    """Where a connection stands."""

    INVITED = "INVITED"  # we gave token A and wait for their POST
    REGISTERING = "REGISTERING"  # we sent our POST with token B and wait for the answer
    CONNECTED = "CONNECTED"
    SUSPENDED = "SUSPENDED"  # kept, but nothing is sent or answered until an operator says so
    REMOVED = "REMOVED"


class Step(StrEnum):
    """What can happen to a connection."""

    THEY_POST = "POST"
    THEY_PUT = "PUT"
    THEY_DELETE = "DELETE"
    THEY_ANSWER = "their answer to our POST or PUT"
    WE_UPDATE = "our PUT"
    WE_GIVE_UP = "our registration failed"
    WE_REMOVE = "our DELETE"
    WE_SUSPEND = "suspend"
    WE_RESUME = "resume"


MOVES = {
    (State.INVITED, Step.THEY_POST): State.CONNECTED,
    (State.INVITED, Step.WE_REMOVE): State.REMOVED,
    (State.REGISTERING, Step.THEY_ANSWER): State.CONNECTED,
    (State.REGISTERING, Step.WE_GIVE_UP): State.REMOVED,
    (State.REGISTERING, Step.WE_REMOVE): State.REMOVED,
    (State.CONNECTED, Step.THEY_PUT): State.CONNECTED,
    (State.CONNECTED, Step.THEY_DELETE): State.REMOVED,
    (State.CONNECTED, Step.WE_UPDATE): State.CONNECTED,
    (State.CONNECTED, Step.THEY_ANSWER): State.CONNECTED,
    (State.CONNECTED, Step.WE_REMOVE): State.REMOVED,
    (State.CONNECTED, Step.WE_SUSPEND): State.SUSPENDED,
    (State.SUSPENDED, Step.WE_RESUME): State.CONNECTED,
    (State.SUSPENDED, Step.THEY_ANSWER): State.SUSPENDED,
    (State.SUSPENDED, Step.WE_REMOVE): State.REMOVED,
    (State.SUSPENDED, Step.THEY_DELETE): State.REMOVED,
    (State.REMOVED, Step.WE_GIVE_UP): State.REMOVED,
}


class NotNow(Refusal):
    """A step that the connection's state does not allow (OCPI 2.2.1 credentials_post_method)."""

    def __init__(self, state: State, step: Step) -> None:
        super().__init__(f"{step} is not possible while the connection is {state}")
        self.state, self.step = state, step


def moved(state: State, step: Step) -> State:
    """Raises NotNow for every pair that is not in the table."""
    try:
        return MOVES[state, step]
    except KeyError:
        raise NotNow(state, step) from None
