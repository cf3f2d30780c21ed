"""The sockets that stations hang on: what the table of wire/station.py decides is done, committed and then answered.

What many stations say all the time (beats, statuses, readings) is committed together, tick by tick; a start, a stop, a
boot and a card each have a Unit of their own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import structlog
from msgspec import Struct
from msgspec.structs import replace
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from laddnav.db.batch import Batch
from laddnav.db.unit import Database, Unit
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.locations import actions as locations
from laddnav.locations.model import Station
from laddnav.ocpp import actions, calls, door, rules, store
from laddnav.ocpp.actions import SmallTalk, Told, ToldTwiceAtOnce
from laddnav.ocpp.model import Direction, FrameKind, Message, Outcome, StationCall
from laddnav.ocpp.wire import frames
from laddnav.ocpp.wire import station as table
from laddnav.ocpp.wire.dialect import Dialect
from laddnav.ocpp.wire.events import (
    Answer,
    Booted,
    ChargeStarted,
    ChargeStopped,
    Measured,
    Said,
    TokenShown,
    Verbatim,
    Verdict,
)
from laddnav.ocpp.wire.frames import Call, CallError, CallResult, ErrorCode, Garbled, Ignored
from laddnav.ocpp.wire.station import Asked, CarryOut, Line, Say, Settle
from laddnav.tokens.actions import Asker

log = structlog.get_logger()

AHEAD_MAX = 16  # calls that a station may send before we stop reading and let TCP hold the rest
GARBLED_MAX = 20  # frames in a row that make no sense, after which nobody is thought to be there
KEPT_OF_GARBAGE = 1000  # characters
LOOK_AGAIN = 0.5  # seconds until the table of calls is looked at without having been woken
GATHER = 0.02  # seconds after waking: news come in crowds, most of them about other things, and one look serves all

_CALL_ERROR = f"[{frames.MessageType.CALL_ERROR},"

# RFC 6455 §7.4.1
_PROTOCOL_ERROR, _POLICY, _BROKEN = 1002, 1008, 1011
_GONE = (WebSocketDisconnect, RuntimeError)  # what a send raises when the other side has left


class Exchange(Struct, frozen=True, kw_only=True):
    """A frame of a station with what is made of it: an event to carry out, or words to answer with at once."""

    station: Station
    dialect: Dialect
    text: str
    call: Call | None
    deed: CarryOut | None = None
    answer: str | None = None


class Done(Struct, frozen=True):
    """What came of an Exchange: our answer, and how the dialect puts it."""

    answer: Answer | None
    text: str | None


class Sockets:
    """All stations that this process holds. `process` is the name under which others know that it does."""

    def __init__(self, database: Database, *, process: str, ask: Asker | None = None) -> None:
        self.database = database
        self.process = process
        self.ask = ask
        self.connections: dict[str, Connection] = {}
        self.small_talk: Batch[Exchange, Done] = Batch(database, self._together)
        self._guard = door.Guard()
        self._sweeping = asyncio.Lock()
        self._swept = False
        self._turns: dict[str, asyncio.Lock] = {}

    def route(self) -> WebSocketRoute:
        return WebSocketRoute("/ocpp/{station_id}", self.endpoint)

    async def run(self) -> None:
        """Send what stations are to be asked, until cancelled."""
        await self._sweep()
        sleeper = self.database.sleeper()
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
        """One round: claim the calls to stations that hang here, and give up those whose time is out."""
        async with self.database.unit() as unit:
            await calls.give_up_overdue(unit)
            claimed = await calls.claim(unit, self.process, list(self.connections)) if self.connections else []
        for call in claimed:
            connection = self.connections.get(call.station_id)
            if connection is None:
                async with self.database.unit() as unit:
                    calls.give_back(unit, call)
            else:
                connection.ask(call)

    # Coming and going -------------------------------------------------------------------------------------------------

    async def endpoint(self, websocket: WebSocket) -> None:
        let_in = await door.let_in(websocket, self.database, self._guard)
        if let_in is None:
            return
        await self._sweep()
        connection = Connection(self, websocket, *let_in)
        await self._connect(connection, websocket)
        try:
            await connection.run()
        finally:
            await asyncio.shield(self._disconnect(connection))

    async def _sweep(self) -> None:
        """Once, before anybody is let in: what a process of this name held when it died is not connected any more."""
        async with self._sweeping:
            if not self._swept:
                async with self.database.unit() as unit:
                    locations.nobody_holds(unit, self.process)
                self._swept = True

    async def _connect(self, connection: Connection, websocket: WebSocket) -> None:
        """The newest socket of a station wins: a station that connects again has given up the one before."""
        station, protocol = connection.station, connection.line.dialect.subprotocol
        async with self._turn(station.id):
            async with self.database.unit() as unit:
                locations.connected(unit, station, process=self.process, protocol=protocol)
            await websocket.accept(subprotocol=protocol)
            before, self.connections[station.id] = self.connections.get(station.id), connection
        if before is not None:
            before.send_away(_POLICY, "another connection of this station took over")
        log.info("station_connected", station=station.id, protocol=protocol)
        self.database.wake()

    async def _disconnect(self, connection: Connection) -> None:
        station = connection.station
        async with self._turn(station.id):
            if self.connections.get(station.id) is not connection:
                return
            del self.connections[station.id]
            async with self.database.unit() as unit:
                locations.disconnected(unit, station, process=self.process)
        log.info("station_disconnected", station=station.id)

    def _turn(self, station_id: str) -> asyncio.Lock:
        """Coming and going of one station is written in the order in which it happened."""
        return self._turns.setdefault(station_id, asyncio.Lock())

    # What they say ----------------------------------------------------------------------------------------------------

    async def _together(self, unit: Unit, exchanges: Sequence[Exchange]) -> list[Done]:
        """The small talk of one tick, in one Unit."""
        deeds = [one for one in exchanges if one.deed is not None]
        stations = await locations.stations_named(unit, {one.station.id for one in deeds})
        told = [_told(stations[one.station.id], one.deed) for one in deeds if one.deed is not None]
        outcomes = iter(await actions.small_talk(unit, told))
        return _kept(unit, [(one, None if one.deed is None else next(outcomes)) for one in exchanges])

    async def alone(self, exchange: Exchange) -> Done:
        """An event with a Unit of its own; nothing is open while somebody is asked about a card."""
        assert exchange.deed is not None, "only events are carried out"
        event, id = exchange.deed.event, exchange.station.id
        match event:
            case Booted():
                async with self.database.unit() as unit:
                    station = await locations.station(unit, id)
                    return _kept_alone(unit, exchange, actions.boot(unit, station, event))
            case TokenShown():
                _, given, group_id = await actions.judge(self.database, exchange.station, event.uid, self.ask)
                async with self.database.unit() as unit:
                    locations.seen(unit, id)
                    return _kept_alone(unit, exchange, Outcome(rules.judged(given, group_id)))
            case ChargeStarted():
                return await self._started(exchange, event)
            case ChargeStopped():
                async with self.database.unit() as unit:
                    station = await locations.station(unit, id)
                    locations.seen(unit, id)
                    return _kept_alone(unit, exchange, await actions.stop(unit, station, event))
        return await self.small_talk.add(exchange)

    async def _started(self, exchange: Exchange, event: ChargeStarted) -> Done:
        async with self.database.unit() as unit:
            station = await locations.station(unit, exchange.station.id)
            before = await actions.told_before(unit, station, event)
            if before is not None:
                return _kept_alone(unit, exchange, before)
        no = event.evse_no
        uid, given, _ = await actions.judge(self.database, station, event.uid, self.ask, evse_no=no, anew=False)
        try:
            async with self.database.unit() as unit:
                locations.seen(unit, station.id)
                return _kept_alone(unit, exchange, await actions.start(unit, station, event, uid, given))
        except ToldTwiceAtOnce:
            return await self._started(exchange, event)


class Connection:
    """One open socket, and the line behind it.

    Calls of the station are carried out one after the other, as they came; its answers to ours are taken at once.
    """

    def __init__(self, sockets: Sockets, websocket: WebSocket, station: Station, dialect: Dialect) -> None:
        self.station = station
        self.line = Line(dialect=dialect, registration=rules.registration(station))
        self._sockets = sockets
        self._websocket = websocket
        self._heard: asyncio.Queue[tuple[str, Call | CallError]] = asyncio.Queue(AHEAD_MAX)
        self._asked: dict[str, StationCall] = {}
        self._to_ask: asyncio.Queue[StationCall] = asyncio.Queue()
        self._patience: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Until the station leaves or is sent away; where one of the three breaks, none goes on without it."""
        three = [asyncio.create_task(one) for one in (self._read(), self._answer_in_turn(), self._ask_in_turn())]
        try:
            done, _ = await asyncio.wait(three, return_when=asyncio.FIRST_COMPLETED)
            for one in done:
                if (error := one.exception()) is not None:
                    log.error("station_line_broke", station=self.station.id, error=repr(error), exc_info=error)
                    await self.close(_BROKEN, "something broke here; come again")
        finally:
            for one in three:
                one.cancel()
            self._stop_waiting()
            await asyncio.gather(*three, return_exceptions=True)
            await asyncio.shield(self._leave_off())

    def send_away(self, code: int, reason: str) -> None:
        """Close without waiting for a station that may be long gone."""
        self._closing = asyncio.create_task(self.close(code, reason))

    async def close(self, code: int, reason: str) -> None:
        with suppress(*_GONE):
            await self._websocket.close(code, reason)

    # The station asks -------------------------------------------------------------------------------------------------

    async def _read(self) -> None:
        garbled = 0
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            text: str = message.get("text") or ""
            try:
                if message.get("bytes") is not None:
                    raise Garbled("OCPP-J speaks in text frames, not in binary ones")
                frame = frames.read(text)
            except Ignored:
                continue
            except Garbled as error:
                garbled += 1
                if garbled > GARBLED_MAX:
                    await self.close(_PROTOCOL_ERROR, "this is not OCPP-J")
                    return
                await self._heard.put((text, error.answer))
                continue
            garbled = 0
            if isinstance(frame, Call):
                await self._heard.put((text, frame))
            else:
                await self._answered(text, frame)

    async def _answer_in_turn(self) -> None:
        while True:
            text, heard = await self._heard.get()
            if isinstance(heard, Call):
                await self._carry_out(text, heard)
            else:
                await self._say(await self._done(self._exchange(text, None, Say(frames.write(heard))), heard.id))

    async def _carry_out(self, text: str, call: Call) -> None:
        fingerprint = hash(text)
        self.line, deed = table.heard(self.line, call, fingerprint)
        done = await self._done(self._exchange(text, call, deed), call.id)
        if isinstance(deed, CarryOut) and done.answer is not None and done.text is not None:
            self.line = table.answered(self.line, deed, fingerprint, done.answer, done.text)
        await self._say(done)

    def _exchange(self, text: str, call: Call | None, deed: Say | CarryOut) -> Exchange:
        return Exchange(
            station=self.station,
            dialect=self.line.dialect,
            text=text,
            call=call,
            deed=deed if isinstance(deed, CarryOut) else None,
            answer=deed.text if isinstance(deed, Say) else None,
        )

    async def _done(self, exchange: Exchange, id: str) -> Done:
        """The answer, once what it rests on is committed; if that failed, the station hears so and will ask again."""
        try:
            if exchange.deed is None or isinstance(exchange.deed.event, SmallTalk):
                return await self._sockets.small_talk.add(exchange)
            return await self._sockets.alone(exchange)
        except Exception as error:
            log.exception("station_message_failed", station=self.station.id, error=repr(error))
            failed = CallError(id, ErrorCode.INTERNAL_ERROR, "it could not be carried out; please repeat it later")
            return Done(None, exchange.answer or frames.write(failed))

    async def _say(self, done: Done) -> None:
        if done.text is not None:
            await self._send(done.text)

    async def _send(self, text: str) -> None:
        with suppress(*_GONE):
            await self._websocket.send_text(text)

    # We ask the station -----------------------------------------------------------------------------------------------

    def ask(self, call: StationCall) -> None:
        """Put a call that this process has claimed in line; a station that is slow to read holds up only its own."""
        self._to_ask.put_nowait(call)

    async def _ask_in_turn(self) -> None:
        while True:
            call = await self._to_ask.get()
            try:
                await self._ask(call)
            except Exception as error:
                log.exception("station_call_failed", station=self.station.id, error=repr(error))

    async def _ask(self, call: StationCall) -> None:
        dialect = self.line.dialect
        async with self._sockets.database.unit() as unit:
            request = await calls.request_of(unit, call, dialect)
            if isinstance(request, Verdict):
                await calls.conclude(unit, call, request)
                return
            try:
                self.line = table.ask(self.line, call.id, request, calls.PATIENCE.total_seconds())
            except Refusal as refusal:
                await calls.settle(unit, call, CallError(call.id, ErrorCode.GENERIC_ERROR, str(refusal)), None)
                return
        self._asked[call.id] = call
        await self._next()

    async def _next(self) -> None:
        """Send the call whose turn it is, if any."""
        self.line, asked = table.turn(self.line, _monotonic())
        if asked is None:
            return
        text, kept = frames.write(asked.call), frames.write(self.line.dialect.kept(asked.call))
        async with self._sockets.database.unit() as unit:
            store.log(unit, [self._message(unit, Direction.OUT, FrameKind.CALL, asked.call, kept)])
        self._patience = asyncio.create_task(self._lapse(asked))
        await self._send(text)

    async def _answered(self, text: str, reply: CallResult | CallError) -> None:
        self.line, settle = table.settled(self.line, reply)
        if settle is None:
            log.info("late_answer", station=self.station.id, message_id=reply.id)
            return
        await self._settle(settle, text)

    async def _lapse(self, asked: Asked) -> None:
        assert asked.until is not None, "it was sent"
        while _monotonic() < asked.until:
            await asyncio.sleep(asked.until - _monotonic())
        self._patience = None
        self.line, settle = table.lapsed(self.line, _monotonic())
        if settle is not None:
            await self._settle(settle, "")

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    async def _settle(self, settle: Settle, text: str) -> None:
        self._stop_waiting()
        call, asked, reply = self._asked.pop(settle.asked.call.id), settle.asked, settle.reply
        try:
            async with self._sockets.database.unit() as unit:
                if reply is None:
                    await calls.give_up(unit, call, calls.NOT_IN_TIME)
                else:
                    await calls.settle(unit, call, reply, _said(self.line.dialect, asked, reply))
                    kind = FrameKind.ERROR if isinstance(reply, CallError) else FrameKind.RESULT
                    store.log(unit, [self._message(unit, Direction.IN, kind, asked.call, text)])
        except Exception as error:
            log.exception("station_answer_failed", station=self.station.id, error=repr(error))
        self._sockets.database.wake()
        await self._next()

    async def _leave_off(self) -> None:
        """What was sent and not answered never will be; what still waited may go over the next socket."""
        open_call = None if self.line.asked is None else self.line.asked.call.id
        unsent = [self._to_ask.get_nowait() for _ in range(self._to_ask.qsize())]
        async with self._sockets.database.unit() as unit:
            for call in (*self._asked.values(), *unsent):
                if call.id == open_call:
                    await calls.give_up(unit, call, "the station left before it answered")
                else:
                    calls.give_back(unit, call)
        self._sockets.database.wake()

    def _message(self, unit: Unit, direction: Direction, kind: FrameKind, call: Call, text: str) -> Message:
        return Message(
            holder=self.station.holder,
            station_id=self.station.id,
            at=unit.now,
            direction=direction,
            kind=kind,
            message_id=call.id,
            action=call.action,
            body=text,
            session_id=self._asked[call.id].session_id if call.id in self._asked else None,
        )


def _said(dialect: Dialect, asked: Asked, reply: CallResult | CallError) -> Said | None:
    if isinstance(reply, CallError) or isinstance(asked.request, Verbatim):
        return None
    return dialect.said(asked.request, reply.payload)


def _told(station: Station, deed: CarryOut) -> Told:
    assert isinstance(deed.event, SmallTalk), "anything else has a Unit of its own"
    return Told(station, deed.event)


def _kept_alone(unit: Unit, exchange: Exchange, outcome: Outcome) -> Done:
    (done,) = _kept(unit, [(exchange, outcome)])
    return done


def _kept(unit: Unit, outcomes: Sequence[tuple[Exchange, Outcome | None]]) -> list[Done]:
    """Put each answer into words, and log the frames of both directions in the Unit of their effect, all at once."""
    done, passed = list[Done](), list[Message]()
    for exchange, outcome in outcomes:
        text, answer = exchange.answer, None
        if exchange.deed is not None:
            assert outcome is not None, "every event has its outcome"
            answer = outcome.answer
            text = frames.write(exchange.dialect.answer(exchange.deed.call, answer))
        passed += _messages(unit, exchange, text, None if outcome is None else outcome.session_id)
        done.append(Done(answer, text))
    store.log(unit, passed)
    return done


def _messages(unit: Unit, exchange: Exchange, answer: str | None, session_id: str | None) -> list[Message]:
    """The station's frame as it came, and ours."""
    call, station = exchange.call, exchange.station
    quirks = [] if exchange.deed is None else [str(quirk) for quirk in exchange.deed.quirks]
    if exchange.deed is not None and isinstance(exchange.deed.event, Measured | ChargeStopped):
        quirks += [f"not read: {sample}" for sample in exchange.deed.event.unread]
    heard = Message(
        holder=station.holder,
        station_id=station.id,
        at=unit.now,
        direction=Direction.IN,
        kind=FrameKind.UNREADABLE if call is None else FrameKind.CALL,
        message_id="" if call is None else call.id,
        action="" if call is None else call.action[:255],
        body=exchange.text[:KEPT_OF_GARBAGE].replace("\x00", "\ufffd") if call is None else exchange.text,
        session_id=session_id,
        quirk="; ".join(quirks)[:1000] or None,
    )
    if answer is None:
        return [heard]
    kind = FrameKind.ERROR if answer.startswith(_CALL_ERROR) else FrameKind.RESULT
    return [heard, replace(heard, direction=Direction.OUT, kind=kind, body=answer, quirk=None)]


def _monotonic() -> float:
    """Timers of sockets run on the loop's own time; no clock of ours can stop or speed them up."""
    return asyncio.get_running_loop().time()
