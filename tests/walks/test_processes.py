"""Two processes carry the stations of one installation: what one is asked the other one says, and one may die."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import websockets

from laddnav.db.unit import Database
from laddnav.locations import actions as locations
from laddnav.people import actions as people
from laddnav.people.model import Role
from laddnav.server.clock import WallClock
from laddnav.sessions import actions as sessions
from laddnav.tokens import actions as tokens
from tests.forked import Nursery, Serving
from tests.ocpp.conftest import Raw, until
from tests.things import token
from tests.walks.companies import NETWORK, furnish_network
from tests.walks.several import BOOT, Desk, Hanging, Several, stations_of

RESET = ("Reset", {"type": "Soft"})
START = {"connectorId": 1, "idTag": "CARD1", "meterStart": 1000, "timestamp": "2026-11-20T08:00:00Z"}
PARTS = ("--only", "ocpp,web", "--port", "0")


@pytest.fixture
async def seen(database_url: str) -> AsyncIterator[Database]:
    """The network with its station ST1, and what is kept of it."""
    database = await Database.connect(database_url, clock=WallClock(), size=2)
    async with database.unit() as unit:
        await furnish_network(unit)
        await locations.provision(unit, "ST1", locations.Provisioning(on_connect="none"))
        await tokens.keep(unit, NETWORK, token(owner=NETWORK))
    yield database
    await database.close()


async def a_key(database: Database) -> str:
    async with database.unit() as unit:
        return (await people.create_key(unit, name="a desk", role=Role.OPERATOR, holder=NETWORK, by="a test")).secret


async def test_a_command_finds_its_station_and_neither_a_kill_nor_an_end_loses_what_was_acknowledged(
    seen: Database, nursery: Nursery, database_url: str, tmp_path: Path
) -> None:
    async with Several.of(nursery, database_url, tmp_path) as several:
        one, other = await asyncio.gather(several.start("one", *PARTS), several.start("other", *PARTS))
        key = await a_key(seen)
        await it_is_asked_wherever_it_hangs(one, other, key)
        await one_is_killed_and_the_other_has_it_once(one, other, key, seen)
        await what_is_under_way_is_answered_before_the_end(other, key, seen)


@pytest.mark.long
async def test_what_a_dead_process_had_not_sent_another_one_sends_and_what_it_had_is_not_said_twice(
    seen: Database, nursery: Nursery, database_url: str, tmp_path: Path
) -> None:
    """Nobody starts it again: its station counts as connected until it is clear that nobody will."""
    async with Several.of(nursery, database_url, tmp_path) as several:
        one, other = await asyncio.gather(several.start("one", *PARTS), several.start("other", *PARTS))
        desk = Desk(other, await a_key(seen))
        async with Hanging.on(one, "ST1") as station:
            await station.ask("BootNotification", BOOT)
            station.answers.clear()
            sent = asyncio.create_task(desk.ask("ST1", *RESET))
            await until(lambda: station.asked)
            waiting = asyncio.create_task(desk.ask("ST1", "ClearCache", {}))
            await until(lambda: claimed(seen, 2))
            await one.kill()
        assert await connected(seen)
        await until(lambda: is_away(seen), seconds=25)
        assert (await sent)[0] == 504
        async with Hanging.on(other, "ST1") as again:
            assert await waiting == (200, {"result": {"status": "Accepted"}})
            assert again.asked == ["ClearCache"]


async def claimed(seen: Database, many: int) -> bool:
    async with seen.unit() as unit:
        return bool(many == await unit.value("select count(*) from ocpp_call where claimed_by like 'one/%'"))


async def connected(seen: Database) -> bool:
    async with seen.unit() as unit:
        return (await locations.station(unit, "ST1")).connected_at is not None


async def is_away(seen: Database) -> bool:
    return not await connected(seen)


async def not_ready(process: Serving) -> bool:
    async with aiohttp.ClientSession() as web, web.get(f"{process.url}/readyz") as answer:
        return answer.status == 503


async def it_is_asked_wherever_it_hangs(one: Serving, other: Serving, key: str) -> None:
    """The newer of two sockets wins, also where they hang on two processes: the older one is given up in time."""
    async with Hanging.on(other, "ST1") as before:
        await before.ask("BootNotification", BOOT)
        assert await Desk(one, key).ask("ST1", *RESET) == (200, {"result": {"status": "Accepted"}})
        async with Hanging.on(one, "ST1") as now:
            assert await Desk(other, key).ask("ST1", *RESET) == (200, {"result": {"status": "Accepted"}})
            assert (before.asked, now.asked) == (["Reset"], ["Reset"])
            assert await before.closed() == 1008


async def one_is_killed_and_the_other_has_it_once(one: Serving, other: Serving, key: str, seen: Database) -> None:
    """A start that may have been kept and was not answered is said again; a command that was sent is not."""
    async with Hanging.on(one, "ST1") as station:
        await station.ask("BootNotification", BOOT)
        station.answers.clear()
        asked = asyncio.create_task(Desk(other, key).ask("ST1", *RESET))
        await until(lambda: station.asked)
        await station.say("StartTransaction", START, id="start")
        await one.kill()
        await station.closed()
    async with Hanging.on(other, "ST1") as again:
        started = await again.ask("StartTransaction", START, id="start")
        assert started["idTagInfo"] == {"status": "Accepted"}
        assert await again.ask("StartTransaction", START, id="start") == started
        assert await Desk(other, key).ask("ST1", *RESET) == (200, {"result": {"status": "Accepted"}})
        assert again.asked == ["Reset"]
        assert not asked.done()
        asked.cancel()
    async with seen.unit() as unit:
        assert len(await sessions.page(unit, NETWORK)) == 1


async def what_is_under_way_is_answered_before_the_end(other: Serving, key: str, seen: Database) -> None:
    """1001, once both sides are answered; nobody is let in meanwhile, and readiness says why."""
    async with Hanging.on(other, "ST1") as station:
        await station.ask("BootNotification", BOOT)
        station.answers.clear()
        asked = asyncio.create_task(Desk(other, key).ask("ST1", *RESET))
        await until(lambda: station.asked)
        os.kill(other.pid, signal.SIGTERM)
        await until(lambda: not_ready(other))
        with pytest.raises(websockets.InvalidStatus) as refused:
            await Raw.connect(stations_of(other), "ST1")
        assert refused.value.response.status_code == 503
        assert 1 <= int(refused.value.response.headers["Retry-After"]) <= 30
        await station.ask("Heartbeat", {})
        station.answers.set()
        assert await asked == (200, {"result": {"status": "Accepted"}})
        assert await station.closed() == 1001
    assert await other.ended() == 0
    assert await is_away(seen)
    async with seen.unit() as unit:
        lives = [row["name"] for row in await unit.fetch("select name from process")]
    assert lives == ["one"]  # who was killed could not say so
