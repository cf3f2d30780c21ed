"""Load on a server, raw and cheap, and the processor time that the server spends on each answer.

Deliberately no HTTP or WebSocket library: what is measured is the server, and its asker shares a machine with it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from statistics import median

from msgspec import Struct

Asking = Callable[[], Awaitable[None]]

TICK = 1 / os.sysconf("SC_CLK_TCK")  # seconds: the kernel counts no finer


class Refused(Exception):
    """The server answered something else than expected; a figure made of refusals would be a lie."""


class Side(Struct, frozen=True, kw_only=True):
    """One of those who are compared: the process that answers, and who asks it."""

    server: int
    askers: Sequence[Asking]


class Rate(Struct, frozen=True, kw_only=True):
    """How many answers a second there were, and what each cost: microseconds of the server, and of its PostgreSQL."""

    per_second: float
    server_us: float
    postgres_us: float


async def compared(
    sides: Sequence[Side], postgres: int, *, rounds: int, seconds: float, warm_up: float
) -> Sequence[Rate]:
    """The sides in turn, again and again, so that a noisy minute of the machine meets all; the medians of each."""
    taken: list[list[Rate]] = [[] for _ in sides]
    for side in sides:
        await _measured(side, postgres, warm_up)
    for _ in range(rounds):
        for side, rates in zip(sides, taken, strict=True):
            rates.append(await _measured(side, postgres, seconds))
    return [
        Rate(
            per_second=median(rate.per_second for rate in rates),
            server_us=median(rate.server_us for rate in rates),
            postgres_us=median(rate.postgres_us for rate in rates),
        )
        for rates in taken
    ]


async def _measured(side: Side, postgres: int, seconds: float) -> Rate:
    """Every asker asks again as soon as it has its answer, until the time is over. Raises Refused."""
    loop = asyncio.get_running_loop()
    began_at, server_before, postgres_before = loop.time(), cpu_seconds(side.server), cpu_seconds(postgres)
    until = began_at + seconds

    async def ask_on(asker: Asking) -> int:
        answered = 0
        while not answered or loop.time() < until:
            await asker()
            answered += 1
        return answered

    async with asyncio.TaskGroup() as group:
        asking = [group.create_task(ask_on(asker)) for asker in side.askers]
    count = sum(task.result() for task in asking)
    return Rate(
        per_second=count / (loop.time() - began_at),
        server_us=max(cpu_seconds(side.server) - server_before, TICK) / count * 1e6,
        postgres_us=max(cpu_seconds(postgres) - postgres_before, TICK) / count * 1e6,
    )


def cpu_seconds(pid: int) -> float:
    """Processor time so far of this process and of all that it has begun, in user and system mode, in all threads."""
    return sum(_ticks(one) for one in _family(pid)) * TICK


def _family(pid: int) -> Iterator[int]:
    yield pid
    with suppress(FileNotFoundError, ProcessLookupError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            yield from _family(int(child))


def _ticks(pid: int) -> int:
    """Those of children that have ended are their parent's; so are those of one that ends while it is looked for."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(field) for field in fields[11:15])


class HttpAsker:
    """One kept-alive connection; `request` makes the bytes of the next request, whose body must satisfy `accept`."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        request: Callable[[], bytes],
        accept: Callable[[bytes], bool],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._request = request
        self._accept = accept

    @classmethod
    async def connected(cls, port: int, request: Callable[[], bytes], accept: Callable[[bytes], bool]) -> HttpAsker:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
        return cls(reader, writer, request, accept)

    @classmethod
    async def once(cls, port: int, request: bytes) -> bytes:
        """The body of the answer to a single request. Raises Refused for anything but 2xx."""
        return (await cls.answer(port, request))[1]

    @classmethod
    async def answer(cls, port: int, request: bytes) -> tuple[bytes, bytes]:
        """(head, body) of the answer to a single request. Raises Refused for anything but 2xx."""
        asker = await cls.connected(port, lambda: request, bool)
        try:
            return await asker._ask()
        finally:
            asker.close()

    async def __call__(self) -> None:
        _, body = await self._ask()
        if not self._accept(body):
            raise Refused(body[:500].decode(errors="replace"))

    async def _ask(self) -> tuple[bytes, bytes]:
        self._writer.write(self._request())
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = int(field(head, b"content-length"))
        body = await self._reader.readexactly(length)
        if not head.startswith(b"HTTP/1.1 2"):
            raise Refused((head + body)[:500].decode(errors="replace"))
        return head, body

    def close(self) -> None:
        self._writer.close()


def get(path: str, headers: dict[str, str]) -> bytes:
    return _request("GET", path, headers, b"")


def tell(method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
    said = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    return _request(method, path, headers | said, body)


def _request(method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
    fields = {"Host": "127.0.0.1"} | headers
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body


def field(head: bytes, name: bytes) -> bytes:
    """Of a header that is there; `name` in small letters."""
    start = head.lower().index(name + b":") + len(name) + 1
    return head[start : head.index(b"\r\n", start)].strip()
