"""A served installation with one station's place in it, and stations to hang on it."""

from __future__ import annotations

import asyncio
import base64
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from random import Random  # noqa: TID251 - seeded dice for the stations of the street
from typing import Any

import pytest
import websockets
from starlette.applications import Starlette
from websockets.asyncio.client import ClientConnection
from websockets.typing import Subprotocol

from laddnav.db.events import Event
from laddnav.db.unit import Database, Listener
from laddnav.kit.power import kw
from laddnav.locations.model import Station
from laddnav.ocpp import calls
from laddnav.ocpp.serve import Sockets
from laddnav.server.handshakes import Answered
from laddnav.sessions.events import StartRequested, StopRequested
from laddnav.sim.station import WELL_BEHAVED, Manners, SimStation
from tests.clock import SetClock
from tests.serving import Server, listening
from tests.things import settled

PASSWORD = "a-password-of-16-bytes"


@pytest.fixture
def hears() -> Mapping[type[Event], Sequence[Listener]]:
    return {StartRequested: [calls.start_requested], StopRequested: [calls.stop_requested]}


@pytest.fixture
async def station(database: Database) -> Station:
    """ST1 behind EVSE1 and EVSE2 of LOC1."""
    return await settled(database)


@pytest.fixture
async def sockets(database: Database) -> Sockets:
    return Sockets(database, process="test")


@pytest.fixture
async def url(database: Database, station: Station, sockets: Sockets) -> AsyncIterator[str]:
    """Where stations connect; what they are to be asked is sent while this lives."""
    app = Starlette(routes=[sockets.route()])
    server = Server(app, ws=Answered, log_level="warning", ws_ping_interval=None)
    sock = listening()
    await server.up(sock)
    asking = asyncio.create_task(sockets.run())
    yield f"ws://127.0.0.1:{sock.getsockname()[1]}/ocpp"
    for connection in list(sockets.connections.values()):
        await connection.close(1001, "the test is over")
    asking.cancel()
    await server.down()
    await asyncio.gather(asking, return_exceptions=True)


@pytest.fixture
async def street(url: str, clock: SetClock) -> AsyncIterator[Callable[..., SimStation]]:
    """Makes stations of the street; each does what the test says, and nothing by itself."""
    made: list[SimStation] = []

    def make(id: str = "ST1", *, manners: Manners = WELL_BEHAVED, seed: int = 1, **settings: Any) -> SimStation:
        settings = {"password": PASSWORD, "plugs": {1: kw(22), 2: kw(22)}, "sample_every": None} | settings
        made.append(SimStation(id, url, clock=clock, dice=Random(seed), manners=manners, **settings))
        return made[-1]

    yield make
    for one in made:
        await one.go_offline()


async def until(true: Callable[[], Any], seconds: float = 30) -> None:
    """Wait for what will be so; a test that waits in vain fails here."""
    async with asyncio.timeout(seconds):
        while True:
            value = true()
            if isinstance(value, Awaitable):
                value = await value
            if value:
                return
            await asyncio.sleep(0.01)


class Raw:
    """A socket without manners: sends any text, and reads what comes."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self._asked_meanwhile = deque[Any]()

    @classmethod
    async def connect(cls, url: str, id: str = "ST1", password: str = PASSWORD, protocol: str = "ocpp1.6") -> Raw:
        token = base64.b64encode(f"{id}:{password}".encode()).decode()
        socket = await websockets.connect(
            f"{url}/{id}",
            subprotocols=[Subprotocol(protocol)],
            additional_headers={"Authorization": f"Basic {token}"},
            max_size=None,
        )
        return cls(socket)

    async def say(self, text: str | bytes) -> None:
        await self.socket.send(text)

    async def hear(self) -> Any:
        return self._asked_meanwhile.popleft() if self._asked_meanwhile else await self._next()

    async def ask(self, action: str, payload: dict[str, Any], id: str = "1") -> Any:
        """The answer; what the server asks of itself meanwhile is heard afterwards."""
        await self.say(json.dumps([2, id, action, payload]))
        while (frame := await self._next())[0] == 2:
            self._asked_meanwhile.append(frame)
        return frame

    async def _next(self) -> Any:
        async with asyncio.timeout(10):
            return json.loads(await self.socket.recv())


async def somebody_waits(database: Database) -> bool:
    """For a lock that another holds."""
    waits = (
        "select exists (select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database())"
    )
    async with database.unit() as unit:
        return bool(await unit.value(waits))
