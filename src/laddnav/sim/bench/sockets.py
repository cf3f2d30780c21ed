"""One WebSocket of a station of OCPP 1.6, raw and cheap: it asks one thing at a time, and is alive in between.

As a station does, it answers pings and whatever it is asked at once: who keeps silent is given up and cut off, which is
other work than what is measured.
"""

from __future__ import annotations

import asyncio
import ssl

import msgspec

from laddnav.sim.bench.load import Refused, get

_UPGRADE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "bGFkZG5hdiBpcyBhc2tlZA==",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Protocol": "ocpp1.6",
}
_TEXT, _CLOSE, _PING, _PONG = 0x1, 0x8, 0x9, 0xA  # RFC 6455 §5.2
_HEAD_ENDS = b"\r\n\r\n"


class SocketAsker(asyncio.Protocol):
    """Made by `connected`; `answers` is how the texts begin that it waits for."""

    def __init__(self, answers: bytes) -> None:
        self._answers = answers
        self._transport: asyncio.Transport | None = None
        self._open = False
        self._read = b""
        self._waited: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    @classmethod
    async def connected(
        cls, port: int, path: str, headers: dict[str, str], *, answers: bytes, tls: ssl.SSLContext | None = None
    ) -> SocketAsker:
        """Raises Refused; ConnectionError, also where it is told to come again later."""
        loop = asyncio.get_running_loop()
        _, asker = await loop.create_connection(lambda: cls(answers), "127.0.0.1", port, ssl=tls)
        try:
            head = await asker._asked(get(path, _UPGRADE | headers))
            if head.startswith(b"HTTP/1.1 503"):
                raise ConnectionRefusedError("too many are at the door")
            if not head.startswith(b"HTTP/1.1 101"):
                raise Refused(head.decode(errors="replace"))
        except BaseException:
            asker.close()  # let in too late, it would take the place of who came after it
            raise
        return asker

    async def say(self, message: bytes) -> bytes:
        """Send one text and wait for its answer. Raises Refused, ConnectionError."""
        return await self._asked(_frame(message))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    async def _asked(self, octets: bytes) -> bytes:
        if self._transport is None or self._transport.is_closing():
            raise ConnectionResetError("the server hung up before")
        self._waited = asyncio.get_running_loop().create_future()
        self._transport.write(octets)
        return await self._waited

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # a stream's is one
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(ConnectionResetError("the server hung up"))

    def data_received(self, data: bytes) -> None:
        self._read += data
        if not self._open:
            head, ended, rest = self._read.partition(_HEAD_ENDS)
            if not ended:
                return
            self._open, self._read = True, rest
            self._waited.set_result(head)
        while (found := _first(self._read)) is not None:
            opcode, payload, self._read = found
            self._heard(opcode, payload)

    def _heard(self, opcode: int, payload: bytes) -> None:
        assert self._transport is not None, "it was heard there"
        if opcode == _PING:
            self._transport.write(_frame(payload, opcode=_PONG))
        elif opcode == _CLOSE:
            self._transport.write(_frame(payload, opcode=_CLOSE))
            self._transport.close()
            self._fail(Refused(f"the server hung up: {payload!r}"))
        elif opcode == _TEXT and payload.startswith(self._answers):
            if not self._waited.done():
                self._waited.set_result(payload)
        elif opcode == _TEXT and payload.startswith(b"[2"):
            _, id, *_ = msgspec.json.decode(payload)
            self._transport.write(_frame(msgspec.json.encode([4, id, "NotImplemented", "", {}])))
        else:
            self._fail(Refused(payload.decode(errors="replace")))

    def _fail(self, error: Exception) -> None:
        if not self._waited.done():
            self._waited.set_exception(error)
            self._waited.exception()  # it may be that nobody waits


def _first(read: bytes) -> tuple[int, bytes, bytes] | None:
    """(opcode, payload, what follows) of a frame of the server; None while it is not whole."""
    if len(read) < 2:
        return None
    length, begins = read[1] & 0x7F, 2
    if length > 125:
        begins += 2 if length == 126 else 8
        length = int.from_bytes(read[2:begins])
    if len(read) < begins + length:
        return None
    return read[0] & 0x0F, read[begins : begins + length], read[begins + length :]


def _frame(payload: bytes, opcode: int = _TEXT) -> bytes:
    """A frame of a client. Its mask is zero, which every server has to accept and which costs us nothing."""
    length = len(payload)
    if length < 126:
        return bytes((0x80 | opcode, 0x80 | length)) + bytes(4) + payload
    return bytes((0x80 | opcode, 0x80 | 126)) + length.to_bytes(2) + bytes(4) + payload
