"""The sockets that stations hang on: what the table of wire/station.py decides is done, committed and then answered.

What many stations say all the time (beats, statuses, readings) is committed together, tick by tick; a start, a stop and
a card each have a Unit of their own. So have those who come, boot and go, but as whole sites do so at once, the Units
of those who do it at the same time share a transaction.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from contextlib import suppress

import structlog
from starlette.routing import WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from laddnav.db.batch import Batch
from laddnav.db.together import Together
from laddnav.db.unit import Database, Unit
from laddnav.kit.refusal import Trouble
from laddnav.kit.seal import Seal
from laddnav.locations import actions as locations
from laddnav.locations.model import Station
from laddnav.ocpp import actions, calls, charges, door, prices, rules
from laddnav.ocpp.actions import SmallTalk, Told, ToldTwiceAtOnce
from laddnav.ocpp.charges import Shown
from laddnav.ocpp.connection import FINISH_WITHIN, POLICY, Connection
from laddnav.ocpp.exchange import Done, Exchange, kept, kept_alone
from laddnav.ocpp.heard import HEARD
from laddnav.ocpp.leaving import pause
from laddnav.ocpp.model import Outcome
from laddnav.ocpp.room import Room
from laddnav.ocpp.security import asking, contracts, signing
from laddnav.ocpp.security.means import Means
from laddnav.ocpp.wire.events import (
    Booted,
    ChargeStarted,
    ChargeStopped,
    ChargeTold,
    ConnectorsReported,
    StatusReported,
    TokenShown,
)
from laddnav.ocpp.wire.security import ChainAsked, ContractAsked, SigningAsked, StatusAsked
from laddnav.ocpp.wire.station import CarryOut
from laddnav.tokens.actions import Asker

log = structlog.get_logger()

LOOK_AGAIN = 0.5  # seconds until the table of calls is looked at without having been woken, and for those too late
TAKEN_OVER = "another connection of this station took over"
LOOKED_AT = 250  # stations of which it is looked up whether they hang here, each time
STREAMS = 3  # Units of beats and readings under way: while some wait for the database, another is worked on
GATHER = 0.02  # seconds after waking: news come in crowds, most of them about other things, and one look serves all


class Sockets:
    """All stations that this process holds. `process` is the name under which others know that it does."""

    def __init__(
        self, database: Database, *, process: str, ask: Asker | None = None, means: Means | None = None
    ) -> None:
        self.database = database
        self.process = process
        self.ask = ask
        self.means = means
        self.connections: dict[str, Connection] = {}
        self._statuses: Batch[Exchange, Done] = Batch(database, self._together)
        self._stream: Batch[Exchange, Done] = Batch(database, self._together, at_once=STREAMS)
        self._looked_up = Together(database, at_once=1)
        self._written = Together(database, writes=True)
        self._guard = door.Guard()
        self._boots = door.Guard()
        self._at_the_door = Room(_monotonic)
        self._leaves = False
        self._hurry = asyncio.Event()
        self._sleeper = asyncio.Event()  # of who sends what stations are to be asked
        self._looks_at = 0.0  # on the loop's clock
        self._to_look_at: list[str] = []  # who hangs here, as far as this was known
        self._turns: dict[str, asyncio.Lock] = {}
        self._gone: dict[str, Station] = {}  # they left, and that is not written down yet

    @property
    def seal(self) -> Seal | None:
        return None if self.means is None else self.means.seal

    def route(self) -> WebSocketRoute:
        return WebSocketRoute("/ocpp/{station_id}", self.endpoint)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """What `route` leads to, for who has matched it."""
        return self.endpoint(WebSocket(scope, receive, send))

    async def run(self) -> None:
        """Send what stations are to be asked, until cancelled."""
        sleeper = self._sleeper = self.database.sleeper()
        try:
            while True:
                sleeper.clear()
                try:
                    await self.send_what_waits()
                except (OSError, Trouble) as trouble:
                    log.warning("station_calls_wait", error=str(trouble))
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_AGAIN):
                        await sleeper.wait()
                await asyncio.sleep(GATHER)
        finally:
            self.database.forget(sleeper)

    async def send_what_waits(self) -> None:
        """One round: claim the calls to stations that hang here.

        Now and then give up those whose time is out, and let go of stations that hang elsewhere.
        """
        now = asyncio.get_running_loop().time()
        if now >= self._looks_at:
            self._looks_at = now + LOOK_AGAIN
            await calls.give_up_overdue(self.database)
            await self._let_go()
            for station in tuple(self._gone.values()):
                async with self._turn(station.id):
                    await self._write_gone(station)
        finishing = [id for id, one in self.connections.items() if one.finishing] if self._leaves else []
        if len(finishing) == len(self.connections):
            return
        async with self.database.unit() as unit:
            claimed = await calls.claim(unit, self.process, finishing)
        for call in claimed:
            connection = self.connections.get(call.station_id)
            if connection is None:
                async with self.database.unit() as unit:
                    calls.give_back(unit, call, self.process)
            else:
                connection.ask(call)

    async def _let_go(self) -> None:
        """A socket here is dead when its station hangs on another process; nothing more is asked or heard over it.

        So many at a time, or who has thousands of them would look all of them up all day.
        """
        if not self._to_look_at:
            self._to_look_at = list(self.connections)
        some, self._to_look_at = self._to_look_at[:LOOKED_AT], self._to_look_at[LOOKED_AT:]
        held = {id: self.connections[id] for id in some if id in self.connections}
        if not held:
            return
        async with self.database.unit() as unit:
            gone = await locations.not_held(unit, held, self.process)
        for id in gone:
            if self.connections.get(id) is held[id]:
                log.info("station_went_over", station=id)
                held[id].send_away(POLICY, TAKEN_OVER)

    # Coming and going -------------------------------------------------------------------------------------------------

    async def endpoint(self, websocket: WebSocket) -> None:
        if self._leaves or self._at_the_door.full:
            await door.come_later(websocket)
            return
        connection = await self._let_in(websocket)
        if connection is None:
            return
        try:
            await connection.run()
        finally:
            await asyncio.shield(self._disconnect(connection))

    async def _let_in(self, websocket: WebSocket) -> Connection | None:
        with self._at_the_door.taken():
            let_in = await door.let_in(websocket, self.database, self._looked_up, self._guard)
            if let_in is None:
                return None
            connection = Connection(self, websocket, *let_in)
            try:
                await self._connect(connection, websocket)
            except Trouble as trouble:
                await door.come_later(websocket, trouble)
                return None
            return connection

    async def leave(self, within: float) -> None:
        """Let nobody in any more, and send all away, over so many seconds at most: each when nothing of it is open."""
        self._leaves = True
        loop, farewells = asyncio.get_running_loop(), []
        until = loop.time() + within + FINISH_WITHIN
        while (len(self._at_the_door) or self.connections) and loop.time() < until:
            waiting = [one for one in self.connections.values() if not one.finishing]
            between, began = pause(len(waiting), within), loop.time()
            for number, connection in enumerate(waiting, 1):
                farewells.append(asyncio.create_task(connection.finish(self._hurry)))
                # Who is late hurries, but makes no herd of it.
                await self._pass(max(between / 2, began + number * between - loop.time()))
            await asyncio.sleep(GATHER)
        await asyncio.gather(*farewells)

    def hurry(self) -> None:
        """Whoever is still here is sent away now, whatever is open."""
        self._hurry.set()

    async def _pass(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._hurry.wait()

    async def _connect(self, connection: Connection, websocket: WebSocket) -> None:
        """The newest socket of a station wins: a station that connects again has given up the one before."""
        station, protocol = connection.station, connection.line.dialect.subprotocol

        async def come(unit: Unit) -> Station:
            return locations.connected(unit, station, process=self.process, protocol=protocol)

        async with self._turn(station.id):
            try:
                connection.station = await self._written.run(come, key=station.id)
            except Trouble:
                if station.id not in self.connections:  # it may have been written down all the same
                    self._gone[station.id] = station
                raise
            self._gone.pop(station.id, None)
            await websocket.accept(subprotocol=protocol)
            before, self.connections[station.id] = self.connections.get(station.id), connection
        if before is not None:
            before.send_away(POLICY, TAKEN_OVER)
        log.info("station_connected", station=station.id, protocol=protocol)
        self._sleeper.set()  # what it is to be asked waited for it

    async def _disconnect(self, connection: Connection) -> None:
        station = connection.station
        async with self._turn(station.id):
            if self.connections.get(station.id) is not connection:
                return
            del self.connections[station.id]
            self._gone[station.id] = station
            with suppress(Trouble):  # without a database it is written down in a later round
                await self._write_gone(station)
        log.info("station_disconnected", station=station.id)

    async def _write_gone(self, station: Station) -> None:
        """In its turn."""

        async def go(unit: Unit) -> None:
            locations.disconnected(unit, station, process=self.process)

        if station.id in self._gone:
            await self._written.run(go, key=station.id)
            del self._gone[station.id]

    def _turn(self, station_id: str) -> asyncio.Lock:
        """Coming and going of one station is written in the order in which it happened."""
        return self._turns.setdefault(station_id, asyncio.Lock())

    # What they say ----------------------------------------------------------------------------------------------------

    def small_talk(self, exchange: Exchange) -> Awaitable[Done]:
        """What many Stations say all the time; what has no deed is only kept.

        A status locks its Location, which Stations share, so these take turns. Beats and readings touch nothing that
        two Stations share.
        """
        locks = exchange.deed is not None and isinstance(exchange.deed.event, StatusReported | ConnectorsReported)
        return (self._statuses if locks else self._stream).add(exchange)

    async def _together(self, unit: Unit, exchanges: Sequence[Exchange]) -> list[Done]:
        """The small talk of one tick, in one Unit."""
        told = [_told(one.station, one.deed) for one in exchanges if one.deed is not None]
        outcomes = iter(await actions.small_talk(unit, told))
        return kept(unit, [(one, None if one.deed is None else next(outcomes)) for one in exchanges])

    async def alone(self, exchange: Exchange) -> Done:
        """An event with a Unit of its own; nothing is open while somebody is asked about a card."""
        assert exchange.deed is not None, "only events are carried out"
        event, id = exchange.deed.event, exchange.station.id
        match event:
            case Booted():
                if self._boots_too_often(id):
                    return Done(None, None)
                return await self._written.run(lambda unit: _booted(unit, exchange, event), key=id)
            case TokenShown():
                return await self._shown(exchange, event)
            case ChargeStarted():
                return await self._started(exchange, event)
            case ChargeStopped():
                async with self.database.unit() as unit:
                    station = await locations.station(unit, id)
                    locations.seen(unit, id)
                    return kept_alone(unit, exchange, await actions.stop(unit, station, event))
            case ChargeTold():
                return await self._told(exchange, event)
            case SigningAsked():
                async with self.database.unit() as unit:
                    station = await locations.station(unit, id)
                    return kept_alone(unit, exchange, await signing.hear(unit, self.means, station, event))
            case StatusAsked() | ChainAsked() | ContractAsked():
                answer = await asking.answer(self.database, self.means, event)
                async with self.database.unit() as unit:
                    locations.seen(unit, id)
                    return kept_alone(unit, exchange, Outcome(answer))
        verb = HEARD.get(type(event))
        if verb is None:
            return await self.small_talk(exchange)
        async with self.database.unit() as unit:
            station = await locations.station(unit, id)
            locations.seen(unit, id)
            return kept_alone(unit, exchange, await verb(unit, station, event))

    def _boots_too_often(self, id: str) -> bool:
        """Each boot is written down and may have all of a station told anew: one in a loop is sent away to wait."""
        who, now = ("boot", id), asyncio.get_running_loop().time()
        if self._boots.waits(who, now):
            log.warning("station_boots_too_often", station=id)
            if id in self.connections:
                self.connections[id].send_away(POLICY, "boots come too often; wait a minute")
            return True
        self._boots.failed(who, now)
        return False

    async def _shown(self, exchange: Exchange, event: TokenShown) -> Done:
        """A certificate that proves no contract needs nobody's word on the token besides."""
        contract = await contracts.state(self.database, self.means, event)
        refused, id = contracts.refused(contract), exchange.station.id
        if refused is not None:
            async with self.database.unit() as unit:
                locations.seen(unit, id)
                return kept_alone(unit, exchange, Outcome(refused))
        _, given, group_id = await actions.judge(self.database, exchange.station, event.uid, self.ask)
        async with self.database.unit() as unit:
            locations.seen(unit, id)
            station = await locations.station(unit, id)
            judged = rules.judged(given, group_id, now=unit.now)
            judged = await prices.foretold(unit, station, event.uid, given, judged)
            return kept_alone(unit, exchange, Outcome(contracts.judged(contract, judged)))

    async def _told(self, exchange: Exchange, event: ChargeTold) -> Done:
        async with self.database.unit() as unit:
            station = await locations.station(unit, exchange.station.id)
            shows = await charges.shows(unit, station, event)
        shown = None
        if shows is not None:
            card, no = shows
            uid, given, group_id = await actions.judge(self.database, station, card, self.ask, evse_no=no, anew=False)
            shown = Shown(uid=uid, given=given, group_id=group_id)
        async with self.database.unit() as unit:
            locations.seen(unit, station.id)
            return kept_alone(unit, exchange, await charges.tell(unit, station, event, shown))

    async def _started(self, exchange: Exchange, event: ChargeStarted) -> Done:
        async with self.database.unit() as unit:
            station = await locations.station(unit, exchange.station.id)
            before = await actions.told_before(unit, station, event)
            if before is not None:
                return kept_alone(unit, exchange, before)
        no = event.evse_no
        uid, given, _ = await actions.judge(self.database, station, event.uid, self.ask, evse_no=no, anew=False)
        try:
            async with self.database.unit() as unit:
                locations.seen(unit, station.id)
                return kept_alone(unit, exchange, await actions.start(unit, station, event, uid, given))
        except ToldTwiceAtOnce:
            return await self._started(exchange, event)


async def _booted(unit: Unit, exchange: Exchange, event: Booted) -> Done:
    station = await locations.station(unit, exchange.station.id)
    return kept_alone(unit, exchange, await actions.boot(unit, station, event))


def _told(station: Station, deed: CarryOut) -> Told:
    assert isinstance(deed.event, SmallTalk), "anything else has a Unit of its own"
    return Told(station, deed.event)


def _monotonic() -> float:
    return asyncio.get_running_loop().time()
