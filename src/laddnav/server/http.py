"""One process: opens its port, serves until it is asked to stop, and then finishes what is under way."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, ClassVar

import structlog
import uvicorn
from msgspec import Struct
from msgspec.structs import replace
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from laddnav.db.unit import Database
from laddnav.kit.refusal import Refusal
from laddnav.people import actions as people
from laddnav.people.rules import FIRST_NAME
from laddnav.server import running
from laddnav.server.app import House
from laddnav.server.bodies import BODY_WITHIN, LARGE_AT_ONCE, WHOLE, Body
from laddnav.server.handshakes import Answered
from laddnav.server.hears import HEARS
from laddnav.server.installation import opened
from laddnav.server.jobs import every, kept_going
from laddnav.server.metrics import Metrics
from laddnav.server.settings import Settings
from laddnav.server.stations import LOOK_AGAIN, ShowsCertificate, StationPort

log = structlog.get_logger()

FRAME_MAX = 1_000_000  # bytes that a station says at once
HEADERS_WITHIN = 20.0  # seconds from the first byte, or from the connection, until it is clear what is asked
HEADERS_MAX = 64_000  # bytes until then; nobody whom we know needs a tenth of it
LEAVE_WITHIN = 10  # seconds for what is under way when the process is asked to stop


class PortTaken(Refusal):
    """Another program listens at this port."""

    def __init__(self, host: str, port: int, why: str) -> None:
        super().__init__(f"Cannot listen at {host}:{port}: {why}")


class Serving(Struct, frozen=True, kw_only=True):
    """A process that answers. `password` is that of the first account, where this start made it.

    `stations` is where stations come over TLS; None: they do not.
    """

    url: str
    stations: str | None = None
    database: Database
    password: str | None
    stopped: Callable[[], Awaitable[None]]

    def __repr__(self) -> str:
        """Without the password."""
        return f"Serving({self.url})"

    @property
    def sign_in(self) -> str | None:
        """Said once: it is kept nowhere."""
        return None if self.password is None else f"sign in as {FIRST_NAME} with the password {self.password}"


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[Serving]:
    """An installation that answers at its URL while the block runs; `stopped` waits until a signal ends it.

    Raises AlreadyServed, PortTaken, WrongSetting and what `installation.opened` raises.
    """
    with running.alone(settings) as file, contextlib.closing(_listening(settings, settings.port)) as listening:
        settings = replace(settings, port=listening.getsockname()[1])
        async with opened(settings, HEARS) as installation:
            async with installation.database.unit() as unit:
                password = await people.first_account(unit)
            house = House(installation, settings)
            await house.presence.begin()
            server = _Server(house, house.app())
            serve = asyncio.create_task(server.serve(sockets=[listening]))
            jobs = [asyncio.create_task(kept_going(name, job)) for name, job in house.jobs().items()]
            try:
                await server.began(serve)
                running.tell(file, settings)
                async with _stations(settings, house, installation.database) as stations:
                    with _signals(server):
                        yield Serving(
                            url=settings.url,
                            stations=stations,
                            database=installation.database,
                            password=password,
                            stopped=lambda: server.ended(serve),
                        )
            finally:
                server.should_exit = True
                await asyncio.gather(serve, return_exceptions=True)
                for job in jobs:
                    job.cancel()
                await asyncio.gather(*jobs, return_exceptions=True)
                await house.close()


@asynccontextmanager
async def _stations(settings: Settings, house: House, database: Database) -> AsyncIterator[str | None]:
    """Where stations come over TLS while the block runs; None: nowhere. Raises PortTaken, WrongSetting."""
    if settings.station_port is None or "ocpp" not in settings.only:
        yield None
        return
    port = StationPort(settings, database)
    with contextlib.closing(_listening(settings, settings.station_port)) as listening:
        await port.refresh()
        server = _Server(house, house.stations(), ws=ShowsCertificate, ssl_context_factory=lambda *_: port.context)
        serve = asyncio.create_task(server.serve(sockets=[listening]))
        looking = asyncio.create_task(kept_going("authorities", every(LOOK_AGAIN, port.refresh)))
        try:
            await server.began(serve)
            yield f"wss://{settings.host}:{listening.getsockname()[1]}/ocpp"
        finally:
            server.should_exit = True
            looking.cancel()
            await asyncio.gather(serve, looking, return_exceptions=True)


def _listening(settings: Settings, port: int) -> socket.socket:
    """Raises PortTaken."""
    host = settings.host
    try:
        return socket.create_server((host, port), backlog=2048, reuse_port=settings.share_port)
    except OSError as error:
        known = error.errno is not None and error.errno > 0
        raise PortTaken(host, port, os.strerror(error.errno or 0) if known else "there is no such host") from error
    except UnicodeError as error:
        raise PortTaken(host, port, "this is no host") from error


@contextmanager
def _signals(server: _Server) -> Iterator[None]:
    """The first SIGTERM or SIGINT ends it in order, the second at once."""
    loop = asyncio.get_running_loop()
    asked = (signal.SIGTERM, signal.SIGINT)

    def stop() -> None:
        if server.should_exit:
            server.hurry()
        server.should_exit = True

    with contextlib.suppress(NotImplementedError, RuntimeError):  # not in the main thread: somebody else looks after it
        for one in asked:
            loop.add_signal_handler(one, stop)
    try:
        yield
    finally:
        for one in asked:
            loop.remove_signal_handler(one)


class _Server(uvicorn.Server):
    """Uvicorn, which leaves signals to us and says goodbye before it closes connections."""

    def __init__(self, house: House, app: ASGIApp, **config: Any) -> None:
        self._house = house
        self._stopping = asyncio.Event()
        self._began = asyncio.Event()
        super().__init__(uvicorn_config(_Outside(app, house.metrics, self._stopping), **config))

    async def began(self, serve: asyncio.Task[None]) -> None:
        """Pages answer from now on; raises what kept them from it."""
        waiting = asyncio.create_task(self._began.wait())
        await asyncio.wait({serve, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if serve.done():
            serve.result()

    async def ended(self, serve: asyncio.Task[None]) -> None:
        await asyncio.shield(serve)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._began.set()

    def hurry(self) -> None:
        self.force_exit = True
        self._house.sockets.hurry()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer, be it that we end, until the stations are gone; unless others answer at the same port."""
        if self._house.settings.share_port:
            self._close(sockets)
        await self._house.leave()
        self._close(sockets)
        self._stopping.set()
        await super().shutdown(sockets)

    def _close(self, sockets: list[socket.socket] | None) -> None:
        for one in (*self.servers, *(sockets or ())):
            one.close()


def uvicorn_config(app: ASGIApp, *, ws: Any = Answered, **config: Any) -> uvicorn.Config:
    """How we have Uvicorn serve; `laddnav bench` measures its limits under the same."""
    return uvicorn.Config(
        app,
        loop="none",
        http=Impatient,
        ws=ws,
        ws_per_message_deflate=False,
        ws_max_size=FRAME_MAX,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=LEAVE_WITHIN,
        **config,
    )


class Impatient(HttpToolsProtocol):
    """Hangs up on who says nothing, or never comes to the end of the headers; Uvicorn itself would wait for ever.

    And it would keep whatever comes until then.
    """

    within: ClassVar[float] = HEADERS_WITHIN
    _patience: asyncio.TimerHandle | None = None
    _begun = False  # headers, and they have not ended
    _heard = 0  # bytes of them

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as Uvicorn has it
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._go_on()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._begun:  # nearly all come whole, and nobody has to wait for those
            self._wait()
        self._heard = 0 if self._patience is None else self._heard + len(data)
        if self._heard > HEADERS_MAX and not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 431 Too Long\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
            self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._begun = True

    def on_headers_complete(self) -> None:
        self._begun = False
        self._go_on()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self.scope[WHOLE] = True  # type: ignore[literal-required]  # ASGI lets a server add a name of its own

    def _wait(self) -> None:
        if self._patience is None:
            self._patience = self.loop.call_later(self.within, self.transport.close)

    def _go_on(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None


class _Outside:
    """What surrounds every request: size and pace of its body, the count of its answer, an end to endless answers."""

    def __init__(
        self, app: ASGIApp, metrics: Metrics, stopping: asyncio.Event, *, body_within: float = BODY_WITHIN
    ) -> None:
        self._app = app
        self._body_within = body_within
        self._metrics = metrics
        self._stopping = stopping
        self._large = asyncio.Semaphore(LARGE_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        part = _part_of(scope["path"])
        clock = asyncio.get_running_loop().time
        began, status, under_way = clock(), 500, False

        def sent(message: Message) -> Awaitable[None]:
            nonlocal status, under_way
            if message["type"] == "http.response.start":
                status, under_way = message["status"], True
            else:
                under_way = message.get("more_body", False)
            return send(message)

        body = None
        # OCPI has bounds of its own for what it is told, so of what is here already nothing is left to watch.
        if part != "ocpi" or WHOLE not in scope:
            body = Body(scope, receive, began, within=self._body_within, large=self._large)
        try:
            await self._app(scope, receive if body is None else self._ended(body, receive), sent)
            if under_way and self._stopping.is_set():
                await sent({"type": "http.response.body", "body": b""})
        finally:
            if body is not None:
                body.close()
            self._metrics.answered(part, status, clock() - began)

    def _ended(self, body: Body, receive: Receive) -> Receive:
        """A stop looks like a reader who leaves, once all of a body is here."""

        async def ended() -> Message:
            return await self._left(receive) if body.whole else await body.receive()

        return ended

    async def _left(self, receive: Receive) -> Message:
        gone, stopping = asyncio.ensure_future(receive()), asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({gone, stopping}, return_when=asyncio.FIRST_COMPLETED)
            return gone.result() if gone.done() else {"type": "http.disconnect"}
        finally:
            gone.cancel()
            stopping.cancel()


PARTS = ("api", "ocpi", "live", "static")


def _part_of(path: str) -> str:
    if path.startswith("/ocpi/"):
        return "ocpi"
    first = path.split("/", 2)[1] if "/" in path else ""
    return first if first in PARTS else "web"
