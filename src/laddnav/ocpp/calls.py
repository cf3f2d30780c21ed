"""What stations are asked: written down first, sent by whoever holds the socket, told to whoever asked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from msgspec import Struct

from laddnav.db.unit import Database, Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.locations import actions as locations
from laddnav.ocpp import rules, store
from laddnav.ocpp.model import StationCall
from laddnav.ocpp.rules import NoAnswer, Offline
from laddnav.ocpp.wire.dialect import Dialect
from laddnav.ocpp.wire.dialects import DIALECTS
from laddnav.ocpp.wire.events import Request, StartCharge, StopCharge, Verbatim, Verdict
from laddnav.ocpp.wire.frames import CallError, CallResult
from laddnav.sessions import actions as sessions
from laddnav.sessions.events import StartRequested, StopRequested
from laddnav.sessions.model import Session, Status

# How long a station may take, on a clock on the wall; mobile networks are slow (OCPP-J 1.6 §4.1.1).
PATIENCE = timedelta(seconds=30)

NOT_IN_TIME = "the station did not answer in time"

START, STOP = "StartCharge", "StopCharge"  # what `action` says of a call that is not verbatim


class Replied(Struct, frozen=True, kw_only=True):
    """The Station's own answer: a result or an error."""

    result: dict[str, Any] | None = None
    code: str | None = None
    description: str | None = None


# What others ask for -------------------------------------------------------------------------------------------------


async def start_requested(database: Database, event: StartRequested) -> None:
    """Hears StartRequested."""
    async with database.unit() as unit:
        session = await sessions.find(unit, event.holder, PartyId.parse(event.owner), event.session_id)
        if session is None or session.status is not Status.PENDING:
            return
        _write_down(unit, event.holder, rules.stable_id(START, session.id), event.station_id, START, session)
    database.wake()


async def stop_requested(database: Database, event: StopRequested) -> None:
    """Hears StopRequested; the same command asks once, however often it is heard."""
    async with database.unit() as unit:
        session = await sessions.find(unit, event.holder, PartyId.parse(event.owner), event.session_id)
        if session is None:
            return
        id = rules.stable_id(STOP, event.request) if event.request else unit.new_id()
        _write_down(unit, event.holder, id, event.station_id, STOP, session, event.request)
    database.wake()


def _write_down(
    unit: Unit, holder: PartyId, id: str, station_id: str, action: str, session: Session, request: str | None = None
) -> None:
    store.ask(
        unit,
        StationCall(
            holder=holder,
            id=id,
            station_id=station_id,
            action=action,
            body="{}",
            session_id=session.id,
            request=request,
            asked_at=unit.now,
            expires_at=unit.now + unit.clock.wall(PATIENCE),
        ),
    )


async def ask(database: Database, station_id: str, action: str, payload: dict[str, Any]) -> Replied:
    """Ask a Station in its own words and wait for its answer.

    Raises UnknownStation, Offline, UnknownAction, Unsayable, NoAnswer.
    """
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
        store.ask(unit, call)
    sleeper = database.sleeper()
    try:
        database.wake()
        return await _answer_to(database, call, sleeper)
    finally:
        database.forget(sleeper)


async def _answer_to(database: Database, call: StationCall, sleeper: asyncio.Event) -> Replied:
    while True:
        sleeper.clear()
        async with database.unit() as unit:
            kept = await store.call(unit, call.holder, call.id)
        if kept is None or kept.problem is not None:
            raise NoAnswer(call.station_id)
        if kept.answer is not None:
            return json.decode(kept.answer, Replied)
        with suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                await sleeper.wait()


# What the process that holds the sockets does with it ----------------------------------------------------------------


async def claim(unit: Unit, process: str, station_ids: Sequence[str]) -> list[StationCall]:
    """What should be sent now over these sockets; each is claimed once."""
    return await store.claim(unit, process, station_ids)


def give_back(unit: Unit, call: StationCall) -> None:
    """It was not sent; when the Station comes back in time, it will be."""
    store.give_back(unit, call)


async def request_of(unit: Unit, call: StationCall, dialect: Dialect) -> Request | Verdict:
    """What to say to the Station now; a Verdict where events have overtaken what was asked for."""
    if call.action not in (START, STOP):
        return Verbatim(action=call.action, payload=json.decode(call.body, dict[str, Any]))
    assert call.session_id is not None, "a start or stop is about a Session"
    session = await sessions.find(unit, call.holder, call.holder, call.session_id)
    if session is None:
        return Verdict.REJECTED
    if call.action == START:
        if session.status is not Status.PENDING:
            return Verdict.REJECTED if session.status is Status.INVALID else Verdict.ACCEPTED
        return StartCharge(uid=rules.shown_to_station(session, dialect.uid_max), evse_no=session.evse_no)
    charge = await store.of_session(unit, call.holder, session.id)
    if charge is None:
        return Verdict.REJECTED
    return Verdict.ACCEPTED if charge.stopped else StopCharge(charge=str(charge.number))


async def settle(unit: Unit, call: StationCall, reply: CallResult | CallError, verdict: Verdict | None) -> None:
    """Keep what the Station answered and tell whoever asked; `verdict` where a start or stop was asked and answered."""
    if await store.answer(unit, call, unit.now, json.encode(_replied(reply)).decode(), None):
        await _tell(unit, call, reply if isinstance(reply, CallError) else verdict)


async def conclude(unit: Unit, call: StationCall, verdict: Verdict) -> None:
    """Nothing had to be sent any more: this is how it turned out."""
    if await store.answer(unit, call, unit.now, json.encode(Replied()).decode(), None):
        await _tell(unit, call, verdict)


async def give_up(unit: Unit, call: StationCall, problem: str) -> None:
    """It will not be answered any more, or could not even be sent."""
    if await store.answer(unit, call, unit.now, None, problem):
        await _tell(unit, call, None)


async def give_up_overdue(unit: Unit) -> int:
    """Calls that no socket took, or that died with the process that had sent them; says how many."""
    late = await store.overdue(unit)
    for call in late:
        await give_up(unit, call, NOT_IN_TIME)
    return len(late)


async def _tell(unit: Unit, call: StationCall, answered: Verdict | CallError | None) -> None:
    if call.session_id is None:
        return
    result = rules.command_result(answered)
    if call.action == START:
        await sessions.answer_start(unit, call.holder, call.session_id, result)
    else:
        await sessions.answer_stop(unit, call.holder, call.session_id, result, call.request)


def _replied(reply: CallResult | CallError) -> Replied:
    if isinstance(reply, CallResult):
        return Replied(result=reply.payload)
    return Replied(code=reply.code, description=reply.description)
