"""Whom of us a partner reaches, what it is offered, and who may speak for whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal
from laddnav.ocpi.deviations.policy import Policy
from laddnav.ocpi.model import Connection
from laddnav.ocpi.sides import DELEGATED, OFFERED, RECEIVER, Side, details, path_of, told
from laddnav.ocpi.wire.clients import ClientInfo
from laddnav.ocpi.wire.handshake import Module, VersionDetails, counterpart
from laddnav.ocpi.wire.routing import Route
from laddnav.ocpi.wire.version import Version
from laddnav.parties.model import Role


class UnknownConnection(Refusal):
    """No connection with this id is known here."""

    def __init__(self, connection_id: str) -> None:
        super().__init__(f"No connection {connection_id!r} is known here")
        self.connection_id = connection_id


class UnknownExchange(Refusal):
    """Nothing with this id was exchanged with this partner, or it is too long ago."""

    def __init__(self, id: str) -> None:
        super().__init__(f"There is no exchange {id!r} with this partner; they are kept for a while only")


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


class WhichOfUs(Refusal):
    """Several of our parties speak on this line, and the message does not say which of them it is for."""

    def __init__(self, parties: Iterable[PartyId]) -> None:
        named = " and ".join(sorted({str(party) for party in parties}))
        super().__init__(
            f"{named} are on this connection; OCPI-to-country-code and OCPI-to-party-id have to say for whom it is"
        )


class OnePartyOnly(Refusal):
    """A version without routing headers can only tell two parties apart by their tokens."""

    def __init__(self, number: str) -> None:
        super().__init__(f"OCPI {number} has one party in one role on a connection; make one for each")


class SharedLine(Refusal):
    """Others of us speak on this line too, and whoever wants to change it acts for one of us alone."""

    def __init__(self, others: Iterable[PartyId]) -> None:
        named = " and ".join(sorted(str(party) for party in others))
        super().__init__(f"{named} too speaks on this line; a key of the whole installation may change it")


class PartyTaken(Refusal):
    """A partner calls itself what we are called, or what another partner of ours is called in the same dealings."""

    def __init__(self, party: PartyId) -> None:
        super().__init__(f"{party} speaks to us on another connection already, or is ourselves")
        self.party = party


def spoken_by(version: Version, many: int) -> Version:
    """A version for so many of us on one line. Raises OnePartyOnly."""
    if many > 1 and not version.routes:
        raise OnePartyOnly(version.number)
    return version


def sole(connection: Connection, others: Iterable[Connection]) -> None:
    """Whose objects may come from a connection must come from no other one, and never be our own.

    Who is behind a hub may be behind another too, or come to us without one. `others` are the partners with whom we
    deal in the same role, or one that hears the same. Raises PartyTaken.
    """
    taken = {connection.holder}.union(*(other.claimed for other in others))
    for party in sorted(connection.claimed & taken):
        raise PartyTaken(party)


def hearing_alike(our_role: Role) -> tuple[Role, ...]:
    """In which roles of ours we hear the same of the same: there a party comes from one line only.

    As CPO and as eMSP we hear different things, but for who is behind a hub and what an invoice is for.
    """

    def heard(role: Role) -> set[Module]:
        modules = {module for module, interface in OFFERED[role] if interface is RECEIVER}
        return modules - {Module.HUB_CLIENT_INFO, Module.INVOICE_RECONCILIATION}

    return tuple(role for role in OFFERED if role is our_role or heard(role) & heard(our_role))


def way_to(party: PartyId, connections: Iterable[Connection]) -> Connection | None:
    """By which connection a party is told what concerns it alone: its own, else a hub, best one that reaches it now."""
    ways = [one for one in connections if party in one.parties]
    return min(ways, key=lambda one: (one.hub is not None, party in one.away), default=None)


def hub_of(policy: Policy, said: PartyId | None) -> PartyId | None:
    """As whom a partner passes on what is for others; `said` is what its credentials say of that."""
    return PartyId.parse(policy.hub.party) if policy.hub.party else said


def receivers(connection: Connection, told: Iterable[ClientInfo] = ()) -> tuple[PartyId | None, ...]:
    """To whom of them goes what is for all: to each, for the headers name one; None: to whoever listens there.

    A hub passes it on itself (OCPI 2.2.1 transport_and_format_message_routing_broadcast_push), or where it does not, to
    each behind it whom it was `told` of, or who is named otherwise, and plays a role that deals with ours.
    """
    if connection.serves_each:
        known = {(one.party, one.role) for one in told} | {(one.party, one.role) for one in connection.roles}
        others = {party for party, role in known if (role is Role.CPO) is not (connection.our_role is Role.CPO)}
        named = {PartyId.parse(one) for one in connection.policy.hub.behind}
        return tuple(sorted(((others | named) & connection.parties) - {connection.hub}))
    return connection.counterparts if len(connection.counterparts) > 1 else (None,)


def delegates(connection: Connection) -> bool:
    """Whether they limit charges of our drivers for us, by contract with us as eMSP."""
    limits = Role.SCSP in {one.role for one in connection.roles} and connection.policy.shares.smart_charging
    return connection.our_role is Role.EMSP and connection.hub is None and limits


def served(connection: Connection, version: Version) -> tuple[Side, ...]:
    """What we serve them in our role.

    Who only limits charges has nothing to do with the rest of what an eMSP deals in, its Tokens least of all.
    """
    sides = set(OFFERED[connection.our_role])
    if connection.our_role is Role.EMSP and {one.role for one in connection.roles} == {Role.SCSP}:
        sides = {(Module.HUB_CLIENT_INFO, RECEIVER)}
    if delegates(connection):
        sides |= set(DELEGATED)
    return tuple(side for side in told(connection.our_role, version) if side in sides)


def speaks_for_all(holder: PartyId | None, line: Iterable[Connection]) -> None:
    """What changes a line is for all of us on it. `holder` None: whoever acts does so for all. Raises SharedLine."""
    others = {one.holder for one in line} - {holder}
    if holder is not None and others:
        raise SharedLine(others)


def told_details(line: Sequence[Connection], version: Version, base: str) -> VersionDetails:
    """What the partner of a line finds, by its policy: without what is not spoken with it."""
    first = line[0]
    offers = ((one.our_role, served(one, version)) for one in line if not one.leaving)
    said = details(offers, version, base, first.their_role)
    end = "/" if first.policy.calls.slashed else ""
    endpoints = (one for one in said.endpoints if one.identifier not in first.policy.shares.without)
    return replace(said, endpoints=tuple(replace(one, url=one.url + end) for one in endpoints))


def role_in(path: str, line: Iterable[Connection]) -> Role | None:
    """Which of our roles on this line a part of a URL names."""
    return next((one.our_role for one in line if path_of(one.our_role) == path), None)


def serving(line: Iterable[Connection], role: Role, module: Module) -> tuple[Connection, ...]:
    """Who of us on a line serves what stands at the URL of this role: it is listed there for all of them."""
    sides = {side for side in OFFERED[role] if side[0] is module}
    return tuple(one for one in line if not sides.isdisjoint(OFFERED[one.our_role]))


def meant(ours: Sequence[Connection], role: Role, route: Route) -> tuple[Connection, ...]:
    """Whom of us a message is for, as far as whoever sends it may go. Raises AddressedElsewhere, NotAmongThem.

    All who play the role of its URL where it names nobody. A party that plays another one and serves the same is found
    by its name (OCPI 2.2.1 transport_and_format_message_routing).
    """
    named = [one for one in ours if route.to in (None, one.holder)]
    if route.to is not None and not named:
        raise AddressedElsewhere(route.to)
    playing = [one for one in named if one.our_role is role]
    return tuple(seen_by(one, route.origin) for one in playing or named)


def seen_by(connection: Connection, origin: PartyId | None) -> Connection:
    """The connection as far as it is this party's of theirs: it sees and brings its own alone. Raises NotAmongThem.

    A hub brings what others own (OCPI 2.2.1 transport_and_format_message_routing_broadcast_push).
    """
    theirs = tuple(one for one in connection.roles if one.party == origin)
    if origin in (None, connection.hub) or Role.HUB in {one.role for one in theirs}:
        return connection
    if origin not in connection.parties:
        raise NotAmongThem(origin)
    if len(theirs) == len(connection.roles) and connection.hub is None:
        return connection
    role = counterpart(theirs, connection.our_role).role if theirs else None
    return replace(connection, party=origin, their_role=role, roles=theirs, behind=connection.behind & {origin})


def back(ours: Sequence[Connection], origin: PartyId | None = None) -> Route:
    """How an answer is routed; in nobody's name where several of us answer.

    The headers may have been missing: then the connection says who spoke
    (OCPI 2.2.1 transport_and_format_message_routing).
    """
    holders = {one.holder for one in ours}
    return Route(to=origin or ours[0].chief, origin=holders.pop() if len(holders) == 1 else None)


def owner_among(connection: Connection, owner: PartyId) -> PartyId:
    """Raises NotAmongThem."""
    if owner not in connection.parties:
        raise NotAmongThem(owner)
    return owner
