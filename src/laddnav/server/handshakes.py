"""A socket as Uvicorn has it, but for a handshake that is denied, for a frame that is whole, and for what it remembers.

Uvicorn takes a handshake that is denied in words of ours for an error, and would log it for every station that is sent
away; there may be thousands of them in a minute. And each frame goes through a parser that could be interrupted at any
byte: of a station's that is in one piece, as nearly all are, it is known at once where it ends. What was asked in the
handshake is forgotten when it is over, for there are thousands of stations.
"""

from __future__ import annotations

from typing import Any

from uvicorn._types import ASGIReceiveEvent, ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request
from websockets.protocol import OPEN

from laddnav.server.waiting import Gate, Letters

try:
    from websockets.speedups import apply_mask
except ImportError:  # it was built without C
    from websockets.utils import apply_mask

# RFC 6455 §5.2: the last frame of a text, and how lengths are said that are not said by seven bits.
_TEXT, _MASKED, _BY_TWO, _BY_EIGHT = 0x81, 0x80, 126, 127


class Answered(WebSocketsSansIOProtocol):
    """Knows that a handshake that was denied in our words is over, and takes the short way with whole texts."""

    _ends_in: int | None = None  # bytes until the frame ends that has begun; None: before the frames, or unknown

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.queue = Letters[ASGIReceiveEvent]()  # type: ignore[assignment]  # it has what is asked of asyncio's
        self.writable = Gate()  # type: ignore[assignment]  # likewise

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        self._ends_in = 0

    def data_received(self, data: bytes) -> None:
        before = self._ends_in
        if before == 0 and self.conn.state is OPEN and self.conn.current_size is None:
            text = whole_text(data)
            if text is not None:
                self.curr_msg_data_type = "text"
                self.frames = [text]
                self.send_receive_event_to_app()
                return
        super().data_received(data)
        if before is not None:
            self._ends_in = rest(data, before)

    async def send(self, message: ASGISendEvent) -> None:
        if message["type"] == "websocket.send" and self._open and self.writable.is_set():
            text = message.get("text")
            if text is not None:
                self.transport.write(framed(text.encode()))
                return
        await super().send(message)
        if message["type"] == "websocket.accept":
            del self.request, self.response  # of which Uvicorn asks nothing any more
        if message["type"] == "websocket.http.response.body" and not message.get("more_body", False):
            self.handshake_complete = True

    @property
    def _open(self) -> bool:
        return self.handshake_complete and not (self.close_sent or self.disconnected) and self.conn.state is OPEN


def whole_text(data: bytes) -> bytes | None:
    """What a station says in a frame that is these bytes, no more and no less; None: it is something else."""
    many = len(data)
    if many < 6 or data[0] != _TEXT or data[1] < _MASKED:
        return None
    said, head = data[1] - _MASKED, 6
    if said == _BY_TWO:
        said, head = (data[2] << 8) + data[3], 8
    elif said > _BY_TWO:
        return None
    return apply_mask(data[head:], data[head - 4 : head]) if many == head + said else None


def rest(data: bytes, at: int) -> int | None:
    """How many bytes of the frame that has begun are still to come after these, of which the first `at` end the one
    before; None: the length of the last one is cut, so that nobody knows.
    """
    many = len(data)
    while at < many:
        if many < at + 2:
            return None
        said = data[at + 1] & ~_MASKED
        head = 6 + {_BY_TWO: 2, _BY_EIGHT: 8}.get(said, 0)
        if head > 6:
            if many < at + head - 4:
                return None
            said = int.from_bytes(data[at + 2 : at + head - 4])
        at += head + said
    return at - many


def framed(text: bytes) -> bytes:
    """As we say it."""
    many = len(text)
    if many < _BY_TWO:
        return bytes((_TEXT, many)) + text
    if many < 1 << 16:
        return bytes((_TEXT, _BY_TWO)) + many.to_bytes(2) + text
    return bytes((_TEXT, _BY_EIGHT)) + many.to_bytes(8) + text
