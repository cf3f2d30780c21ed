"""Carries out what `rules` decides about a request that reached us as hub: pass it on, tell all, list, or refuse.

No Unit is open while a client is asked, and each has a line and a time of its own, so that a slow one holds up nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from functools import partial

from msgspec import Struct

from laddnav.db.together import Together
from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.kit.time import Clock
from laddnav.ocpi import store
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.calls.journal import Journal
from laddnav.ocpi.endpoints.call import Reply
from laddnav.ocpi.endpoints.status import status_of
from laddnav.ocpi.hub import broadcast, detours, forward, kept, listing
from laddnav.ocpi.hub.forward import Leg
from laddnav.ocpi.hub.model import Counted
from laddnav.ocpi.hub.names import named
from laddnav.ocpi.hub.rules import (
    LISTED,
    Asked,
    Broadcast,
    Client,
    Collect,
    Forward,
    ReceiverNotConnected,
    TellBack,
    UnknownReceiver,
    way,
)
from laddnav.ocpi.hub.through import Through
from laddnav.ocpi.model import Connection
from laddnav.ocpi.sides import RECEIVER
from laddnav.ocpi.wire.clients import standing
from laddnav.ocpi.wire.handshake import Module, State

MODULES = {one.value: one for one in Module}


class Own(Struct, frozen=True):
    """An answer of our own, and in one word how we came to it."""

    way: str
    reply: Reply


class Entry:
    """What stands in the log of the settlement, whatever becomes of a request; `answerer` is us until it is clear."""

    def __init__(self, journal: Journal, clock: Clock, through: Through) -> None:
        self.answerer = through.hub
        self._journal = journal
        self._clock = clock
        self._through = through
        self._time = asyncio.get_running_loop().time
        self._started = self._time()

    async def note(self, way: str, http: int, status: int, bytes_out: int) -> None:
        through = self._through
        counted = Counted(
            holder=through.hub,
            id=self._clock.new_id(),
            at=self._clock.now(),
            asker=through.speaker,
            answerer=self.answerer,
            module=through.module,
            method=through.method,
            way=way,
            bytes_in=len(through.body),
            bytes_out=bytes_out,
            http=http,
            status=status,
            took_ms=round((self._time() - self._started) * 1000),
        )
        await self._journal.count(counted)


async def answered(database: Database, clients: Clients, together: Together, through: Through) -> Reply:
    """`together`: with whom its way is found. Raises every refusal of `rules`, and what a Receiver refuses."""
    entry = Entry(clients.journal, database.clock, through)
    try:
        return await _answered(database, clients, together, through, entry)
    except (Refusal, Trouble) as error:
        await entry.note("refused", *status_of(error), 0)
        raise


async def _answered(database: Database, clients: Clients, together: Together, through: Through, entry: Entry) -> Reply:
    if _shares(through):
        course = await together.run(partial(_course, through=through))
    else:
        async with database.unit() as unit:
            course = await _course(unit, through)
    if isinstance(course, Own):
        database.wake()
        reply = course.reply
        await entry.note(course.way, reply.http, reply.status, len(reply.data or b""))
        return reply
    entry.answerer = course.party
    said = await forward.called(database, clients, through, course)
    async with database.unit() as unit:
        reply = await forward.told_back(unit, through, course, said)
    if reply.status < 2000:
        await _kept(database, through, course)
    await entry.note("forwarded", reply.http, reply.status, len(said.body))
    return reply


def _shares(through: Through) -> bool:
    """What is for one client only reads, but for a change: another version may want the whole, and that is locked."""
    return through.to not in (None, through.hub) and through.method != "PATCH"


async def _course(unit: Unit, through: Through) -> Leg | Own:
    if through.interface is None:
        return await _along_a_detour(unit, through)
    asked, hub, speaker = _asked(through), through.hub, through.speaker
    owner = None
    if through.to is None:
        owner = await kept.owner_of(unit, hub, speaker, named(asked, through.query, through.body))
    meant = through.to or owner
    # Of all that are behind a large hub, one is enough where one is meant.
    only = None if meant in (hub, speaker) else meant
    found, denied = await store.connections.clients(unit, hub, speaker, through.module, only)
    try:
        chosen = way(asked, hub, tuple(clients_of(found, unit.now)), denied, owner)
    except UnknownReceiver:
        await _check_left(unit, hub, meant, denied)
        raise
    match chosen:
        case Forward(client):
            (to,) = (one for one in found if one.id == client.connection_id)
            return await forward.prepared(unit, through, to, client.party)
        case Collect():
            return Own("listed", await listing.listed(unit, through, denied))
        case TellBack():
            return Own("listed", await kept.take(unit, through.call(), through.module, None))
        case Broadcast(hearers):
            reply = await kept.take(unit, through.call(), through.module, None)
            await broadcast.queued(unit, through, hearers, found)
            return Own("broadcast", reply)


async def _check_left(unit: Unit, hub: PartyId, party: PartyId | None, denied: Collection[PartyId]) -> None:
    """Who was a client once is known, and listed as SUSPENDED. Raises ReceiverNotConnected."""
    if party is not None and party not in denied and await store.hub.clients_of_party(unit, hub, hub, party):
        raise ReceiverNotConnected(party)


async def _along_a_detour(unit: Unit, through: Through) -> Leg:
    """Raises NoSuchDetour, UnknownReceiver, ReceiverNotConnected."""
    detour = await detours.followed(unit, through)
    if detour.party in await store.hub.denied_to(unit, through.hub, through.speaker, through.module):
        raise UnknownReceiver(detour.party)
    to = await store.connections.find(unit, through.hub, detour.towards)
    if to is None or to.state is not State.CONNECTED:
        raise ReceiverNotConnected(detour.party)
    return await forward.along(unit, through, detour, to)


async def _kept(database: Database, through: Through, leg: Leg) -> None:
    """What was told to one party, for its lists; what cannot be kept was taken all the same by whom it concerns."""
    if leg.kept or through.interface is not RECEIVER or through.module not in LISTED or through.method == "GET":
        return
    try:
        async with database.unit() as unit:
            await kept.take(unit, through.call(), through.module, leg.party)
    except Refusal:
        pass


def clients_of(connections: Iterable[Connection], now: datetime) -> Iterator[Client]:
    """Each party in each role; who was away is tried again when its time has come."""
    for connection in connections:
        retried = connection.retry_at is not None and connection.retry_at <= now
        status = standing(connection.state, reachable=connection.failures == 0 or retried)
        sides = frozenset(
            (MODULES[one.identifier], one.role) for one in connection.endpoints if one.identifier in MODULES
        )
        for one in connection.roles:
            yield Client(party=one.party, role=one.role, connection_id=connection.id, status=status, sides=sides)


def _asked(through: Through) -> Asked:
    assert through.interface is not None, "what goes by a detour has its way"
    return Asked(
        method=through.method,
        module=through.module,
        interface=through.interface,
        segments=through.segments,
        speaker=through.speaker,
        roles=through.roles,
        connection_id=through.connection.id,
        to=through.to,
        headed=through.version.routes,
    )
