"""Stations of npm's ocpp-rpc, which hold our messages against the official schemas and come back by themselves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from laddnav.db.outbox import drain
from laddnav.db.unit import Database
from laddnav.kit.energy import wh
from laddnav.locations import actions as locations
from laddnav.locations.actions import Provisioning
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import AuthMethod, Status
from tests.clock import SetClock
from tests.ocpp.conftest import until
from tests.ocpp.others.line import line_to
from tests.ocpp.others.node import Failed, OfNpm, of_npm
from tests.ocpp.others.words import WORDS
from tests.ocpp.stations import all_sessions, doubts
from tests.ocpp.test_asked_from_here import announced, now_is, start_from_afar
from tests.things import US

MINUTE = timedelta(minutes=1)
every_version = pytest.mark.parametrize("protocol", WORDS)


@pytest.fixture(autouse=True)
async def speaks_every_version(url: str, database: Database) -> None:
    async with database.unit() as unit:
        await locations.provision(unit, "ST1", Provisioning(protocols=tuple(WORDS)))


def asked(station: OfNpm, action: str) -> Callable[[], list[dict[str, Any]]]:
    return lambda: [words for name, words in station.asked if name == action]


def told(database: Database, kind: str) -> Callable[[], Awaitable[bool]]:
    """Before the clock goes on, or the call would be too old to be answered."""

    async def is_told() -> bool:
        return bool(await announced(database, kind))

    return is_told


@every_version
async def test_a_charge_by_card_and_one_from_afar(url: str, database: Database, clock: SetClock, protocol: str) -> None:
    """B01.FR.02 E01.FR.11 E01.FR.12 F01 F03: nothing that it hears is other than the schemas say."""
    words = WORDS[protocol]()
    async with of_npm(url, protocol) as station:
        assert await station.connect() == protocol
        assert (await station.say(*words.boot()))["status"] == "Accepted"
        assert await station.say(*words.status(clock.now())) == {}
        assert set(await station.say("Heartbeat")) == {"currentTime"}
        verdicts = [words.verdict(await station.say(*words.card(uid))) for uid in ("CARD1", "NOBODY")]
        assert verdicts == ["Accepted", "Invalid"]

        assert words.verdict(await station.say(*words.begin(clock.now(), 1000))) == "Accepted"
        await station.say(*words.measure(clock.advance(10 * MINUTE), 4000))
        await station.say(*words.end(clock.advance(10 * MINUTE), 4500))

        from_afar = await start_from_afar(database)
        await until(asked(station, words.start))
        (start,) = asked(station, words.start)()
        await until(told(database, "StartAnswered"))
        assert words.verdict(await station.say(*words.begin(clock.advance(MINUTE), 4500, start))) == "Accepted"
        assert await now_is(database, from_afar, Status.ACTIVE)
        async with database.unit() as unit:
            await sessions.request_stop(unit, US, from_afar.id, "command-2")
        await drain(database)
        await until(asked(station, words.stop))
        await until(told(database, "StopAnswered"))
        await station.say(*words.end(clock.advance(10 * MINUTE), 6000))

        by_card, by_command = await all_sessions(database)
        assert (by_card.status, by_card.energy) == (Status.COMPLETED, wh(3500))
        assert (by_command.status, by_command.energy) == (Status.COMPLETED, wh(1500))
        assert by_command.auth_method is AuthMethod.COMMAND
        for answered in ("StartAnswered", "StopAnswered"):
            assert [answer["result"] for answer in await announced(database, answered)] == ["ACCEPTED"]
        assert await doubts(database) == []
        assert station.unfit == []


@every_version
async def test_a_line_that_breaks_in_the_middle_of_a_frame_costs_no_charge(
    url: str, database: Database, clock: SetClock, protocol: str
) -> None:
    """OCPP 2.0.1 part 2 E §1.3.1: it comes back and says again what was not answered, whether all or a part arrived."""
    words = WORDS[protocol]()
    port = urlsplit(url).port
    assert port is not None
    async with line_to(port) as (line, near), of_npm(f"ws://127.0.0.1:{near}/ocpp", protocol) as station:
        await station.connect()
        await station.say(*words.boot())

        begin = words.begin(clock.now(), 0)
        line.break_after(40, "station")
        with pytest.raises(Failed, match="disconnected"):
            await station.say(*begin)
        assert await all_sessions(database) == []
        assert words.verdict(await station.say(*begin)) == "Accepted"

        end = words.end(clock.advance(10 * MINUTE), 2000)
        line.break_after(10, "server")
        with pytest.raises(Failed, match="disconnected"):
            await station.say(*end)
        (unanswered,) = await all_sessions(database)
        await station.say(*end)

        (session,) = await all_sessions(database)
        assert session == unanswered
        assert (session.status, session.energy) == (Status.COMPLETED, wh(2000))
        assert station.line == ["open", "cut", "open", "cut", "open"]
        assert await doubts(database) == []
        assert station.unfit == []


async def test_a_wrong_password_is_no_way_in(url: str) -> None:
    """A00.FR.207."""
    async with of_npm(url, "ocpp1.6", password="not-its-password") as station:
        with pytest.raises(Failed, match="401"):
            await station.connect()
