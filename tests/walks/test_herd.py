"""A thousand stations go over from a process that ends to another: one after the other, and not as a herd."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random  # noqa: TID251 - seeded dice for how long a station waits

import pytest

from laddnav.db.unit import Database
from laddnav.kit.ids import EvseRef
from laddnav.locations import actions as locations
from laddnav.ocpp.leaving import EACH_SECOND
from laddnav.parties import actions as parties
from laddnav.server.clock import WallClock
from laddnav.sessions import actions as sessions
from laddnav.sim.bench.load import Refused
from laddnav.sim.bench.sockets import SocketAsker
from laddnav.tariffs import actions as tariffs
from laddnav.tokens import actions as tokens
from tests.forked import Nursery
from tests.things import evse, location, party, tariff, token
from tests.walks.companies import NETWORK
from tests.walks.several import Several

STATIONS = 1_000
AT_ONE_PLACE = 20
BACK_OFF = 1.0  # seconds at most until a station tries again: far less than OCPP-J 2.0.1 §5.3 has in mind


class Station:
    """On the line whenever it can be; says what it has to say until it is answered."""

    def __init__(self, id: str, port: int, dice: Random) -> None:
        self.id = id
        self.came: list[float] = []  # on the loop's clock
        self._port = port
        self._dice = dice
        self._socket: SocketAsker | None = None

    async def tell(self, action: str, payload: dict[str, object]) -> dict[str, object]:
        message = json.dumps([2, f"{self.id}-{action}", action, payload]).encode()
        while True:
            with suppress(OSError, Refused):
                if self._socket is None:
                    self._socket = await SocketAsker.connected(self._port, f"/ocpp/{self.id}", {}, answers=b"[3")
                    self.came.append(asyncio.get_running_loop().time())
                answer = json.loads(await self._socket.say(message))
                return dict(answer[2])
            self.leave()
            await asyncio.sleep(self._dice.random() * BACK_OFF)

    async def notice(self) -> None:
        """Come back when it is sent away."""
        came = len(self.came)
        while len(self.came) == came:
            await self.tell("Heartbeat", {})
            await asyncio.sleep(1 + self._dice.random())

    def leave(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


@pytest.fixture
async def seen(database_url: str) -> AsyncIterator[Database]:
    """The network with its stations, which show no password: how long one takes to check is known."""
    database = await Database.connect(database_url, clock=WallClock(), size=2)
    async with database.unit() as unit:
        await parties.add(unit, party(NETWORK, ref=unit.new_id()))
        await tariffs.keep(unit, NETWORK, tariff())
        await tokens.keep(unit, NETWORK, token(owner=NETWORK))
        for place in range(STATIONS // AT_ONE_PLACE):
            uids = [f"EVSE{place * AT_ONE_PLACE + number}" for number in range(AT_ONE_PLACE)]
            await locations.keep(unit, NETWORK, location(id=f"LOC{place}", evses=tuple(evse(uid) for uid in uids)))
            for uid in uids:
                await locations.add_station(unit, NETWORK, f"ST-{uid}")
                await locations.attach(unit, f"ST-{uid}", 1, EvseRef(f"LOC{place}", uid))
        await unit.execute("update station set security_profile = 0, on_connect = 'none'")
    yield database
    await database.close()


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_a_thousand_stations_go_over_to_another_process_and_nothing_that_they_say_is_lost(
    seen: Database, nursery: Nursery, database_url: str, tmp_path: Path
) -> None:
    """Each ends its charge while its process ends, and says so until it is heard."""
    dice = Random(1)
    async with Several.of(nursery, database_url, tmp_path) as several:
        one = await several.start("one", "--only", "ocpp", "--port", "0", "--share-port")
        stations = [Station(f"ST-EVSE{number}", one.port, dice) for number in range(STATIONS)]
        started = {"connectorId": 1, "idTag": "CARD1", "meterStart": 0, "timestamp": "2026-11-20T08:00:00Z"}
        charges = await told(stations, "StartTransaction", [started] * STATIONS)
        await several.start("two", "--only", "ocpp", "--port", str(one.port), "--share-port")

        loop = asyncio.get_running_loop()
        noticing = [asyncio.create_task(station.notice()) for station in stations]
        asked_at = loop.time()
        os.kill(one.pid, signal.SIGTERM)
        await asyncio.gather(*noticing)
        assert await one.ended() == 0
        ended = {"meterStop": 5_000, "timestamp": "2026-11-20T09:00:00Z"}
        await told(stations, "StopTransaction", [ended | {"transactionId": one["transactionId"]} for one in charges])
        came = sorted(station.came[1] - asked_at for station in stations)
        peak = max(Counter(int(at) for at in came).values())
        print(f"all {STATIONS} are back after {came[-1]:.1f} s, at most {peak} in a second")  # noqa: T201 - the figure
        for station in stations:
            station.leave()
    assert peak <= 4 * EACH_SECOND, "a herd, also where the machine has much else to do"
    assert came[-1] <= STATIONS / EACH_SECOND + 40
    assert await stopped(seen) == [5_000] * STATIONS


async def told(
    stations: Sequence[Station], action: str, payloads: Sequence[dict[str, object]]
) -> list[dict[str, object]]:
    """What each is answered, in the order of the stations; not all speak at once."""
    turns = asyncio.Semaphore(20)

    async def tell(station: Station, payload: dict[str, object]) -> dict[str, object]:
        async with turns:
            return await station.tell(action, payload)

    return await asyncio.gather(*(tell(*each) for each in zip(stations, payloads, strict=True)))


async def stopped(database: Database) -> Sequence[int | None]:
    """What each meter said last."""
    async with database.unit() as unit:
        kept = await sessions.page(unit, NETWORK, limit=2 * STATIONS)
    return [None if one.meter_stopped is None else int(one.meter_stopped) for one in kept]
