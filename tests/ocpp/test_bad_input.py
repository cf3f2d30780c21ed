"""Garbage, floods and what cannot be kept: the line goes on, or is hung up on."""

from __future__ import annotations

import json

import pytest
import websockets

from laddnav.db.unit import Database
from laddnav.tokens import actions as tokens
from tests.ocpp.conftest import Raw, until
from tests.ocpp.stations import STAMP, count
from tests.things import US, token


async def test_garbage_is_answered_and_the_line_goes_on(url: str, database: Database) -> None:
    raw = await Raw.connect(url)
    for garbage in ("hello", "[]", b"\x00\xff", '[2,"7","Heartbeat"]', "[" * 50_000):
        await raw.say(garbage)
        assert (await raw.hear())[2] == "FormationViolation"
    await raw.say('[6,"1","NotifyPeriodicEventStream",{}]')
    await raw.say('[3,"nobody asked",{}]')
    assert (await raw.ask("Heartbeat", {}))[2] == {"currentTime": STAMP}
    assert await count(database, "session") == 0


async def test_ten_megabytes_are_refused_under_their_own_id(url: str) -> None:
    raw = await Raw.connect(url)
    await raw.say('[2,"big","DataTransfer",{"vendorId":"x","data":"' + "x" * 10_000_000 + '"}]')
    assert (await raw.hear())[:3] == [4, "big", "FormationViolation"]
    assert (await raw.ask("Heartbeat", {}))[0] == 3


async def test_endless_garbage_is_hung_up_on(url: str) -> None:
    raw = await Raw.connect(url)
    with pytest.raises(websockets.ConnectionClosed):
        for _ in range(200):
            await raw.say("garbage")
            await raw.hear()


async def test_a_flood_is_answered_in_its_order_and_costs_nobody_else(url: str, database: Database) -> None:
    raw = await Raw.connect(url)
    for number in range(300):
        await raw.say(json.dumps([2, str(number), "Heartbeat", {}]))
    heard = [(await raw.hear())[1] for _ in range(300)]
    assert heard == [str(number) for number in range(300)]


async def test_a_message_that_cannot_be_kept_is_answered_with_an_error_and_the_next_one_is_heard(
    url: str, database: Database
) -> None:
    raw = await Raw.connect(url)
    async with database.unit() as unit:
        unit.write("alter table authorization_given rename to away")
    try:
        assert (await raw.ask("Authorize", {"idTag": "CARD1"}))[2] == "InternalError"
    finally:
        async with database.unit() as unit:
            unit.write("alter table away rename to authorization_given")
    assert (await raw.ask("Authorize", {"idTag": "CARD1"}, "2"))[2] == {"idTagInfo": {"status": "Accepted"}}


async def test_who_says_something_while_the_database_goes_away_is_hung_up_on_and_keeps_it(
    url: str, database: Database
) -> None:
    """OCPP 1.6 §9.1.31: after some errors a station would give it up."""
    raw = await Raw.connect(url)
    async with database.unit() as unit:
        unit.write("lock table authorization_given")
        await unit.value("select 1")  # which has it carried out
        await raw.say(json.dumps([2, "1", "Authorize", {"idTag": "CARD1"}]))

        async def cut_off() -> bool:
            waits = "select pg_terminate_backend(pid) from pg_stat_activity where wait_event_type = 'Lock'"
            async with database.unit() as other:
                return bool(await other.value(f"{waits} and datname = current_database()"))

        await until(cut_off)
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await raw.hear()
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 1011
    again = await Raw.connect(url)
    assert (await again.ask("Authorize", {"idTag": "CARD1"}, "1"))[2] == {"idTagInfo": {"status": "Accepted"}}


async def test_a_group_may_end_what_one_of_it_began(url: str, database: Database) -> None:
    """TOK-019"""
    async with database.unit() as unit:
        await tokens.keep(unit, US, token("CARD2", group_id="family"))
    raw = await Raw.connect(url)
    start = {"connectorId": 1, "idTag": "CARD1", "meterStart": 1000, "timestamp": STAMP}
    number = (await raw.ask("StartTransaction", start, "1"))[2]["transactionId"]
    stop = {"transactionId": number, "meterStop": 5000, "timestamp": "2026-11-23T09:00:00Z", "idTag": "CARD2"}
    assert (await raw.ask("StopTransaction", stop, "2"))[2] == {
        "idTagInfo": {"status": "Accepted", "parentIdTag": "family"}
    }
