"""Sends what is queued for partners: state as it is when it is sent, CDRs as they were closed, until all arrived."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urljoin

import structlog

from laddnav.db.together import Together
from laddnav.db.unit import Database, Unit
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.ocpi import store
from laddnav.ocpi.calls.calling import NotPassedOn, Partner, PartnerRefused, PartnerTroubled, PartnerUnreachable
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.connections import lines
from laddnav.ocpi.model import Connection, Delivery, Message
from laddnav.ocpi.sides import ASKED_ONLY, UNROUTED
from laddnav.ocpi.store.deliveries import Round
from laddnav.ocpi.telling.news import message_of
from laddnav.ocpi.wire.envelope import StatusCode
from laddnav.ocpi.wire.handshake import Module, State

log = structlog.get_logger()

LEASE = timedelta(minutes=5)
NO_WAIT = timedelta()
FIRST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(minutes=10)
EACH = 8  # requests to one partner at a time; ours take as many from them
# How often something is tried that the partner answers with trouble. CDRs and captures are money:
# about ten hours. A result of a command is for a driver who stands there (OCPI 2.2.1 mod_commands_msp_post_method).
ATTEMPTS = {Module.CDRS: 60, Module.CONFIRMATIONS: 60, Module.COMMANDS: 3, Module.CHARGING_PROFILES: 3}
ATTEMPTS_ELSE = 12

Dice = Callable[[], float]  # from 0 to 1, never the same twice: partners of one hub must not all knock at once


def wait_after(attempts: int, dice: Dice) -> timedelta:
    """Doubles from try to try, with up to a quarter more or less."""
    doublings: int = min(max(attempts - 1, 0), 20)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT) * (0.75 + dice() / 2)


async def deliver(database: Database, clients: Clients, name: str, dice: Dice) -> None:
    """Send what is queued, until cancelled. Each process has its own name and takes up its own work after a crash."""
    courier = Courier(database, clients, name, dice)
    await courier.run()


async def take_back(unit: Unit, name: str) -> None:
    """What this process had claimed is anybody's again."""
    store.deliveries.take_back(unit, name)


class Courier:
    """Never two requests about one object at a time, and never more than a few to one partner."""

    def __init__(self, database: Database, clients: Clients, name: str, dice: Dice) -> None:
        self._database = database
        self._clients = clients
        self._name = name
        self._dice = dice
        self._together = Together(database)
        self._rounds: dict[Round, asyncio.Task[None]] = {}
        self._said_well: set[str] = set()  # lines of which it is just being written
        self._worded: dict[object, asyncio.Event] = {}  # set once somebody has found words for it

    async def run(self) -> None:
        async with self._database.unit() as unit:
            await take_back(unit, self._name)
        sleeper = self._database.sleeper()
        try:
            while True:
                sleeper.clear()
                if not await self._claimed():
                    done = asyncio.create_task(sleeper.wait())
                    await asyncio.wait({done, *self._rounds.values()}, timeout=0.5, return_when=asyncio.FIRST_COMPLETED)
                    done.cancel()
        finally:
            self._database.forget(sleeper)
            for task in self._rounds.values():
                task.cancel()
            await asyncio.gather(*self._rounds.values(), return_exceptions=True)

    async def once(self) -> int:
        """Send one round and wait for it; for tests and for commands that end."""
        claimed = await self._claimed()
        await asyncio.gather(*self._rounds.values())
        self._rounds.clear()
        return claimed

    async def _claimed(self) -> int:
        """Start on every line what is not under way there."""
        self._rounds = {one: task for one, task in self._rounds.items() if not task.done()}
        async with self._database.unit() as unit:
            until = unit.now + unit.clock.wall(LEASE)
            claimed = await store.deliveries.claim(unit, self._name, until, EACH, self._rounds)
        for one, some in claimed.items():
            self._rounds[one] = asyncio.create_task(self.round(some))
        return sum(len(some) for some in claimed.values())

    async def round(self, deliveries: list[Delivery]) -> None:
        """Send what was claimed together, and wait for it."""
        by_connection: dict[str, list[Delivery]] = {}
        for one in deliveries:
            by_connection.setdefault(one.connection_id, []).append(one)
        await asyncio.gather(*(self._tried(some) for some in by_connection.values()))

    async def _tried(self, deliveries: list[Delivery]) -> None:
        try:
            await self._sent(deliveries)
        except Trouble as error:
            # The database, not the partner: what was claimed is free again when its lease is over.
            log.warning("round_broke_off", connection=deliveries[0].connection_id, error=str(error))
        except Exception as error:
            log.exception("round_broke", connection=deliveries[0].connection_id, error=repr(error))

    async def _sent(self, deliveries: list[Delivery]) -> None:
        first = deliveries[0]
        connection, sealed = await self._together.run(partial(_to_whom, delivery=first))
        if connection is None or connection.state is not State.CONNECTED:
            async with self._database.unit() as unit:
                for one in deliveries:
                    store.deliveries.not_tried(unit, one)
            return
        try:
            partner = await self._clients.to(connection, sealed=sealed)
        except Refusal as error:
            for one in deliveries:
                await self._refused(connection, one, error)
            return
        await asyncio.gather(*(self._send(partner, one) for one in deliveries))

    async def _send(self, partner: Partner, delivery: Delivery) -> None:
        message: Message | None = None
        try:
            message = await self._message(partner.connection, delivery)
            if message is None:
                await self._unneeded(delivery)
                return
            routed = delivery.module not in UNROUTED
            reply = await partner.call(
                message.method, message.url, message.body, to=delivery.to, routed=routed, delivery=delivery.id
            )
        except PartnerUnreachable as error:
            await self._unreached(partner.connection, delivery, error)
        except NotPassedOn as error:
            await self._again(partner.connection, delivery, error)
        except Trouble as error:
            await self._troubled(partner.connection, delivery, error)
        except PartnerRefused as error:
            if partner.connection.policy.pushes.in_order:
                await self._again(partner.connection, delivery, error)
            elif delivery.method == "PATCH":
                await self._whole_instead(partner.connection, delivery)
            elif message is not None and message.method == "DELETE" and _is_gone(error):
                await self._arrived(partner.connection, delivery, None)
            else:
                await self._refused(partner.connection, delivery, error)
        except Refusal as error:
            await self._refused(partner.connection, delivery, error)
        except Exception as error:
            log.exception("delivery_broke", delivery=delivery.id, module=delivery.module, error=repr(error))
            await self._again(partner.connection, delivery, error)
        else:
            await self._arrived(partner.connection, delivery, _absolute(message.url, reply.headers.get("location")))

    async def _message(self, connection: Connection, delivery: Delivery) -> Message | None:
        """Of many partners who are to hear of the same, one finds words for it, and the others find these."""
        said = partial(message_of, connection=connection, delivery=delivery)
        whole = delivery.object_key.partition("/")[0]
        about = (delivery.holder, delivery.module, whole, connection.version)
        worded = self._worded.get(about)
        if worded is not None:
            await worded.wait()
            return await self._together.run(said)
        worded = self._worded[about] = asyncio.Event()
        try:
            return await self._together.run(said)
        finally:
            del self._worded[about]
            worded.set()

    async def _arrived(self, connection: Connection, delivery: Delivery, location_url: str | None) -> None:
        """Of what arrives together, the first says that its line is well: none waits for another with that row."""
        line, now = connection.line, self._database.clock.now()
        says_so = line not in self._said_well and not _is_well(connection, now)

        async def noted(unit: Unit) -> None:
            store.deliveries.delivered(unit, delivery, location_url)
            if says_so:
                store.lines.reached(unit, line)
            if says_so and connection.failures:
                await lines.changed_for_all(unit, line)

        if not says_so:
            await self._together.run(noted)
            return
        self._said_well.add(line)
        try:
            await self._together.run(noted, key=line)
        finally:
            self._said_well.discard(line)

    async def _unneeded(self, delivery: Delivery) -> None:
        async with self._database.unit() as unit:
            store.deliveries.drop(unit, delivery)

    async def _unreached(self, connection: Connection, delivery: Delivery, error: Trouble) -> None:
        """The line is down: everything for this partner waits, and nothing of it is the worse for that."""
        async with self._database.unit() as unit:
            now = await store.connections.find(unit, connection.holder, connection.id, lock=True)
            store.deliveries.not_tried(unit, delivery)
            # Of a round that failed together, the first says so for all.
            if now is not None and now.failures == connection.failures:
                retry_at = unit.now + unit.clock.wall(wait_after(now.failures + 1, self._dice))
                store.lines.not_reached(unit, connection.line, retry_at, str(error))
                if not now.failures:
                    await lines.changed_for_all(unit, connection.line)
        log.info("partner_unreachable", connection=connection.id, error=str(error))

    async def _troubled(self, connection: Connection, delivery: Delivery, error: Trouble) -> None:
        """Who answers everything with trouble is left alone for a while, and who asks for it at once."""
        wait = error.wait if isinstance(error, PartnerTroubled) else None
        async with self._database.unit() as unit:
            now = await store.connections.find(unit, connection.holder, connection.id, lock=True)
            most = connection.policy.pushes.rests_after
            # As above: a round that failed together is one answer.
            if now is not None and now.troubles == connection.troubles:
                if most and now.troubles + 1 >= most:
                    wait = max(wait or NO_WAIT, wait_after(now.troubles + 2 - most, self._dice))
                until = None if wait is None else unit.now + unit.clock.wall(wait)
                store.lines.troubled(unit, connection.line, until, str(error))
        await self._again(connection, delivery, error, wait or NO_WAIT)

    async def _again(
        self, connection: Connection, delivery: Delivery, error: Exception, wait: timedelta = NO_WAIT
    ) -> None:
        """Later may help with this one; what never gets through is shown to a person.

        Who is away behind a hub may be so for days, as any partner may; and to a partner that wants everything in its
        order nothing goes past what it has not taken. Only who waits for a result does not wait long.
        """
        stays = isinstance(error, NotPassedOn) or connection.policy.pushes.in_order
        patient = stays and delivery.module not in ASKED_ONLY
        async with self._database.unit() as unit:
            run_at = unit.now + unit.clock.wall(max(wait, wait_after(delivery.attempts, self._dice)))
            dead = not patient and delivery.attempts >= ATTEMPTS.get(delivery.module, ATTEMPTS_ELSE)
            store.deliveries.again(unit, delivery, run_at, str(error), dead=dead)
            _look_where_it_went(unit, connection, error)

    async def _refused(self, connection: Connection, delivery: Delivery, error: Refusal) -> None:
        """The same again would be refused again: a person should look, and we, whether its endpoints have moved."""
        log.warning("delivery_refused", delivery=delivery.id, module=delivery.module, error=str(error))
        async with self._database.unit() as unit:
            store.deliveries.again(unit, delivery, unit.now, str(error), dead=True)
            _look_where_it_went(unit, connection, error)

    async def _whole_instead(self, connection: Connection, delivery: Delivery) -> None:
        """A change of what the partner does not have is mended by the whole (OCPI 2.2.1 transport_and_format_patch)."""
        async with self._database.unit() as unit:
            store.deliveries.drop(unit, delivery)
            key = delivery.object_key.split("/")[0]
            store.deliveries.queue_news(unit, connection, delivery.module, key, "PUT", delivery.to)


async def _to_whom(unit: Unit, delivery: Delivery) -> tuple[Connection | None, str | None]:
    """With the sealed token that is shown there."""
    connection = await store.connections.find(unit, delivery.holder, delivery.connection_id)
    return connection, None if connection is None else await store.lines.outbound(unit, connection.line)


def _look_where_it_went(unit: Unit, connection: Connection, error: Exception) -> None:
    if isinstance(error, PartnerRefused) and error.perhaps_moved:
        store.lines.look_at(unit, connection.line, unit.now)


def _is_well(connection: Connection, now: datetime) -> bool:
    """As was written down within the minute, so that it need not be again with everything that arrives."""
    reached_at, trouble = connection.last_reached_at, connection.failures or connection.troubles
    lately = reached_at is not None and now - reached_at < timedelta(minutes=1)
    return lately and not trouble and connection.last_error is None and connection.retry_at is None


def _is_gone(error: PartnerRefused) -> bool:
    """They do not have what we take back: as good as taken back. Some say so in HTTP, some with a status of OCPI."""
    return error.http == 404 or error.status == StatusCode.UNKNOWN_LOCATION


def _absolute(url: str, location: str | None) -> str | None:
    """Where the partner says that it keeps the object; what is no URL is worth nothing."""
    try:
        return urljoin(url, location) if location else None
    except ValueError:
        return None
