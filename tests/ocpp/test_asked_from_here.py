"""What stations are asked from here: starts, stops and anything else, one at a time, and what becomes of it."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest

from laddnav.db.outbox import drain
from laddnav.db.unit import Database
from laddnav.kit.energy import wh
from laddnav.locations import actions as locations
from laddnav.locations.model import Station
from laddnav.ocpp import calls
from laddnav.ocpp.rules import NoAnswer, Offline
from laddnav.ocpp.serve import Sockets
from laddnav.ocpp.wanted import START, STORY, UNLOCK, About, write_down
from laddnav.ocpp.wire.dialect import Unsayable
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import AuthMethod, CdrToken, Session, Status
from laddnav.tokens.model import TokenType
from tests.clock import SetClock
from tests.ocpp.conftest import Raw, until
from tests.ocpp.stations import CAR, Street, all_sessions, on_the_line
from tests.things import US, WHERE


async def start_from_afar(database: Database, uid: str = "CARD1") -> Session:
    card = CdrToken(owner=US, uid=uid, type=TokenType.APP_USER, contract_id="SE-LAD-C1")
    async with database.unit() as unit:
        session = await sessions.request_start(unit, holder=US, token=card, evse=WHERE, command_id="command-1")
    await drain(database)
    return session


async def now_is(database: Database, session: Session, status: Status) -> bool:
    async with database.unit() as unit:
        return (await sessions.fetch(unit, US, US, session.id)).status is status


async def announced(database: Database, kind: str) -> list[dict[str, object]]:
    async with database.unit() as unit:
        rows = await unit.fetch("select body from event where kind = $1 order by id", kind)
    return [json.loads(row["body"]) for row in rows]


@pytest.mark.parametrize("uid", ["CARD1", "an-app-user-whose-uid-is-longer-than-20"])
async def test_a_start_and_a_stop_from_afar(street: Street, database: Database, clock: SetClock, uid: str) -> None:
    station = await on_the_line(street)
    await station.plug_in(1, CAR)
    session = await start_from_afar(database, uid)
    await until(lambda: now_is(database, session, Status.ACTIVE))
    (answer,) = await announced(database, "StartAnswered")
    assert (answer["result"], answer["request"]) == ("ACCEPTED", "command-1")
    clock.advance(timedelta(minutes=30))
    async with database.unit() as unit:
        await sessions.request_stop(unit, US, session.id, "command-2")
    await drain(database)
    await until(lambda: now_is(database, session, Status.COMPLETED))
    (answer,) = await announced(database, "StopAnswered")
    assert (answer["result"], answer["request"]) == ("ACCEPTED", "command-2")
    (session,) = await all_sessions(database)
    assert (session.auth_method, session.token.uid) == (AuthMethod.COMMAND, uid)
    assert session.energy == wh(5500)


async def test_a_start_that_the_station_refuses_ends_the_attempt(street: Street, database: Database) -> None:
    station = await on_the_line(street)
    await station.fail(1, "GroundFailure")
    session = await start_from_afar(database)
    await until(lambda: now_is(database, session, Status.INVALID))
    (answer,) = await announced(database, "StartAnswered")
    assert answer["result"] == "REJECTED"


async def test_a_start_that_no_station_answers_is_given_up(url: str, database: Database, clock: SetClock) -> None:
    raw = await Raw.connect(url)
    session = await start_from_afar(database)
    assert (await raw.hear())[2] == "RemoteStartTransaction"
    clock.advance(timedelta(seconds=31))
    database.wake()
    await until(lambda: now_is(database, session, Status.INVALID))
    (answer,) = await announced(database, "StartAnswered")
    assert answer["result"] == "TIMEOUT"


async def test_a_call_whose_end_cannot_be_told_keeps_no_other_open(
    database: Database, station: Station, clock: SetClock
) -> None:
    """A start that names no charge, as nobody writes it down, stands before what a process left that died."""
    async with database.unit() as unit:
        untellable = write_down(unit, US, "ST1", START, "1")
    clock.advance(timedelta(seconds=1))
    async with database.unit() as unit:
        late = write_down(unit, US, "ST1", UNLOCK, "2")
    clock.advance(timedelta(minutes=1))
    assert await calls.give_up_overdue(database) == 2
    async with database.unit() as unit:
        closed = {row["id"]: row["problem"] for row in await unit.fetch("select id, problem from ocpp_call")}
    assert closed == {untellable.id: calls.UNTOLD, late.id: calls.NOT_IN_TIME}
    assert await calls.give_up_overdue(database) == 0


async def test_any_action_can_be_asked_in_the_stations_own_words(street: Street, database: Database) -> None:
    await on_the_line(street)
    replied = await calls.ask(database, "ST1", "Reset", {"type": "Soft"})
    assert replied.result == {"status": "Accepted"}
    refused = await calls.ask(database, "ST1", "ClearCache", {})
    assert refused.result is None
    assert refused.code == "NotImplemented"
    with pytest.raises(Unsayable):
        await calls.ask(database, "ST1", "Reset", {"type": "Gently"})


async def test_one_call_is_open_at_a_time_and_each_gets_its_own_answer(url: str, database: Database) -> None:
    """OCPP-J 1.6 §4.1.1."""
    raw = await Raw.connect(url)
    asked = [asyncio.create_task(calls.ask(database, "ST1", "ClearCache", {})) for _ in range(3)]
    for status in ("Accepted", "Rejected", "Accepted"):
        call = await raw.hear()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(raw.socket.recv(), 0.1)
        await raw.say(json.dumps([3, call[1], {"status": status}]))
    replies = [str((await task).result) for task in asked]
    assert sorted(replies) == ["{'status': 'Accepted'}", "{'status': 'Accepted'}", "{'status': 'Rejected'}"]


async def test_a_station_that_is_away_or_leaves_is_said_so(url: str, database: Database, sockets: Sockets) -> None:
    async with database.unit() as unit:
        await locations.add_station(unit, US, "ST2")
    with pytest.raises(Offline):
        await calls.ask(database, "ST2", "ClearCache", {})
    raw = await Raw.connect(url)
    asked = asyncio.create_task(calls.ask(database, "ST1", "ClearCache", {}))
    await raw.hear()
    await raw.socket.close()
    with pytest.raises(NoAnswer):
        await asked


async def test_a_call_that_is_interrupted_while_it_is_put_into_words_goes_over_the_next_socket(
    url: str, database: Database
) -> None:
    """Whoever puts it into words waits for a table, and meanwhile the station leaves."""

    async def is_put_into_words() -> bool:
        async with database.unit() as unit:
            blocked = (
                "select exists (select from pg_locks where not granted and relation = 'ocpp_transaction'::regclass)"
            )
            return bool(await unit.value(blocked))

    async def is_answered() -> bool:
        async with database.unit() as unit:
            return bool(await unit.value("select answered_at is not null from ocpp_call where id = $1", call.id))

    raw = await Raw.connect(url)
    async with database.unit() as elsewhere:
        await elsewhere.fetch("lock table ocpp_transaction in access exclusive mode")
        async with database.unit() as unit:
            call = write_down(unit, US, "ST1", STORY, "1", about=About(charge="1"))
        database.wake()
        await until(is_put_into_words)
        await raw.socket.close()
        await until(lambda: not_under_way(database, call.id))
    assert not await is_answered()
    raw = await Raw.connect(url)
    await until(is_answered)


async def not_under_way(database: Database, id: str) -> bool:
    async with database.unit() as unit:
        return bool(await unit.value("select claimed_by is null from ocpp_call where id = $1", id))
