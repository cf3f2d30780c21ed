"""What stations are asked: written down first, sent by whoever holds the socket, told to whoever asked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import structlog
from msgspec import Struct
from msgspec.structs import replace

from laddnav.db.refusals import in_common
from laddnav.db.unit import Database, Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.kit.seal import Seal
from laddnav.locations import actions as locations
from laddnav.locations.events import UnlockRequested
from laddnav.locations.model import Station
from laddnav.ocpp import store
from laddnav.ocpp.errand import Answered
from laddnav.ocpp.errands import ERRANDS
from laddnav.ocpp.model import StationCall
from laddnav.ocpp.rules import NoAnswer, NotInItsVersion, Offline
from laddnav.ocpp.wanted import FREE, KEEP, LIMITS, PATIENCE, START, STOP, UNLOCK, About, write_down
from laddnav.ocpp.wire.dialect import Dialect
from laddnav.ocpp.wire.dialects import DIALECTS
from laddnav.ocpp.wire.frames import CallError, CallResult
from laddnav.ocpp.wire.requests import Request, Said, Verbatim, Verdict
from laddnav.ocpp.wire.secrets import masked
from laddnav.reservations.events import CancellationRequested, ReservationRequested
from laddnav.sessions import actions as sessions
from laddnav.sessions.events import LimitsRequested, StartRequested, StopRequested
from laddnav.sessions.model import Status

log = structlog.get_logger()

NOT_IN_TIME = "the station did not answer in time"
UNTOLD = "the station did not answer in time, and whoever asked could not be told"


class Replied(Struct, frozen=True, kw_only=True):
    """The Station's own answer: a result or an error."""

    result: dict[str, Any] | None = None
    code: str | None = None
    description: str | None = None


# What others ask for -------------------------------------------------------------------------------------------------


async def start_requested(database: Database, event: StartRequested) -> None:
    """Hears StartRequested; one command asks once, however often it is heard."""
    async with database.unit() as unit:
        session = await sessions.find(unit, event.holder, PartyId.parse(event.owner), event.session_id)
        if session is None or session.status not in (Status.PENDING, Status.RESERVATION):
            return
        asks = (session.id, session.command_id or "") if session.reserved is not None else (session.id,)
        write_down(unit, event.holder, event.station_id, START, *asks, session_id=session.id)
    database.wake()


async def stop_requested(database: Database, event: StopRequested) -> None:
    """Hears StopRequested."""
    async with database.unit() as unit:
        session = await sessions.find(unit, event.holder, PartyId.parse(event.owner), event.session_id)
        if session is None:
            return
        asks = event.request or unit.new_id()
        write_down(unit, event.holder, event.station_id, STOP, asks, session_id=session.id, request=event.request)
    database.wake()


async def reservation_requested(database: Database, event: ReservationRequested) -> None:
    """Hears ReservationRequested."""
    await _errand(database, event, KEEP, About(number=event.number))


async def cancellation_requested(database: Database, event: CancellationRequested) -> None:
    """Hears CancellationRequested."""
    await _errand(database, event, FREE, About(number=event.number))


async def unlock_requested(database: Database, event: UnlockRequested) -> None:
    """Hears UnlockRequested."""
    await _errand(database, event, UNLOCK, About(evse_no=event.evse_no))


async def limits_requested(database: Database, event: LimitsRequested) -> None:
    """Hears LimitsRequested; what we want to know ourselves is asked as often as it is heard."""
    async with database.unit() as unit:
        write_down(
            unit,
            event.holder,
            event.station_id,
            LIMITS[event.what],
            event.request or unit.new_id(),
            about=About(seconds=event.seconds),
            session_id=event.session_id,
            request=event.request,
        )
    database.wake()


async def _errand(
    database: Database, event: ReservationRequested | CancellationRequested | UnlockRequested, action: str, about: About
) -> None:
    async with database.unit() as unit:
        write_down(unit, event.holder, event.station_id, action, event.request, about=about, request=event.request)
    database.wake()


async def ask(database: Database, station_id: str, action: str, payload: dict[str, Any]) -> Replied:
    """Ask a Station in its own words and wait for its answer.

    Raises UnknownStation, Offline, UnknownAction, Unsayable, NoAnswer.
    """
    return await answer_to(database, await put(database, station_id, action, payload))


async def put(database: Database, station_id: str, action: str, payload: dict[str, Any]) -> StationCall:
    """Ask a Station in its own words. Raises UnknownStation, Offline, UnknownAction, Unsayable."""
    async with database.unit() as unit:
        station = await locations.station(unit, station_id)
        if station.connected_at is None or station.protocol is None:
            raise Offline(station_id)
        DIALECTS[station.protocol].ask("", Verbatim(action=action, payload=payload))
        call = StationCall(
            holder=station.holder,
            id=unit.new_id(),
            station_id=station_id,
            action=action,
            body=json.encode(payload).decode(),
            asked_at=unit.now,
            expires_at=unit.now + unit.clock.wall(PATIENCE),
        )
        store.calls.ask(unit, call)
    database.wake()
    return call


async def asked(unit: Unit, station: Station, id: str) -> StationCall | None:
    """What this Station was asked under this id, with what came of it."""
    call = await store.calls.call(unit, station.holder, id)
    return call if call is not None and call.station_id == station.id else None


async def say(database: Database, station_id: str, request: Request) -> Replied:
    """As `ask`, in words for every version. Raises NotInItsVersion, too."""
    async with database.unit() as unit:
        station = await locations.station(unit, station_id)
    if station.connected_at is None or station.protocol is None:
        raise Offline(station_id)
    codec = DIALECTS[station.protocol].asks.get(type(request))
    if codec is None:
        raise NotInItsVersion(station_id)
    return await ask(database, station_id, codec.action, codec.write(request))


async def answer_to(database: Database, call: StationCall) -> Replied:
    """What comes of a call that is written down. Raises NoAnswer."""
    sleeper = database.sleeper()
    try:
        database.wake()
        return await _awaited(database, call, sleeper)
    finally:
        database.forget(sleeper)


async def _awaited(database: Database, call: StationCall, sleeper: asyncio.Event) -> Replied:
    while True:
        sleeper.clear()
        async with database.unit() as unit:
            kept = await store.calls.call(unit, call.holder, call.id)
        if kept is None or kept.problem is not None:
            raise NoAnswer(call.station_id)
        if kept.answer is not None:
            return json.decode(kept.answer, Replied)
        with suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                await sleeper.wait()


# What the process that holds the sockets does with it ----------------------------------------------------------------


async def claim(unit: Unit, process: str, finishing: Sequence[str]) -> list[StationCall]:
    """What should be sent now over the sockets of this process, but for those that finish; each is claimed once."""
    return await store.calls.claim(unit, process, finishing)


async def may_send(unit: Unit, call: StationCall, process: str) -> bool:
    """Its words go out when this Unit has committed, once and for all: nobody else sends them then.

    False where it was given up meanwhile, or the Station hangs on another process by now.
    """
    return await store.calls.send(unit, call, process)


def give_back(unit: Unit, call: StationCall, process: str) -> None:
    """It was not sent; when the Station comes back in time, it will be."""
    store.calls.give_back(unit, call, process)


async def bury(unit: Unit, process: str) -> None:
    """The process is gone. What it had not sent is sent by who holds the Station now.

    What it had sent may have been carried out and is not said twice: nobody waits for an answer to it any more.
    """
    store.calls.release(unit, process)
    store.calls.expire(unit, process)


async def request_of(unit: Unit, call: StationCall, dialect: Dialect, seal: Seal | None = None) -> Request | Verdict:
    """What to say to the Station now; a Verdict where events have overtaken what was asked for."""
    errand = ERRANDS.get(call.action)
    if errand is None:
        return Verbatim(action=call.action, payload=json.decode(call.body, dict[str, Any]))
    if errand.sealed:
        assert seal is not None, "what was sealed here is opened here"
        call = replace(call, body=seal.opened(call.body))
    return await errand.say(unit, call, dialect)


async def settle(unit: Unit, call: StationCall, reply: CallResult | CallError, said: Said | None) -> None:
    """Keep what the Station answered and tell whoever asked; `said` is what it means, unless it was asked verbatim."""
    if await _close(unit, call, json.encode(_replied(reply)).decode(), None):
        await _tell(unit, call, reply if isinstance(reply, CallError) else said)


async def conclude(unit: Unit, call: StationCall, verdict: Verdict) -> None:
    """Nothing had to be sent any more: this is how it turned out."""
    if await _close(unit, call, json.encode(Replied()).decode(), None):
        await _tell(unit, call, verdict)


async def give_up(unit: Unit, call: StationCall, problem: str) -> None:
    """It will not be answered any more, or could not even be sent."""
    if await _close(unit, call, None, problem):
        await _tell(unit, call, None)


async def give_up_overdue(database: Database) -> int:
    """Calls that no socket took, or that died with the process that had sent them; says how many.

    One whose end cannot be told is closed all the same, and keeps nobody else waiting.
    """
    async with database.unit() as unit:
        late = await store.calls.overdue(unit)
    for call in late:
        try:
            async with database.unit() as unit:
                await give_up(unit, call, NOT_IN_TIME)
        except Exception as error:
            if in_common(error):
                raise
            log.exception("station_call_untold", station=call.station_id, action=call.action, error=repr(error))
            async with database.unit() as unit:
                await _close(unit, call, None, UNTOLD)
    return len(late)


async def _close(unit: Unit, call: StationCall, answer: str | None, problem: str | None) -> bool:
    """False when it was closed already. What somebody said word for word stays without what was secret in it."""
    body = call.body
    if call.action not in ERRANDS:
        body = json.encode(masked(json.decode(body, dict[str, Any]))).decode()
    return await store.calls.close(unit, call, body, answer, problem)


async def _tell(unit: Unit, call: StationCall, answered: Answered) -> None:
    errand = ERRANDS.get(call.action)
    if errand is not None:
        await errand.tell(unit, call, answered)


def _replied(reply: CallResult | CallError) -> Replied:
    if isinstance(reply, CallResult):
        return Replied(result=reply.payload)
    return Replied(code=reply.code, description=reply.description)
