"""A body as it comes: no longer than its route reads, not for ever, and where it is large by way of the disk."""

from __future__ import annotations

import asyncio
from tempfile import TemporaryFile
from typing import IO

from starlette.types import Message, Receive, Scope

from laddnav.kit.refusal import Trouble
from laddnav.people.api import BODY_MOST, MOST, TooLarge

BODY_WITHIN = 60.0  # seconds for a body, and again for each IN_MEMORY of it; then nobody is thought to be sending it
WHOLE = "laddnav.whole"  # in a scope: all of the body is here, as nearly always before anybody takes the request up
IN_MEMORY = 2_000_000  # bytes of a body that may be here while it still comes
LARGE_AT_ONCE = 2  # bodies beyond that, which are whole and being read; others wait on disk
PIECE = 256 * 1024  # bytes read back at a time


class TooManyLarge(Trouble):
    """Other large files are being read; send it again in a minute."""


class Body:
    """The way of one body from its sender to whoever reads it.

    What is beyond IN_MEMORY goes to a file without a name until it is whole, so that slow senders cost disk and no
    memory; then it waits for its turn. OCPI has bounds and answers of its own.
    """

    def __init__(
        self, scope: Scope, receive: Receive, began: float, *, within: float, large: asyncio.Semaphore
    ) -> None:
        self._scope = scope
        self._come = receive
        self._began = began
        self._within = within
        self._large = large
        self._length = 0
        self._aside: IO[bytes] | None = None
        self._has_turn = False
        self.whole = False

    async def receive(self) -> Message:
        """Raises TooLarge, TooManyLarge. A body that does not come looks like a sender who left."""
        if self._aside is not None:
            return self._back(self._aside)
        message = await self._next()
        if message["type"] != "http.request" or not message.get("more_body", False):
            self.whole = True
        elif self._length > IN_MEMORY and not self._scope["path"].startswith("/ocpi"):
            left = await self._put_aside()
            if left is not None:
                return left
        return message

    def close(self) -> None:
        """Whatever became of it."""
        if self._aside is not None:
            self._aside.close()
        if self._has_turn:
            self._large.release()

    async def _next(self) -> Message:
        if WHOLE in self._scope:  # a timer would cost as much as everything else here
            message = await self._come()
        else:
            try:
                async with asyncio.timeout_at(self._began + self._within * (1 + self._length // IN_MEMORY)):
                    message = await self._come()
            except TimeoutError:
                return {"type": "http.disconnect"}
        self._length += len(message.get("body", b""))
        most = self._scope.get(MOST, BODY_MOST)
        if self._length > most and not self._scope["path"].startswith("/ocpi"):
            raise TooLarge(most)
        return message

    async def _put_aside(self) -> Message | None:
        """What is still to come; a message where its sender left meanwhile."""
        self._aside = TemporaryFile()
        more = True
        while more:
            message = await self._next()
            if message["type"] != "http.request":
                self.whole = True
                return message
            self._aside.write(message.get("body", b""))
            more = message.get("more_body", False)
        try:
            async with asyncio.timeout(self._within):
                await self._large.acquire()
        except TimeoutError:
            raise TooManyLarge from None
        self._has_turn = True
        self._aside.seek(0)
        return None

    def _back(self, aside: IO[bytes]) -> Message:
        piece = aside.read(PIECE)
        self.whole = len(piece) < PIECE
        return {"type": "http.request", "body": piece, "more_body": not self.whole}
