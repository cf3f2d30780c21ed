"""OCPP under load: thousands of stations on one process, each with a charge under way, talk and come back."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import resource
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from itertools import count, cycle
from pathlib import Path
from statistics import quantiles
from time import perf_counter

import asyncpg

from laddnav.db.unit import Unit
from laddnav.kit.ids import EvseRef
from laddnav.kit.refusal import Trouble
from laddnav.kit.time import rfc3339
from laddnav.locations import actions as locations
from laddnav.server.clock import WallClock
from laddnav.sim.bench import protocol, store
from laddnav.sim.bench.figures import Figure, Goal, Measure, Pace, effort, of_answers
from laddnav.sim.bench.ground import Ground, laid
from laddnav.sim.bench.house import card, furnish_network
from laddnav.sim.bench.load import Asking, Side, compared, cpu_seconds
from laddnav.sim.bench.sockets import SocketAsker
from laddnav.sim.bench.steps import step
from laddnav.sim.network import OURS
from laddnav.sim.process import Process
from laddnav.tokens import actions as tokens

BEGAN = timedelta(hours=12)  # before now: room for the readings that the whole run tells
READ_EVERY = timedelta(seconds=10)
POWER = 11_000  # W
PASSWORD = "sixteen-bytes-or-more"
CARD = "04A1B2C3D4E5F6"
ANSWERED_WITHIN = 10.0  # seconds; who waits longer comes again
# Seconds after it was not let in, twice as many each time: who only knocks all the time keeps the door from opening.
COMES_AGAIN, COMES_AGAIN_MOST = 0.5, 8.0
CALM = 0.05  # processor seconds within one second
# Seconds that no machine needs on which anything can be measured.
COME_WITHIN, LEAVE_WITHIN, TALK_WITHIN = 300.0, 60.0, 180.0
BY_VERBS = 100  # stations that are made as an operator makes them
AT_ONCE = 200  # stations that wait for an answer at the same time
CROWDS, OTHER_FILES = 3, 500  # of all stations, that are connected at the same time; what else is open besides
_PAGE = os.sysconf("SC_PAGE_SIZE")  # bytes

ECHO = "bare WebSocket echo on the same Uvicorn"
KEEPING_ECHO = "bare WebSocket echo after one prepared insert"
PACKAGE = "the `ocpp` package on websockets and uvloop, validating in the loop, nothing kept"
KEPT = Goal(of=Measure.VALUE, least=3_000)
IDLE = Goal(of=Measure.VALUE, most=40)
IDLE_TLS = Goal(of=Measure.VALUE, most=60)
SECURED = 2  # the security profile of who shows a password over TLS


async def stations(many: int, pace: Pace) -> list[Figure]:
    """With so many on their sockets. Raises Refused, CannotStart, DidNotStart, DidNotEnd, TooFewFiles."""
    _room_for_sockets(CROWDS * many)
    name = f"stations_{many}"
    async with _house(many) as (ground, secured, echo, package):
        server = ground.server
        ours = Crowd("stations", server, [Talker(server.port, f"/ocpp/{_id(n)}") for n in range(many)])
        bare = Crowd("echoed", echo, [Echoed(echo.port, "/echo") for _ in range(many)])
        few = range(min(many, AT_ONCE))
        keeping = Crowd("echoed and kept", echo, [Echoed(echo.port, "/keeping-echo") for _ in few])
        peer = Crowd("of the package", package, [Talker(package.port, f"/{_id(n)}") for n in range(many)])
        crowds = (ours, bare, keeping, peer)
        try:
            # First of all: what a process needed once stays in its memory.
            ours_idle, bare_idle = await ours.come(), await bare.come()
            over_tls = await _idle_over_tls(f"{name}_idle_tls", many, ground.server, secured, echo)
            _, peer_idle = await keeping.come(), await peer.come()
            found = [
                effort(f"{name}_idle", "KB", ours_idle, bare_idle, ECHO, goal=IDLE),
                effort(f"{name}_idle_peer", "KB", ours_idle, peer_idle, PACKAGE),
                over_tls,
            ]
            for what, say in {"heartbeat": Talker.beat, "meter_values": Talker.measure}.items():
                async with step(f"{name}_{what}", within=TALK_WITHIN):
                    found += await _talk(f"{name}_{what}", crowds, say, ground, pace)
            ours_back, bare_back, peer_back = [await crowd.come_back() for crowd in (ours, bare, peer)]
            return [
                *found,
                effort(f"{name}_back", "s", ours_back, bare_back, ECHO),
                effort(f"{name}_back_peer", "s", ours_back, peer_back, PACKAGE),
            ]
        finally:
            for crowd in crowds:
                crowd.leave()


async def _idle_over_tls(name: str, many: int, server: Process, port: int, echo: Process) -> Figure:
    anyone = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anyone.check_hostname, anyone.verify_mode = False, ssl.CERT_NONE
    found = []
    for crowd in (
        Crowd("stations over TLS", server, [Talker(port, f"/ocpp/{_id(many + n)}", tls=anyone) for n in range(many)]),
        Crowd("echoed over TLS", echo, [Echoed(int(echo.said[0]), "/echo", tls=anyone) for _ in range(many)]),
    ):
        found.append(await crowd.come())
        async with step(f"{crowd.name} leave", within=LEAVE_WITHIN):
            crowd.leave()
            await _calm(crowd.process.pid)
    ours, limit = found
    return effort(name, "KB", ours, limit, f"{ECHO}, with TLS", goal=IDLE_TLS)


async def _calm(pid: int) -> None:
    """It has done with whoever left it, so that nothing of that is counted with what comes next."""
    before = -1.0
    while (now := cpu_seconds(pid)) - before > CALM:
        before = now
        await asyncio.sleep(1)


async def _talk(
    name: str, crowds: Sequence[Crowd], say: Callable[[Talker], Awaitable[None]], ground: Ground, pace: Pace
) -> list[Figure]:
    ours, bare, keeping, peer = await compared(
        [Side(server=crowd.process.pid, askers=crowd.askers(say)) for crowd in crowds],
        ground.postgres,
        rounds=pace.rounds,
        seconds=pace.seconds,
        warm_up=pace.warm_up,
    )
    waits, least = crowds[0].waits(), crowds[2].waits()
    return [
        of_answers(name, "round trips", ours, keeping, KEEPING_ECHO, goal=KEPT),
        of_answers(f"{name}_echo", "round trips", ours, bare, ECHO),
        of_answers(f"{name}_peer", "round trips", ours, peer, PACKAGE),
        effort(f"{name}_p50", "ms", waits[49], least[49], KEEPING_ECHO),
        effort(f"{name}_p99", "ms", waits[98], least[98], KEEPING_ECHO),
    ]


@asynccontextmanager
async def _house(many: int) -> AsyncIterator[tuple[Ground, int, Process, Process]]:
    """Our server, to which the stations are known, and its port for TLS; the bare one; and the package's."""

    async def furnish(unit: Unit) -> None:
        await _furnish(unit, many)

    with socket.create_server(("127.0.0.1", 0)) as free:
        secured = free.getsockname()[1]
    async with laid("ocpp", furnish, "--station-port", str(secured)) as ground:
        connection = await asyncpg.connect(ground.url)
        try:
            await connection.execute(store.PREPARE)
            await connection.execute(store.SETTLE)
        finally:
            await connection.close()
        echo = await ground.beside("laddnav.sim.bench.bare", ground.url)
        yield ground, secured, echo, await ground.beside("laddnav.sim.bench.package")


async def _furnish(unit: Unit, many: int) -> None:
    """Each has a place of its own, and all the same password, whose check costs as much as that of any.

    So many are to come as they are, and as many over TLS. Those after the first ones are copies of them.
    """
    places = await furnish_network(unit, Pace(rounds=1, seconds=1, places=min(2 * many, BY_VERBS)))
    for number, place in enumerate(places):
        password = PASSWORD if number == 0 else None
        await locations.add_station(unit, OURS, _id(number), location_id=place.id, password=password)
        await locations.attach(unit, _id(number), 1, EvseRef(place.id, place.evses[0].uid))
    more = store.MORE_PLACES.format(columns=await unit.value(store.COLUMNS))
    for statement in (more, store.MORE_EVSES, store.MORE_STATIONS, store.MORE_ATTACHED):
        await unit.execute(statement, str(OURS), len(places), 2 * many, len(places))
    await unit.execute(store.ALIKE, _id(0), _id(many), SECURED)
    await tokens.keep(unit, OURS, card(unit, OURS, CARD))


def _id(number: int) -> str:
    return f"BENCH-{number:05}"


class TooFewFiles(Trouble):
    """Each socket of a station is an open file of the process that plays the stations."""


def _room_for_sockets(many: int) -> None:
    """As many as the machine allows; those whom we start inherit it. Raises TooFewFiles."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if resource.RLIM_INFINITY != most < many + OTHER_FILES:
        raise TooFewFiles(f"{many + OTHER_FILES:,} open files are needed and {most:,} allowed (`ulimit -Hn`)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


class Crowd:
    """All the stations of one server."""

    def __init__(self, name: str, process: Process, talkers: Sequence[Talker]) -> None:
        self.name = name
        self.process = process
        self._talkers = talkers
        self._waited: list[float] = []

    async def come(self) -> float:
        """KB of the server's memory that one more connection takes, once it has booted and begun its charge.

        What any number of them needs, however few they are, the first ones have brought about.
        """
        turns, first = asyncio.Semaphore(AT_ONCE), min(AT_ONCE, len(self._talkers) // 2)

        async def in_turn(talker: Talker) -> None:
            async with turns:
                await talker.come()

        async with step(f"{self.name} come", within=COME_WITHIN):
            await _all(in_turn(one) for one in self._talkers[:first])
            before, others = _memory(self.process.pid), self._talkers[first:]
            await _all(in_turn(one) for one in others)
        return max(_memory(self.process.pid) - before, _PAGE) / 1000 / len(others)

    async def come_back(self) -> float:
        """Seconds from when all were cut off, and came back at once, until the last one has booted."""
        self.leave()
        began = perf_counter()
        async with step(f"{self.name} come back", within=COME_WITHIN):
            await _all(one.come_back() for one in self._talkers)
        return perf_counter() - began

    def leave(self) -> None:
        for one in self._talkers:
            one.leave()

    def askers(self, say: Callable[[Talker], Awaitable[None]]) -> Sequence[Asking]:
        """So many that speak at once, each for a share of the stations in turn; how long they wait is kept."""
        many, self._waited = min(AT_ONCE, len(self._talkers)), []
        return [self._asker(cycle(self._talkers[first::many]), say) for first in range(many)]

    def _asker(self, share: Iterator[Talker], say: Callable[[Talker], Awaitable[None]]) -> Asking:
        async def ask() -> None:
            began = perf_counter()
            await say(next(share))
            self._waited.append(perf_counter() - began)

        return ask

    def waits(self) -> Sequence[float]:
        """Milliseconds, by percent of the answers, from 1 to 99."""
        return [1000 * one for one in quantiles(self._waited, n=100)]


class Talker:
    """One station; its register rises with the time since its charge began."""

    answers = b"[3"  # how they begin

    def __init__(self, port: int, path: str, *, tls: ssl.SSLContext | None = None) -> None:
        self._port, self._path, self._tls = port, path, tls
        self._began_at = WallClock().now() - BEGAN
        self._socket: SocketAsker | None = None
        self._charge = 0
        self._said = 0

    async def come(self) -> None:
        """On the line, booted and charging."""
        await self.come_back()
        start = {"connectorId": 1, "idTag": CARD, "meterStart": 0, "timestamp": rfc3339(self._began_at)}
        heard = await self._ask("StartTransaction", json.dumps(start).encode())
        self._charge = json.loads(heard)[2]["transactionId"]

    async def come_back(self) -> None:
        """As a station does: whoever is not heard, because too many came at once, tries again."""
        for tried in count():
            with suppress(TimeoutError, ConnectionError):
                async with asyncio.timeout(ANSWERED_WITHIN):
                    return await self._come()
            self.leave()
            await asyncio.sleep(min(COMES_AGAIN * 2**tried, COMES_AGAIN_MOST))

    async def _come(self) -> None:
        shown = base64.b64encode(f"{self._path.rsplit('/', 1)[1]}:{PASSWORD}".encode()).decode()
        headers = {"Authorization": f"Basic {shown}"}
        self._socket = await SocketAsker.connected(self._port, self._path, headers, answers=self.answers, tls=self._tls)
        await self._ask("BootNotification", b'{"chargePointVendor":"Bench","chargePointModel":"Load"}')

    def leave(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    async def beat(self) -> None:
        await self._ask("Heartbeat", b"{}")

    async def measure(self) -> None:
        after = READ_EVERY * self._said
        at, register = rfc3339(self._began_at + after), POWER * after // timedelta(hours=1)
        await self._ask("MeterValues", protocol.meter_values(self._charge, at, register))

    async def _ask(self, action: str, payload: bytes) -> bytes:
        assert self._socket is not None, "it came"
        self._said += 1
        message = b'[2,"%d","%b",%b]' % (self._said, action.encode(), payload)
        return await self._socket.say(message)


class Echoed(Talker):
    """Says the same as a station would, and hears it again."""

    answers = b"[2"

    async def come(self) -> None:
        await self.come_back()


async def _all(doings: Iterable[Coroutine[None, None, None]]) -> None:
    async with asyncio.TaskGroup() as group:
        for one in doings:
            group.create_task(one)


def _memory(pid: int) -> int:
    """Bytes that the process has in memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
