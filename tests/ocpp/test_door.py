"""What anybody may do at the door of stations, how often, and how much of it is remembered."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import timedelta
from typing import Any, cast

import pytest
from starlette.websockets import WebSocket
from structlog.testing import capture_logs
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from laddnav.db.unit import Database
from laddnav.locations import actions as locations
from laddnav.locations.actions import STRANGERS_MAX, Provisioning
from laddnav.locations.model import Station
from laddnav.ocpp import actions, attention, calls
from laddnav.ocpp.connection import Connection
from laddnav.ocpp.door import FREE_FAILURES, GUESSERS_MAX, Guard
from laddnav.ocpp.forgetting import forget_old
from laddnav.ocpp.ills import Ill
from laddnav.ocpp.leaving import again_in
from laddnav.ocpp.serve import Sockets
from laddnav.ocpp.settings import Keeping
from laddnav.ocpp.wire.dialects import DIALECTS
from tests.clock import SetClock
from tests.ocpp.conftest import PASSWORD, Raw, until
from tests.ocpp.stations import BOOT
from tests.things import US

SHORT = "of fifteen char"
GUESSER, NEIGHBOUR = ("192.0.2.1", "ST1"), ("192.0.2.2", "ST1")


async def test_guessing_a_station_s_password_is_slowed_down(url: str) -> None:
    statuses = []
    for number in range(FREE_FAILURES + 3):
        with pytest.raises(InvalidStatus) as refused:
            await Raw.connect(url, password=f"guess {number}")
        statuses.append(refused.value.response.status_code)
    assert statuses[:FREE_FAILURES] == [401] * FREE_FAILURES and 429 in statuses


async def test_whoever_is_not_let_in_is_one_line_of_the_log(url: str, caplog: pytest.LogCaptureFixture) -> None:
    """Of ours, and none of the server, which would take the answer for a handshake that was never answered."""
    with capture_logs() as lines:
        for id, password in (("ST1", "guessed"), ("ST9", PASSWORD)):
            with pytest.raises(InvalidStatus):
                await Raw.connect(url, id=id, password=password)
    denied = [(one["log_level"], one["station"], one["status"], one["encrypted"]) for one in lines]
    assert denied == [("info", "ST1", 401, False), ("info", "ST9", 404, False)]
    assert all(one["event"] == "station_denied" and one["why"] and PASSWORD not in str(one) for one in lines)
    assert caplog.records == []


async def test_a_silent_station_that_knocks_in_vain_is_listed_with_what_it_lacks_until_it_is_let_in(
    url: str, database: Database, clock: SetClock
) -> None:
    """It lost its password, or its new firmware speaks another version than it may here."""

    async def ails() -> set[tuple[Ill, str]]:
        async with database.unit() as unit:
            return {
                (one.ill, str(one.noticed[0])[:16] if one.noticed else "") for one in await attention.wanted(unit, US)
            }

    station = await Raw.connect(url)
    with pytest.raises(InvalidStatus):
        await Raw.connect(url, password="of yesterday")
    assert await ails() == set()
    await station.socket.close()
    await until(lambda: is_gone(database))
    clock.advance(timedelta(hours=2))
    assert await ails() == {(Ill.SILENT, "")}
    with pytest.raises(InvalidStatus):
        await Raw.connect(url, password="of yesterday")
    assert await ails() == {(Ill.SHUT_OUT, "security profile")}
    with pytest.raises(ConnectionClosed):
        await (await Raw.connect(url, protocol="ocpp1.5")).hear()
    assert await ails() == {(Ill.SHUT_OUT, "speak one of: oc")}
    await Raw.connect(url)
    assert await ails() == set()


async def is_gone(database: Database) -> bool:
    async with database.unit() as unit:
        return (await locations.station(unit, "ST1")).connected_at is None


async def test_who_knocks_while_the_database_is_away_hears_when_to_come_again(url: str, database: Database) -> None:
    async with database.unit() as unit:
        unit.write("lock table station")
        await unit.value("select 1")  # which has it carried out
        knocking = asyncio.create_task(Raw.connect(url))

        async def cut_off() -> bool:
            """Whoever is looked up with others is tried again alone."""
            waits = "select pg_terminate_backend(pid) from pg_stat_activity where wait_event_type = 'Lock'"
            async with database.unit() as other:
                await other.value(f"{waits} and datname = current_database()")
            return knocking.done()

        await until(cut_off)
        with pytest.raises(InvalidStatus) as refused:
            await knocking
    assert refused.value.response.status_code == 503
    assert refused.value.response.headers["Retry-After"] == str(again_in("ST1"))
    assert refused.value.response.body == b"not now; come again", "what the trouble is, is for the log"
    assert (await (await Raw.connect(url)).ask("Heartbeat", {}))[0] == 3


async def test_a_short_password_of_before_opens_and_is_known_to_be_short_until_another_is_set(
    url: str, database: Database
) -> None:
    """A00.FR.205: nobody counted its characters when it was set; a station that works is not sent away for it."""

    async def is_short() -> bool:
        async with database.unit() as unit:
            return (await locations.station(unit, "ST1")).password_short

    async with database.unit() as unit:
        await unit.execute("update station set password_hash = $1 where id = 'ST1'", locations.hashed(SHORT))
    assert not await is_short()
    for _ in range(2):
        station = await Raw.connect(url, password=SHORT)
        assert await is_short()
        await station.socket.close()
    async with database.unit() as unit:
        await locations.provision(unit, "ST1", Provisioning(password=PASSWORD))
    assert not await is_short()
    await Raw.connect(url)
    assert not await is_short()


@pytest.mark.parametrize(("key", "short"), [(bytes(range(236, 256)), False), (bytes(range(246, 256)), True)])
async def test_a_key_of_ocpp_1_6_is_counted_in_bytes_where_a_station_comes_with_them(
    url: str, database: Database, key: bytes, short: bool
) -> None:
    """A00.FR.205: 16 bytes or more; set as hexadecimal digits, of which there are twice as many."""
    async with database.unit() as unit:
        await locations.provision(unit, "ST1", Provisioning(password=key.hex()))
    authorization = {"Authorization": f"Basic {base64.b64encode(b'ST1:' + key).decode()}"}
    async with connect(f"{url}/ST1", subprotocols=[Subprotocol("ocpp1.6")], additional_headers=authorization):
        async with database.unit() as unit:
            assert (await locations.station(unit, "ST1")).password_short is short


async def test_a_station_that_knows_its_password_is_never_slowed_down(url: str) -> None:
    for _ in range(3):
        for number in range(FREE_FAILURES - 1):
            with pytest.raises(InvalidStatus):
                await Raw.connect(url, password=f"guess {number}")
        station = await Raw.connect(url, password=PASSWORD)
        await station.socket.close()


async def test_a_station_that_boots_in_a_loop_is_sent_away_to_wait(url: str) -> None:
    station = await Raw.connect(url)
    for number in range(FREE_FAILURES + 1):
        assert (await station.ask("BootNotification", BOOT, str(number)))[0] == 3
    await station.say(json.dumps([2, "last", "BootNotification", BOOT]))
    with pytest.raises(ConnectionClosed) as closed:
        await station.hear()
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 1008


def test_the_wait_doubles_up_to_a_minute_and_is_the_guesser_s_alone() -> None:
    guard, now, waits = Guard(), 1000.0, []
    for _ in range(FREE_FAILURES + 8):
        guard.failed(GUESSER, now)
        began = now
        while guard.waits(GUESSER, now):
            now += 1
        waits.append(now - began)
    assert waits == [0] * FREE_FAILURES + [2, 4, 8, 16, 32, 64, 64, 64]
    assert not guard.waits(NEIGHBOUR, now)
    guard.let_in(GUESSER)
    guard.failed(GUESSER, now)
    assert not guard.waits(GUESSER, now)


def test_a_guard_forgets_who_need_not_wait_any_more() -> None:
    guard = Guard()
    for number in range(GUESSERS_MAX + 5):
        guard.failed((f"address {number}", "ST1"), 0.0)
    assert len(guard._failures) < 10


async def test_only_the_last_strangers_are_remembered(database: Database, clock: SetClock) -> None:
    """Anybody may knock under any name."""
    for number in range(STRANGERS_MAX + 20):
        clock.advance(timedelta(seconds=1))
        async with database.unit() as unit:
            locations.knocked(unit, f"S{number}", address="192.0.2.1", protocols="")
    async with database.unit() as unit:
        known = await locations.strangers(unit, limit=10_000)
    assert len(known) == STRANGERS_MAX
    assert known[0].id == f"S{STRANGERS_MAX + 19}"


async def test_frames_are_kept_for_as_long_as_somebody_may_ask(url: str, database: Database, clock: SetClock) -> None:
    station = await Raw.connect(url)
    await station.ask("Heartbeat", {}, "1")
    for age, many in ((timedelta(days=90), 2), (timedelta(days=100), 0)):
        clock.advance(age)
        await forget_old(database, Keeping())
        async with database.unit() as unit:
            kept = await locations.station(unit, "ST1")
            assert len(await actions.messages(unit, kept)) == many
    await station.socket.close()


async def test_a_new_password_for_a_station_is_told_to_it_and_not_written_down(url: str, database: Database) -> None:
    station = await Raw.connect(url)
    asking = asyncio.create_task(
        calls.ask(database, "ST1", "ChangeConfiguration", {"key": "authorizationkey", "value": "open-sesame"})
    )
    _, id, _, payload = await station.hear()
    assert payload["value"] == "open-sesame"
    await station.say(json.dumps([3, id, {"status": "Accepted"}]))
    assert (await asking).result == {"status": "Accepted"}
    async with database.unit() as unit:
        kept = await actions.messages(unit, await locations.station(unit, "ST1"))
    assert [one.action for one in kept] == ["ChangeConfiguration", "ChangeConfiguration"]
    assert "open-sesame" not in str(kept)
    await station.socket.close()


class Broken:
    """A socket that hears one frame and can say nothing."""

    def __init__(self) -> None:
        self.frames = ['[2,"1","Heartbeat",{}]']
        self.closed_with: int | None = None
        self.closed = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        if not self.frames:
            await self.closed.wait()
            return {"type": "websocket.disconnect"}
        return {"type": "websocket.receive", "text": self.frames.pop()}

    async def send_text(self, text: str) -> None:
        raise ValueError("what nobody thought of")

    async def close(self, code: int, reason: str) -> None:
        self.closed_with = code
        self.closed.set()


async def test_a_line_that_breaks_is_closed_and_does_not_look_alive(
    database: Database, station: Station, sockets: Sockets
) -> None:
    """A station that is heard and never answered would wait for ever; one that is cut off comes again."""
    socket = Broken()
    line = Connection(sockets, cast(WebSocket, socket), station, DIALECTS["ocpp1.6"])
    async with asyncio.timeout(10):
        await line.run()
    assert socket.closed_with == 1011
