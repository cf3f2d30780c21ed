"""Two that begin, change or report at the same moment: nothing is lost, and nobody waits for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

import pytest

from laddnav.db.events import Event
from laddnav.db.outbox import drain
from laddnav.db.unit import Database, Listener
from laddnav.kit.energy import wh
from laddnav.locations import actions as locations
from laddnav.locations.model import Status
from laddnav.sessions import actions as sessions
from laddnav.sessions.events import SessionEvent, StartAnswered, StopAnswered, StopRequested
from laddnav.sessions.model import CdrToken, Session
from laddnav.sessions.model import Status as SessionStatus
from laddnav.sessions.rules import EvseBusy
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Allowed, Authorization, TokenKey, TokenType
from laddnav.tokens.routes import TokenChange, change_token
from tests import things
from tests.clock import SetClock
from tests.things import US, WHERE, settled, token

heard: list[SessionEvent] = []


async def hear(database: Database, event: SessionEvent) -> None:
    heard.append(event)


@pytest.fixture
def hears() -> Mapping[type[Event], Sequence[Listener]]:
    heard.clear()
    return {StartAnswered: [hear], StopRequested: [hear], StopAnswered: [hear]}


async def somebody_waits(database: Database) -> None:
    """Until somebody waits for a row that somebody else holds."""
    waits = "select exists (select from pg_stat_activity where wait_event_type = 'Lock')"
    async with asyncio.timeout(10):
        while True:
            async with database.unit() as unit:
                if await unit.value(waits):
                    return
            await asyncio.sleep(0.01)


def card(uid: str) -> CdrToken:
    return CdrToken(owner=US, uid=uid, type=TokenType.RFID, contract_id=f"SE-LAD-C{uid}")


async def test_of_two_starts_at_one_evse_at_one_moment_one_is_too_late(database: Database) -> None:
    """Else two drivers would be told that the station is asked to begin for them."""
    await settled(database)

    async def start(uid: str) -> Session:
        async with database.unit() as unit:
            return await sessions.request_start(unit, holder=US, token=card(uid), evse=WHERE)

    async with database.unit() as first:
        await sessions.request_start(first, holder=US, token=card("CARD1"), evse=WHERE)
        second = asyncio.create_task(start("CARD2"))
        await somebody_waits(database)
    with pytest.raises(EvseBusy):
        await second
    async with database.unit() as unit:
        assert [one.token.uid for one in await sessions.page(unit, US)] == ["CARD1"]


async def test_a_start_from_afar_at_the_moment_of_one_at_the_station_is_too_late(
    database: Database, clock: SetClock
) -> None:
    station = await settled(database)

    async def start() -> Session:
        async with database.unit() as unit:
            return await sessions.request_start(unit, holder=US, token=card("CARD2"), evse=WHERE)

    async with database.unit() as unit:
        given = Authorization(allowed=Allowed.ALLOWED, token=token())
        await sessions.begin(unit, station=station, evse_no=1, uid="CARD1", given=given, at=clock.now(), register=wh(0))
        await unit.value("select 1")
        from_afar = asyncio.create_task(start())
        await somebody_waits(database)
    with pytest.raises(EvseBusy):
        await from_afar
    async with database.unit() as unit:
        assert [one.status for one in await sessions.page(unit, US)] == [SessionStatus.ACTIVE]


async def test_a_status_and_a_new_description_of_the_place_never_wait_for_each_other_in_a_ring(
    database: Database,
) -> None:
    await settled(database)

    async def describe() -> None:
        async with database.unit() as unit:
            await locations.keep(unit, US, things.location(name="Kajen, norra"))

    async with database.unit() as unit:
        assert await locations.report_status(unit, US, US, "LOC1", "EVSE1", Status.CHARGING, unit.now)
        describing = asyncio.create_task(describe())
        await somebody_waits(database)
    await describing
    async with database.unit() as unit:
        kept = await locations.fetch(unit, US, US, "LOC1")
    assert kept.name == "Kajen, norra"


async def test_of_two_changes_of_a_token_at_one_moment_neither_is_lost(database: Database, clock: SetClock) -> None:
    """The Unit that began first may come second to the row; what it says still counts."""
    await settled(database)
    key = TokenKey(US, TokenType.RFID, "CARD1")
    where = ("SE", "LAD", TokenType.RFID, "CARD1")
    async with database.unit() as early:
        clock.advance(timedelta(seconds=30))
        async with database.unit() as late:
            await change_token(late, *where, TokenChange(credit=Decimal(5)))
        said = await change_token(early, *where, TokenChange(blocked=True))
    async with database.unit() as unit:
        kept = await tokens.fetch(unit, US, key)
    assert (kept.blocked, kept.credit) == (said.thing.blocked, said.thing.credit) == (True, Decimal(5))


async def test_everybody_who_asked_for_a_stop_is_told_the_answer(database: Database, clock: SetClock) -> None:
    """News about one thing replace each other while they wait; an answer to one is no answer to another."""
    station = await settled(database)
    async with database.unit() as unit:
        given = Authorization(allowed=Allowed.ALLOWED, token=token())
        charge = await sessions.begin(
            unit, station=station, evse_no=1, uid="CARD1", given=given, at=clock.now(), register=wh(0)
        )
    for command in ("first", "second"):
        async with database.unit() as unit:
            await sessions.request_stop(unit, US, charge.id, command)
        async with database.unit() as unit:
            await sessions.answer_stop(unit, US, charge.id, "ACCEPTED", command)
    await drain(database)
    asked = [one.request for one in heard if isinstance(one, StopRequested)]
    told = [one.request for one in heard if isinstance(one, StopAnswered)]
    assert sorted(map(str, asked)) == sorted(map(str, told)) == ["first", "second"]
