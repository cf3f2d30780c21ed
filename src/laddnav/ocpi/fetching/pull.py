"""Fetches what partners own, list by list: everything once, then what changed, and on from where a crawl broke off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

import structlog
from msgspec.structs import replace

from laddnav.db.refusals import in_common
from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import NotAPartyId
from laddnav.kit.json import Unreadable
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.ocpi import store
from laddnav.ocpi.calls.calling import NotRouted, PartnerRefused, PartnerTroubled, Reply
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.endpoints import bookings, cdrs, locations, payments, reconciliation, sessions, tariffs, tokens
from laddnav.ocpi.endpoints import clients as hub_clients
from laddnav.ocpi.endpoints.heard import Subject, Whole
from laddnav.ocpi.fetching.crawl import leaves
from laddnav.ocpi.hub import kept as hub_kept
from laddnav.ocpi.hub.clients import receivers_of
from laddnav.ocpi.model import Connection, Pull
from laddnav.ocpi.rules import NotAmongThem
from laddnav.ocpi.sides import FOR_ALL, SENDER, UNROUTED
from laddnav.ocpi.store.words import Key
from laddnav.ocpi.telling.push import Dice
from laddnav.ocpi.wire.handshake import Module, State
from laddnav.ocpi.wire.version import Version
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.parties.model import Role

log = structlog.get_logger()

EVERY = timedelta(hours=4)  # OCPI 2.2.1 transport_and_format_pull_and_push: hours, not minutes, and with some splay
AGAIN = timedelta(seconds=10)  # after trouble; a partner that registers may be asked a moment before it knows us
WHOLE_EVERY = timedelta(hours=24)  # what changed is not all: some partners forget to say what they took away
LEASE = timedelta(minutes=1)  # for a page; the list of a process that died is anybody's then
TURN = 300.0  # seconds of the wall for one list; a long one goes on when others have had theirs
LONG_AGO = datetime.fromisoformat("2010-01-01T00:00:00+00:00")  # before the first OCPI; Sessions want a date_from

# What it means in each module that something is not listed any more. What was charged and billed never goes away.
GONE: dict[Module, Callable[[Unit, Key], Awaitable[None]]] = {
    Module.BOOKINGS: bookings.booking_gone,
    Module.BOOKING_LOCATIONS: bookings.place_gone,
    Module.INVOICE_RECONCILIATION: reconciliation.gone,
    Module.LOCATIONS: locations.gone,
    Module.TARIFFS: tariffs.gone,
    Module.TOKENS: tokens.gone,
}


class FetchedElsewhere(Refusal):
    """Somebody else has the list by now, or it is to be fetched anew: how far it has got is theirs to say."""


Take = Callable[[Unit, Connection, Version, Any], Awaitable[Key]]

TAKES: dict[Module, Take] = {
    Module.BOOKINGS: bookings.BOOKINGS.pulled,
    Module.BOOKING_LOCATIONS: bookings.PLACES.pulled,
    Module.CDRS: cdrs.pulled,
    Module.HUB_CLIENT_INFO: hub_clients.pulled,
    Module.CONFIRMATIONS: payments.CONFIRMATION.pulled,
    Module.TERMINALS: payments.TERMINAL.pulled,
    Module.INVOICE_RECONCILIATION: reconciliation.SUBJECT.pulled,
    Module.LOCATIONS: locations.SUBJECT.pulled,
    Module.SESSIONS: sessions.SUBJECT.pulled,
    Module.TARIFFS: tariffs.SUBJECT.pulled,
    Module.TOKENS: tokens.SUBJECT.pulled,
}


# Of these a whole list is believed also where it says an earlier date than was told before. A Session is asked for by
# dates, and what it came to is said by its CDR, which nothing changes.
CORRECTED: dict[Module, Subject[Any]] = {
    Module.LOCATIONS: locations.SUBJECT,
    Module.TARIFFS: tariffs.SUBJECT,
    Module.TOKENS: tokens.SUBJECT,
}


class Taken(Enum):
    """What became of an object of a list."""

    HEARD = "heard"
    CORRECTED = "corrected"  # newer had been told, too late a date
    SKIPPED = "skipped"  # it cannot be read


async def pull_due(database: Database, clients: Clients, dice: Dice, *, limit: int = 4, turn: float = TURN) -> int:
    """Fetch the lists that are due and that no other process fetches, some at a time; says how many those were."""
    async with database.unit() as unit:
        due = await store.pulls.claim(unit, unit.now + unit.clock.wall(LEASE), limit)
    await asyncio.gather(*(pull(database, clients, one, dice, turn) for one in due))
    return len(due)


async def pull(database: Database, clients: Clients, task: Pull, dice: Dice, turn: float = TURN) -> Pull:
    """One list to its end, a Unit a page; where it breaks off, the next time goes on from there."""
    async with database.unit() as unit:
        connection = await store.connections.find(unit, task.holder, task.connection_id)
        now, clock = unit.now, unit.clock
        if connection is None or connection.state is not State.CONNECTED:
            return task
        if connection.serves_each and task.party is None and task.module not in UNROUTED:
            return await _shared_out(unit, connection, task)
    if task.next_url is None:
        task = replace(task, started_at=now, seen=0, skipped=0, gone=0, corrected=0)
    loop = asyncio.get_running_loop()
    until, whole, moved = loop.time() + turn, True, False
    try:
        async with aclosing(_crawled(database, clients, connection, task)) as pages:
            # `task` is as far as it has got, also where it breaks off.
            async for task in pages:
                if task.next_url is not None and loop.time() > until:
                    task, whole = replace(task, due_at=now), False
                    break
    except (Refusal, Trouble) as error:
        log.warning("pull_broke_off", connection=connection.id, module=task.module, error=str(error))
        again = EVERY if isinstance(error, NotRouted) else AGAIN
        wait = (error.wait if isinstance(error, PartnerTroubled) else None) or again * (0.75 + dice() / 2)
        task = replace(task, due_at=now + clock.wall(wait), last_error=str(error)[:500])
        moved = isinstance(error, PartnerRefused) and error.perhaps_moved
    except Exception as error:
        # Whatever one partner says that we did not think of, the lists of the others are fetched.
        log.exception("pull_broke", connection=connection.id, module=task.module, error=repr(error))
        task = replace(task, due_at=now + clock.wall(EVERY), next_url=None, last_error="this list breaks our reading")
    else:
        task = replace(task, last_error=None)
    if whole and task.last_error is None:
        if _asks_for_all(task):
            task = await _reconciled(database, connection, task)
        task = replace(
            task,
            due_at=now + clock.wall(EVERY * (0.75 + dice() / 2)),
            up_to=task.started_at,
            finished_at=now,
            next_url=None,
            last_error=None,
        )
    async with database.unit() as unit:
        await store.pulls.pulled(unit, task)
        if moved:
            store.lines.look_at(unit, connection.line, now)
    return task


async def _shared_out(unit: Unit, connection: Connection, task: Pull) -> Pull:
    """Of a hub that lists nothing of all, the list of each party is due that it reaches now."""
    for party in set(await receivers_of(unit, connection)) - connection.away:
        store.pulls.ask(unit, connection, task.module, party)
    due_at = unit.now + unit.clock.wall(EVERY)
    task = replace(task, due_at=due_at, started_at=unit.now, up_to=unit.now, finished_at=unit.now)
    await store.pulls.pulled(unit, task)
    return task


async def _crawled(database: Database, clients: Clients, connection: Connection, task: Pull) -> AsyncGenerator[Pull]:
    """How far it has got, page after page. Raises NotOffered and what a call raises; what was taken stays taken."""
    partner = await clients.to(connection)
    lists = connection.policy.lists
    assert task.started_at is not None, "a list that was begun says when"
    since = None if _asks_for_all(task) or task.up_to is None else task.up_to - timedelta(minutes=lists.overlap_minutes)
    since = since or (LONG_AGO if task.module is Module.SESSIONS else None)
    whole = None
    if _asks_for_all(task) and lists.absences:
        whole = Whole(task.started_at, WHOLE_EVERY * (lists.absences - 1))

    async def fetch(url: str) -> Reply:
        return await partner.call("GET", url, to=task.party, routed=task.module not in UNROUTED)

    endpoint = partner.endpoint(task.module, SENDER)
    async with aclosing(leaves(fetch, endpoint, since, task.started_at, lists, task.next_url)) as pages:
        async for leaf in pages:
            taken = await _page_taken(database, connection, task.module, leaf.objects, whole)
            seen, skipped = task.seen + len(leaf.objects), task.skipped + taken.count(Taken.SKIPPED)
            corrected = taken.count(Taken.CORRECTED)
            if corrected:
                log.info("objects_corrected", connection=connection.id, module=task.module, count=corrected)
            if leaf.next_url is None:
                skipped += max(0, leaf.total - seen)  # counted, and not handed out
            corrected += task.corrected
            task = replace(task, seen=seen, skipped=skipped, corrected=corrected, next_url=leaf.next_url)
            async with database.unit() as unit:
                until = unit.now + unit.clock.wall(LEASE)
                if not await store.pulls.pulled(unit, task, until):
                    raise FetchedElsewhere(f"The list of {task.module} was asked for anew meanwhile")
            task = replace(task, claimed_until=until)
            yield task


def _asks_for_all(task: Pull) -> bool:
    """Every list once, tariffs each time, as they are few, and what may go away once a day."""
    if task.up_to is None or task.module is Module.TARIFFS:
        return True
    assert task.started_at is not None, "a list that was begun says when"
    return task.module in GONE and (task.whole_at is None or task.whole_at < task.started_at - WHOLE_EVERY)


async def _reconciled(database: Database, connection: Connection, task: Pull) -> Pull:
    """After the whole list: what we know and it lacks is gone, at once or when that has happened often enough.

    Where something of it could not be read, nobody can tell what was meant, and nothing counts as missing.
    """
    since = task.started_at
    assert since is not None, "a list that was begun says when"
    task = replace(task, whole_at=since)
    often = 1 if task.module is Module.TARIFFS else connection.policy.lists.absences
    if task.module not in GONE or task.skipped or not often:
        return task
    gone = 0
    async with database.unit() as unit:
        listed = connection.parties - connection.away if task.party is None else {task.party}
        for key, missed in await store.words.missed(unit, connection, task.module, listed, since):
            if missed >= often:
                await GONE[task.module](unit, key)
                store.words.drop(unit, key)
                gone += 1
    if gone:
        log.info("objects_gone", connection=connection.id, module=task.module, count=gone)
    return replace(task, gone=gone)


async def _page_taken(
    database: Database, connection: Connection, module: Module, objects: list[Any], whole: Whole | None
) -> list[Taken]:
    """Together in one Unit; where something among them breaks that, each in one of its own."""
    try:
        async with database.unit() as unit:
            return [await _taken(unit, connection, module, words, whole) for words in objects]
    except Exception as error:
        if in_common(error):
            raise
        if len(objects) == 1:
            log.exception("object_broke", connection=connection.id, module=module, error=repr(error))
            return [Taken.SKIPPED]
    return [one for words in objects for one in await _page_taken(database, connection, module, [words], whole)]


async def _taken(unit: Unit, connection: Connection, module: Module, words: Any, whole: Whole | None) -> Taken:
    """Where this one object cannot be read, the others are taken all the same.

    OCPI 2.2.1 transport_and_format_get.
    """
    try:
        version, corrected = VERSIONS[connection.version], False
        if whole is not None and module in CORRECTED:
            key, corrected = await CORRECTED[module].listed(unit, connection, version, words, whole)
        else:
            key = await TAKES[module](unit, connection, version, words)
        if connection.our_role is Role.HUB and module in FOR_ALL:
            await hub_kept.shown(unit, key, None)
            await hub_kept.weighed(unit, key)
        return Taken.CORRECTED if corrected else Taken.HEARD
    except (Unreadable, NotAPartyId, NotAmongThem, Refusal) as error:
        log.warning("object_skipped", connection=connection.id, module=module, error=str(error))
        return Taken.SKIPPED
