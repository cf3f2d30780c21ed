"""The handshake of a socket: one that is denied in words of ours is answered, which Uvicorn takes for an error.

It would log that error for every station that is sent away, and there may be thousands of them in a minute.
"""

from __future__ import annotations

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol


class Answered(WebSocketsSansIOProtocol):
    """Knows that a handshake that was denied in our words is over."""

    async def send(self, message: ASGISendEvent) -> None:
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body", False):
            self.handshake_complete = True
