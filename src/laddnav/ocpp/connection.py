"""One open socket of a station: what it asks is carried out and then answered, what we ask waits its turn."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

import structlog
from msgspec.structs import replace
from starlette.types import Message as Heard
from starlette.websockets import WebSocket, WebSocketDisconnect

from laddnav.db.refusals import Unreachable
from laddnav.db.unit import Unit
from laddnav.kit.refusal import Refusal
from laddnav.locations.model import Station
from laddnav.ocpp import calls, reports, rules, store
from laddnav.ocpp.actions import SmallTalk
from laddnav.ocpp.exchange import Done, Exchange
from laddnav.ocpp.model import Direction, FrameKind, Message, StationCall
from laddnav.ocpp.turns import Turns
from laddnav.ocpp.wanted import PATIENCE
from laddnav.ocpp.wire import frames
from laddnav.ocpp.wire import station as table
from laddnav.ocpp.wire.dialect import Dialect
from laddnav.ocpp.wire.frames import Call, CallError, CallResult, ErrorCode, Garbled, Ignored, Send
from laddnav.ocpp.wire.requests import Said, Verbatim, Verdict
from laddnav.ocpp.wire.station import Asked, CarryOut, Line, Say, Settle

if TYPE_CHECKING:
    from laddnav.ocpp.serve import Sockets

log = structlog.get_logger()

AHEAD_MAX = 16  # calls that a station may send before we stop reading and let TCP hold the rest
# What all versions call what stations say most; it is answered within a tick, and a task for each is a twentieth of it.
_CHATTER = frozenset({"Heartbeat", "MeterValues"})
GARBLED_MAX = 20  # frames in a row that make no sense, after which nobody is thought to be there

FINISH_WITHIN = 10.0  # seconds for what is under way when a station is sent away in order
_LOOK_AGAIN = 0.02  # seconds

# RFC 6455 §7.4.1
GOING_AWAY, _PROTOCOL_ERROR, POLICY, _BROKEN = 1001, 1002, 1008, 1011
_GONE = (WebSocketDisconnect, RuntimeError)  # what a send raises when the other side has left

_Spoken = TypeVar("_Spoken", Call, CallResult)


class Connection:
    """One open socket, and the line behind it.

    Calls of the station are carried out one after the other, as they came; its answers to ours are taken at once.
    """

    def __init__(self, sockets: Sockets, websocket: WebSocket, station: Station, dialect: Dialect) -> None:
        self.station = station
        self.line = Line(dialect=dialect, registration=rules.registration(station))
        self._sockets = sockets
        self._websocket = websocket
        self._garbled = 0
        self._chats = False  # something is answered while nothing else is heard
        self._answering: Turns[tuple[str, Call | CallError]] = Turns(self._answer, self._broke)
        self._asking: Turns[StationCall] = Turns(self._ask, self._broke)
        self._asked: dict[str, StationCall] = {}
        self._patience: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None
        self.finishing = False

    async def run(self) -> None:
        """Until the station leaves or is sent away; where hearing, answering or asking breaks, none goes on."""
        try:
            while await self._hear(await self._websocket.receive()):
                pass
        except Exception as error:  # noqa: BLE001 - whatever it was, it is said there
            await self._broke(error)
        finally:
            self._stop_waiting()
            await self._answering.stop()
            await asyncio.shield(self._leave_off(await self._asking.stop()))

    async def _broke(self, error: Exception) -> None:
        log.error("station_line_broke", station=self.station.id, error=repr(error), exc_info=error)
        await self.close(_BROKEN, "something broke here; come again")

    def send_away(self, code: int, reason: str) -> None:
        """Close without waiting for a station that may be long gone."""
        self._closing = asyncio.create_task(self.close(code, reason))

    async def finish(self, hurry: asyncio.Event) -> None:
        """Send it away in order: what is under way is answered on both sides first, and nothing new is asked.

        What it says at the last moment is not answered, and it says it again to whoever it finds next.
        """
        self.finishing = True
        until = _monotonic() + FINISH_WITHIN
        while self._busy and _monotonic() < until and not hurry.is_set():
            await asyncio.sleep(_LOOK_AGAIN)
        await self.close(GOING_AWAY, "this process ends; come again")

    @property
    def _busy(self) -> bool:
        return self._chats or self._answering.busy or self.line.asked is not None

    async def close(self, code: int, reason: str) -> None:
        with suppress(*_GONE):
            await self._websocket.close(code, reason)

    # The station asks -------------------------------------------------------------------------------------------------

    async def _hear(self, message: Heard) -> bool:
        """False: the station has left."""
        if message["type"] == "websocket.disconnect":
            return False
        text: str = message.get("text") or ""
        try:
            if message.get("bytes") is not None:
                raise Garbled("OCPP-J speaks in text frames, not in binary ones")
            frame = frames.read(text)
        except Ignored:
            return True
        except Garbled as error:
            self._garbled += 1
            if self._garbled > GARBLED_MAX:
                await self.close(_PROTOCOL_ERROR, "this is not OCPP-J")
                return False
            await self._to_answer(text, self.line.dialect.spelt(error.answer))
            return True
        self._garbled = 0
        if isinstance(frame, Call):
            text, frame = self._as_kept(text, frame, frame.action)
            if frame.action in _CHATTER and not self._answering.busy:
                await self._chat(text, frame)
            else:
                await self._to_answer(text, frame)
        else:
            await self._answered(text, frame)
        return True

    async def _chat(self, text: str, call: Call) -> None:
        """At once, where nothing is before it. Whatever the station says next waits in its socket for so long."""
        self._chats = True
        try:
            await self._carry_out(text, call)
        finally:
            self._chats = False

    async def _to_answer(self, text: str, heard: Call | CallError) -> None:
        """In its turn; who is far ahead of us is not read until we have caught up."""
        self._answering.put((text, heard))
        if len(self._answering) >= AHEAD_MAX:
            await self._answering.done()

    def _as_kept(self, text: str, frame: _Spoken, action: str) -> tuple[str, _Spoken]:
        """Nothing of ours hears or writes down what is secret; what has none in it stays letter by letter."""
        payload = self.line.dialect.kept(action, frame.payload)
        if payload == frame.payload:
            return text, frame
        kept = replace(frame, payload=payload)
        return frames.write(kept), kept

    async def _answer(self, one: tuple[str, Call | CallError]) -> None:
        text, heard = one
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
            answer=deed.text if isinstance(deed, Say) and not isinstance(call, Send) else None,
        )

    async def _done(self, exchange: Exchange, id: str) -> Done:
        """The answer, once what it rests on is committed; if that failed, the station hears so and will ask again."""
        try:
            if exchange.deed is None or isinstance(exchange.deed.event, SmallTalk):
                return await self._sockets.small_talk(exchange)
            return await self._sockets.alone(exchange)
        except Unreachable as trouble:
            # Of errors a station hears but a few before it gives a message up; whoever is hung up on keeps it.
            log.warning("station_message_waits", station=self.station.id, error=str(trouble))
            self.send_away(_BROKEN, "nothing can be kept here for a while; come again")
            return Done(None, None)
        except Exception as error:
            log.exception("station_message_failed", station=self.station.id, error=repr(error))
            if isinstance(exchange.call, Send):
                return Done(None, None)
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
        self._asking.put(call)

    async def _ask(self, call: StationCall) -> None:
        # From here on, and not once it is in words: whoever leaves meanwhile gives it back.
        self._asked[call.id] = call
        try:
            await self._say_in_turn(call)
        except Exception as error:
            log.exception("station_call_failed", station=self.station.id, error=repr(error))

    async def _say_in_turn(self, call: StationCall) -> None:
        if await self._in_words(call):
            await self._next()
        else:
            del self._asked[call.id]

    async def _in_words(self, call: StationCall) -> bool:
        """False: nothing has to be said any more, or it cannot be."""
        dialect = self.line.dialect
        async with self._sockets.database.unit() as unit:
            request = await calls.request_of(unit, call, dialect, self._sockets.seal)
            if isinstance(request, Verdict):
                await calls.conclude(unit, call, request)
                return False
            try:
                self.line = table.ask(self.line, call.id, request, PATIENCE.total_seconds())
            except Refusal as refusal:
                await calls.settle(unit, call, CallError(call.id, ErrorCode.GENERIC_ERROR, str(refusal)), None)
                return False
        return True

    async def _next(self) -> None:
        """Send the call whose turn it is, if any that is still to be sent, and by us."""
        while not self.finishing:
            self.line, asked = table.turn(self.line, _monotonic())
            if asked is None:
                return
            text = frames.write(asked.call)
            kept, _ = self._as_kept(text, asked.call, asked.call.action)
            async with self._sockets.database.unit() as unit:
                ours = await calls.may_send(unit, self._asked[asked.call.id], self._sockets.process)
                if ours:
                    store.frames.log(unit, [self._message(unit, Direction.OUT, FrameKind.CALL, asked.call, kept)])
                else:
                    calls.give_back(unit, self._asked.pop(asked.call.id), self._sockets.process)
            if ours:
                self._patience = asyncio.create_task(self._lapse(asked))
                await self._send(text)
                return
            self.line = table.withdrawn(self.line)

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
        if isinstance(reply, CallResult):
            text, reply = self._as_kept(text, reply, asked.call.action)
        try:
            async with self._sockets.database.unit() as unit:
                if reply is None:
                    await calls.give_up(unit, call, calls.NOT_IN_TIME)
                else:
                    await calls.settle(unit, call, reply, _said(self.line.dialect, asked, reply))
                    self._keep_what_is_left(unit, asked, reply)
                    kind = FrameKind.ERROR if isinstance(reply, CallError) else FrameKind.RESULT
                    store.frames.log(unit, [self._message(unit, Direction.IN, kind, asked.call, text)])
        except Exception as error:
            log.exception("station_answer_failed", station=self.station.id, error=repr(error))
        self._sockets.database.wake()
        await self._next()

    def _keep_what_is_left(self, unit: Unit, asked: Asked, reply: CallResult | CallError) -> None:
        left = None if isinstance(reply, CallError) else self.line.dialect.left_by(asked.call, reply.payload)
        if left is not None:
            reports.keep(unit, self.station, left)

    async def _leave_off(self, unsent: Sequence[StationCall]) -> None:
        """What was sent and not answered never will be; what still waited may go over the next socket."""
        if not (self._asked or unsent):
            return
        open_call = None if self.line.asked is None else self.line.asked.call.id
        async with self._sockets.database.unit() as unit:
            for call in (*self._asked.values(), *unsent):
                if call.id == open_call:
                    await calls.give_up(unit, call, "the station left before it answered")
                else:
                    calls.give_back(unit, call, self._sockets.process)
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


def _monotonic() -> float:
    """Timers of sockets run on the loop's own time; no clock of ours can stop or speed them up."""
    return asyncio.get_running_loop().time()
