"""A whole run with one peer: register, ask everything, wait for what it sends of itself, leave."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta

import uvicorn
from msgspec import Struct
from starlette.types import ASGIApp, Receive, Scope, Send

from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal
from laddnav.kit.time import Clock
from laddnav.ocpi.conform.caller import Caller, Line
from laddnav.ocpi.conform.conversation import Conversation, Probe, Speaker
from laddnav.ocpi.conform.counterpart import SECOND, Counterpart
from laddnav.ocpi.conform.dialect import USUAL
from laddnav.ocpi.conform.probes import (
    clients,
    commands,
    credentials,
    hub,
    lists,
    objects,
    payments,
    profiles,
    providers,
    receivers,
    reconciliation,
    transport,
    versions,
)
from laddnav.ocpi.conform.record import Record
from laddnav.ocpi.conform.roles import HUB, OFFERED, TESTED_AS, cast, other

# In this order: what the peer is told and asked to do first, what came of it at the end.
TELLING: dict[str, Probe] = {
    "versions": versions.guarded,
    "versions, unchangeable": versions.unchangeable,
    "lists of our own": receivers.own_lists,
    "terminals of our own": payments.own_lists,
    "clients of our own": clients.own_list,
    "registration": credentials.registration,
    "clients of our hub": clients.known,
    "pushes": receivers.receivers,
    "parts of Locations": receivers.parts_of_locations,
    "charging periods": receivers.periods_of_sessions,
    "types of Tokens": receivers.types_of_tokens,
    "charging profiles": profiles.charging_profiles,
    "clients of a hub": profiles.clients_of_a_hub,
    "invoice reconciliation": reconciliation.reconciliation,
    "payments": payments.payments,
    "payment terminals": providers.terminals,
    "commands": commands.commands,
}
ASKING: dict[str, Probe] = {
    "a charge that is paid": providers.paid_charge,
    "limits of a charge": profiles.of_a_charge,
    "lists": lists.lists,
    "lists, unchangeable": lists.unchangeable,
    "objects": objects.locations,
    "transport": transport.reading,
    "bodies": transport.writing,
    "preferences": objects.preferences,
    "authorisation": objects.authorization,
    "CDRs": receivers.cdrs,
    "captures": providers.captures,
    "a new token": credentials.renewal,
}
# A hub passes on what it is told: nothing wrong is told it that would reach others.
TELLING_A_HUB: dict[str, Probe] = {
    "versions": versions.guarded,
    "versions, unchangeable": versions.unchangeable,
    "registration": credentials.registration,
    "the second party": hub.second,
    "what nobody answers": hub.nobody,
    "what is for all": hub.to_all,
    "what is for one": hub.to_one,
}
ASKING_A_HUB: dict[str, Probe] = {
    "lists": lists.lists,
    "lists, unchangeable": lists.unchangeable,
    "clients": profiles.clients_of_a_hub,
    "transport": transport.reading,
    "a new token": credentials.renewal,
    "one that left": hub.gone,
}
# What only reads, and shows no token but those that the peer gave us and some that it cannot know.
READING: dict[str, Probe] = {
    "versions": versions.guarded,
    "lists": lists.lists,
    "objects": objects.locations,
    "transport": transport.reading,
}

READING_A_HUB = {name: probe for name, probe in READING.items() if probe is not objects.locations}  # it has no objects

USUAL_ROLE = "EMSP"  # where the peer does not show which side it is


class NothingToTest(Refusal):
    """The peer shows no version that can be tested."""

    def __init__(self, record: Record) -> None:
        first = record.exchanges[0].answer
        seen = f"HTTP {first.http}, status {first.status}" if first.http else first.body.decode(errors="replace")
        super().__init__(f"{record.versions_url} shows no version that can be tested here: {seen}")


class NoClient(Refusal):
    """There are no hubs in OCPI 2.1.1, and a hub is no client of another."""


class Order(Struct, frozen=True, kw_only=True):
    """What to test. `our_role` is the one that the tester plays, `their_role` the one that it tests; None: as it seems.

    `second`: another token A of a hub, for the party that is played on its other side.
    `evse`: where a real charge may be started. `wait`: for how long the peer may push what it likes.
    """

    versions_url: str
    token: str
    our_role: str | None = None
    their_role: str | None = None
    version: str | None = None
    party: tuple[str, str] = ("NL", "LNC")
    second: str | None = None
    evse: tuple[str, str] | None = None
    wait: timedelta = timedelta()

    def __repr__(self) -> str:
        """Without the token."""
        return f"Order({self.versions_url})"


async def _nothing(_: Conversation) -> None:
    """What happens meanwhile, where nobody sees to it."""


async def run(
    order: Order,
    counterpart_at: str,
    clock: Clock,
    serve: Callable[[ASGIApp], None],
    *,
    tell: Callable[[str], None] = lambda _: None,
    meanwhile: Callable[[Conversation], Awaitable[None]] = _nothing,
) -> Record:
    """The record of it; `serve` puts the tester's server half behind `counterpart_at`.

    `meanwhile` makes the peer push something, where the peer is ours. Raises NothingToTest, UnknownRole, NoClient.
    """
    ours, theirs = cast(order.our_role, order.their_role)
    our_role = ours or USUAL_ROLE
    record = Record(
        version=order.version or USUAL.number,
        our_role=our_role,
        their_role=theirs,
        hub=_hub(order),
        versions_url=order.versions_url,
    )
    caller = Caller(record, clock, order.token)
    counterpart = Counterpart(record, clock, counterpart_at, order.party, our_role)
    counterpart.caller = caller
    serve(counterpart)
    talk = Conversation(record, caller, counterpart, clock, order.evse)
    talk.shown("token A", order.token)
    try:
        tell("versions")
        if not await versions.find_version(talk, order.version):
            raise NothingToTest(record)
        talk.see_who_it_is(as_told=ours is not None)
        behind_a_hub(record)
        talk.second = _second(order, talk, clock, counterpart_at)
        try:
            telling, asking = (TELLING, ASKING) if record.their_role != "HUB" else (TELLING_A_HUB, ASKING_A_HUB)
            await _all(telling, talk, tell)
            await meanwhile(talk)
            if order.wait:
                tell(f"pushes of the peer, for {order.wait.total_seconds():.0f} s")
                await asyncio.sleep(order.wait.total_seconds())
            await _all(asking, talk, tell)
        finally:
            tell("goodbye")
            await counterpart.quiet()
            await credentials.leaving(talk)
    finally:
        await caller.close()
        if talk.second is not None:
            await talk.second.caller.close()
    return record


def _hub(order: Order) -> str | None:
    """Behind which we play our party, where we are to be a hub."""
    country, party = order.party
    return str(PartyId.of(country, f"{party[:2]}H")) if order.our_role == HUB else None


def behind_a_hub(record: Record) -> None:
    """Can such a peer be, where we play one? Raises NoClient."""
    if record.hub is not None and (record.their_role == HUB or not record.routes):
        raise NoClient(f"A {record.their_role} that speaks OCPI {record.version} is no client of a hub")


def _second(order: Order, talk: Conversation, clock: Clock, at: str) -> Speaker | None:
    """Whom we play on the other side of a hub, where it invited us twice."""
    role = other(talk.record.our_role, talk.record.their_role or "")
    if order.second is None or role is None:
        return None
    country, party = order.party
    talk.shown("token A of the second", order.second)
    caller = Caller(talk.record, clock, order.second)
    beside = Counterpart(talk.record, clock, at, (country, f"{party[:2]}2"), role, own_face=SECOND)
    beside.caller, talk.counterpart.second = caller, beside
    return Speaker(caller, beside)


class Known(Struct, frozen=True, kw_only=True):
    """A peer that we are connected to: `token` is what we show it, `party` who we are to it."""

    versions_url: str
    token: str
    encodes_token: bool
    version: str
    our_role: str
    their_role: str | None
    party: PartyId
    peer: PartyId | None

    def __repr__(self) -> str:
        """Without the token."""
        return f"Known({self.versions_url})"


async def read(known: Known, line: Line, clock: Clock, *, tell: Callable[[str], Awaitable[None]]) -> Record:
    """The record of what a peer answers to questions that change nothing; over the `line` to it. Raises NothingToTest.

    `tell` hears what is asked next, and may raise to end it.
    """
    usual = TESTED_AS.get(known.their_role or "", (USUAL_ROLE,))[0]
    record = Record(
        version=known.version,
        our_role=known.our_role if known.our_role in OFFERED else usual,
        their_role=known.their_role,
        versions_url=known.versions_url,
        encodes_token=known.encodes_token,
    )
    caller = Caller(record, clock, known.token, line)
    party = (known.party.country, known.party.party)
    talk = Conversation(record, caller, Counterpart(record, clock, "", party, record.our_role), clock, None)
    talk.shown("token C", known.token)
    await tell("versions")
    if not await versions.find_version(talk, known.version):
        raise NothingToTest(record)
    if known.peer is not None:
        talk.deal_with(known.peer)
    for name, probe in (READING_A_HUB if known.their_role == "HUB" else READING).items():
        await tell(name)
        await probe(talk)
    return record


async def _all(probes: Mapping[str, Probe], talk: Conversation, tell: Callable[[str], None]) -> None:
    for name, probe in probes.items():
        tell(name)
        await probe(talk)


class Door:
    """Where the peer finds the tester: an ASGI application whose inside is put there when it is known."""

    def __init__(self) -> None:
        self._inside: ASGIApp | None = None

    def put(self, inside: ASGIApp) -> None:
        self._inside = inside

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self._inside is not None, "nothing is asked before the run begins"
        await self._inside(scope, receive, send)


class _Server(uvicorn.Server):
    """Uvicorn that leaves signals to us."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def listening(host: str, port: int) -> AsyncIterator[tuple[Door, int]]:
    """A door behind which a counterpart can stand, and its port."""
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Else the second packet of an answer waits 40 ms for the first to be acknowledged.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.bind((host, port))
    sock.listen()
    door = Door()
    server = _Server(uvicorn.Config(door, log_config=None, lifespan="off"))
    task = asyncio.create_task(server.serve(sockets=[sock]))
    try:
        yield door, sock.getsockname()[1]
    finally:
        server.should_exit = server.force_exit = True
        await task
