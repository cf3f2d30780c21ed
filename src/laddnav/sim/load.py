"""Load on a server, raw and cheap, and the processor time that the server spends on each answer.

Deliberately no HTTP or WebSocket library: what is measured is the server, and its asker shares a machine with it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from msgspec import Struct

Asking = Callable[[], Awaitable[None]]

_TICKS = os.sysconf("SC_CLK_TCK")
_WARM_UP = 0.5  # seconds before anything is counted: connections, plans and caches are warm by then


class Refused(Exception):
    """The server answered something else than expected; a figure made of refusals would be a lie."""


class Rate(Struct, frozen=True, kw_only=True):
    """How many answers a second there were, and what each cost the server's process."""

    per_second: float
    cpu_seconds_each: float


async def measured(askers: Sequence[Asking], pid: int, seconds: float) -> Rate:
    """Every asker asks again as soon as it has its answer. Raises Refused."""
    answered = 0

    async def ask_on(asker: Asking) -> None:
        nonlocal answered
        while True:
            await asker()
            answered += 1

    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as group:
        running = [group.create_task(ask_on(asker)) for asker in askers]
        await asyncio.sleep(_WARM_UP)
        began_at, answered_before, cpu_before = loop.time(), answered, cpu_seconds(pid)
        await asyncio.sleep(seconds)
        took, count, cpu = loop.time() - began_at, answered - answered_before, cpu_seconds(pid) - cpu_before
        for task in running:
            task.cancel()
    return Rate(per_second=count / took, cpu_seconds_each=cpu / count)


def cpu_seconds(pid: int) -> float:
    """Processor time of this process so far, in user and system mode, in all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


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

    async def __call__(self) -> None:
        body = await self.ask()
        if not self._accept(body):
            raise Refused(body[:500].decode(errors="replace"))

    async def ask(self) -> bytes:
        """The body of the next answer. Raises Refused for anything but 2xx."""
        self._writer.write(self._request())
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = int(_field(head, b"content-length"))
        body = await self._reader.readexactly(length)
        if not head.startswith(b"HTTP/1.1 2"):
            raise Refused((head + body)[:500].decode(errors="replace"))
        return body

    def close(self) -> None:
        self._writer.close()


def get(path: str, headers: dict[str, str]) -> bytes:
    return _request("GET", path, headers, b"")


def post(path: str, headers: dict[str, str], body: bytes) -> bytes:
    return _request("POST", path, headers | {"Content-Type": "application/json"}, body)


def _request(method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
    fields = {"Host": "127.0.0.1"} | headers | ({"Content-Length": str(len(body))} if body else {})
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body


def _field(head: bytes, name: bytes) -> bytes:
    start = head.lower().index(name + b":") + len(name) + 1
    return head[start : head.index(b"\r\n", start)].strip()


class SocketAsker:
    """One WebSocket; `message` makes the next text, whose answer must satisfy `accept`."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        message: Callable[[], bytes],
        accept: Callable[[bytes], bool],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._message = message
        self._accept = accept

    @classmethod
    async def connected(
        cls,
        port: int,
        path: str,
        headers: dict[str, str],
        message: Callable[[], bytes],
        accept: Callable[[bytes], bool],
    ) -> SocketAsker:
        """Raises Refused."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
        upgrade = {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": "bGFkZG5hdi1iZW5jaG1hcms=",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Protocol": "ocpp1.6",
        }
        writer.write(get(path, upgrade | headers))
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101"):
            raise Refused(head.decode(errors="replace"))
        return cls(reader, writer, message, accept)

    async def __call__(self) -> None:
        await self.say(self._message(), self._accept)

    async def say(self, message: bytes, accept: Callable[[bytes], bool]) -> None:
        """Send one text and wait for its answer; calls of the server's own in between are left unanswered."""
        self._writer.write(_frame(message))
        while True:
            heard = await self._hear()
            if not heard.startswith(b"[2"):
                break
        if not accept(heard):
            raise Refused(f"{message.decode()} -> {heard.decode(errors='replace')}")

    async def _hear(self) -> bytes:
        """The next text; a ping is answered on the way."""
        while True:
            head = await self._reader.readexactly(2)
            length = head[1] & 0x7F
            if length == 126:
                length = int.from_bytes(await self._reader.readexactly(2), "big")
            elif length == 127:
                length = int.from_bytes(await self._reader.readexactly(8), "big")
            payload = await self._reader.readexactly(length)
            match head[0] & 0x0F:
                case 0x1:
                    return payload
                case 0x9:
                    self._writer.write(_frame(payload, opcode=0xA))
                case 0x8:
                    raise Refused(f"the server hung up: {payload!r}")
                case _:
                    continue

    def close(self) -> None:
        self._writer.close()


def _frame(payload: bytes, opcode: int = 0x1) -> bytes:
    """A frame of a client. Its mask is zero, which every server has to accept and which costs us nothing."""
    length = len(payload)
    if length < 126:
        return bytes((0x80 | opcode, 0x80 | length)) + bytes(4) + payload
    return bytes((0x80 | opcode, 0x80 | 126)) + length.to_bytes(2, "big") + bytes(4) + payload
