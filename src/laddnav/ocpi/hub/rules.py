"""Where a request that reached us as hub goes: facts in, a way or a named refusal out.

OCPI 2.2.1 transport_and_format_message_routing. Where the text is silent, docs/decisions/ says what we do and why.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from msgspec import Struct

from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal
from laddnav.ocpi.sides import FOR_ALL, PASSED_ON, RECEIVER, SENDER, Side
from laddnav.ocpi.wire.clients import ClientStatus
from laddnav.ocpi.wire.handshake import Interface, Module
from laddnav.parties.model import Role

# Who is the Sender of what: a CPO, or whoever has the drivers; of what else we pass on, either side may be.
OF_CPO = frozenset({Module.LOCATIONS, Module.TARIFFS, Module.SESSIONS, Module.CDRS})
OF_DRIVERS = frozenset({Module.TOKENS, Module.COMMANDS, Module.CHARGING_PROFILES})
LISTED = OF_CPO | {Module.TOKENS}
PUSHES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
# Whom a broadcast reaches. NAP and SCSP are placed nowhere by the text, so nobody is told anything for them.
HEARD_BY: dict[Role, frozenset[Role]] = {
    Role.CPO: frozenset({Role.EMSP, Role.NSP, Role.OTHER}),
    Role.EMSP: frozenset({Role.CPO}),
    Role.OTHER: frozenset({Role.CPO}),
}


class CannotRoute(Refusal):
    """There is no way for this through the hub, now or later."""


class UnknownReceiver(Refusal):
    """Nobody behind the hub is who was named, so far as the requester may know."""

    def __init__(self, party: PartyId | None) -> None:
        named = "who should answer this" if party is None else f"{party}"
        super().__init__(f"We do not know {named}; name the receiver in the TO headers")
        self.party = party


class ReceiverTimedOut(Refusal):
    """The receiver got the request and did not answer in time."""


class ReceiverNotConnected(Refusal):
    """The receiver is known, and cannot be reached now."""

    def __init__(self, party: PartyId) -> None:
        super().__init__(f"{party} is not connected now")
        self.party = party


class UnknownModule(Refusal):
    """Nothing of this name goes through a hub."""

    def __init__(self, module: str) -> None:
        super().__init__(f"{module[:40]!r} does not go through a hub; {', '.join(sorted(PASSED_ON))} do")


class NoSuchDetour(Refusal):
    """No way through here is known to you, or its time is over."""


class Client(Struct, frozen=True, kw_only=True):
    """One party in one role behind the hub, and what can be called there."""

    party: PartyId
    role: Role
    connection_id: str
    status: ClientStatus
    sides: frozenset[Side]


class Asked(Struct, frozen=True, kw_only=True):
    """A request as far as its way depends on it.

    `speaker` is one of the parties of `connection_id`, in `roles`. Not `headed`: its version has no routing headers.
    """

    method: str
    module: Module
    interface: Interface
    segments: tuple[str, ...]
    speaker: PartyId
    roles: frozenset[Role]
    connection_id: str
    to: PartyId | None = None
    headed: bool = True

    @property
    def is_list(self) -> bool:
        return self.method == "GET" and self.interface is SENDER and not self.segments and self.module in LISTED

    @property
    def is_news(self) -> bool:
        """Something that everybody may be told."""
        return self.method in PUSHES and self.interface is RECEIVER and self.module in FOR_ALL


class Denial(Struct, frozen=True, kw_only=True):
    """Two parties that do not reach each other, whoever of them asks; `module` None: in nothing."""

    one: PartyId
    other: PartyId
    module: Module | None = None


def paired(one: PartyId, other: PartyId, module: str | None) -> Denial:
    """The same whoever is named first. Raises UnknownModule."""
    if module is not None and module not in PASSED_ON:
        raise UnknownModule(module)
    lesser, greater = sorted((one, other))
    return Denial(one=lesser, other=greater, module=None if module is None else Module(module))


class Forward(Struct, frozen=True):
    """To one client, and back with what it says."""

    client: Client


class Broadcast(Struct, frozen=True):
    """The hub takes it, and tells it to each of these."""

    clients: tuple[Client, ...]


class Collect(Struct, frozen=True):
    """The hub answers with what it has from all whom the requester may see."""


class TellBack(Struct, frozen=True):
    """The hub answers with what it was told by the requester itself."""


Way = Forward | Broadcast | Collect | TellBack


def way(
    asked: Asked, hub: PartyId, clients: Collection[Client], denied: Collection[PartyId], owner: PartyId | None = None
) -> Way:
    """`denied`: who is kept from the speaker in this module; `owner` is of what the request names, where that is known.

    Raises CannotRoute, UnknownReceiver, ReceiverNotConnected.
    """
    _check_caller(asked)
    if asked.to == hub:
        return _for_all(asked, clients, denied)
    to = asked.to if asked.to is not None or owner == asked.speaker else owner
    if to is not None:
        return Forward(_receiver(asked, to, clients, denied))
    if not asked.headed and asked.is_list:
        return Collect()
    if not asked.headed and asked.method == "GET" and asked.interface is RECEIVER and asked.module in FOR_ALL:
        return TellBack()
    if asked.is_news:
        return Broadcast(hearers(asked, clients, denied))
    raise UnknownReceiver(None)


def hearers(asked: Asked, clients: Iterable[Client], denied: Collection[PartyId]) -> tuple[Client, ...]:
    """Each party once. Who is away for now is told when it is back."""
    heard_by = frozenset().union(*(HEARD_BY.get(role, frozenset()) for role in _acting(asked)))
    found = {
        (one.connection_id, one.party): one
        for one in clients
        if one.role in heard_by
        and one.connection_id != asked.connection_id
        and one.status in (ClientStatus.CONNECTED, ClientStatus.OFFLINE)
        and (asked.module, RECEIVER) in one.sides
        and one.party not in denied
    }
    return tuple(found.values())


def _for_all(asked: Asked, clients: Collection[Client], denied: Collection[PartyId]) -> Way:
    """Raises CannotRoute."""
    if asked.is_list:
        return Collect()
    if asked.method == "GET":
        raise CannotRoute("A hub is asked for whole lists; leave out the TO headers where you do not know whose it is")
    if not asked.is_news:
        raise CannotRoute(f"{asked.method} {asked.module} concerns one party; name it in the TO headers")
    return Broadcast(hearers(asked, clients, denied))


def _receiver(asked: Asked, to: PartyId, clients: Iterable[Client], denied: Collection[PartyId]) -> Client:
    """Who is denied to the speaker is as unknown as nobody.

    Raises UnknownReceiver, ReceiverNotConnected, CannotRoute.
    """
    named = [one for one in clients if one.party == to]
    if not named or to in denied:
        raise UnknownReceiver(to)
    fitting = [one for one in named if _is_placed(one.role, asked, asks=False)]
    if not fitting:
        raise CannotRoute(f"{to} is {' and '.join(sorted({one.role for one in named}))}, which this is not for")
    connected = [one for one in fitting if one.status is ClientStatus.CONNECTED]
    if not connected:
        raise ReceiverNotConnected(to)
    for one in connected:
        if (asked.module, asked.interface) in one.sides:
            return one
    raise CannotRoute(f"{to} offers no {asked.interface} of {asked.module}")


def _check_caller(asked: Asked) -> None:
    """Raises CannotRoute."""
    if not _acting(asked):
        roles = " and ".join(sorted(asked.roles)) or "no party"
        raise CannotRoute(f"{asked.speaker} is {roles}, and calls no {asked.interface} of {asked.module}")


def _acting(asked: Asked) -> frozenset[Role]:
    """In which of its roles the speaker can mean this."""
    return frozenset(role for role in asked.roles if _is_placed(role, asked, asks=True))


def _is_placed(role: Role, asked: Asked, *, asks: bool) -> bool:
    """Whether this role asks, or is asked, such a thing. Another hub speaks for both sides."""
    if role is Role.HUB or asked.module not in OF_CPO | OF_DRIVERS:
        return True
    asks_cpo = (asked.module in OF_CPO) is (asked.interface is SENDER)
    return (role is Role.CPO) is (asks_cpo is not asks)
