"""A line to a server that breaks where a test wants: in the middle of what one of both says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Line:
    """Passes on what both ends say."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._arrives: dict[str, int] = {}
        self._joined: set[asyncio.Task[None]] = set()

    def break_after(self, octets: int, said_by: str) -> None:
        """Of the next that this end says, the "station" or the "server", only so many octets arrive."""
        self._arrives[said_by] = octets

    def join(self, reads: asyncio.StreamReader, writes: asyncio.StreamWriter) -> None:
        self._joined.add(asyncio.create_task(self._both_ways(reads, writes)))

    async def end(self) -> None:
        for task in self._joined:
            task.cancel()
        await asyncio.gather(*self._joined, return_exceptions=True)

    async def _both_ways(self, reads: asyncio.StreamReader, writes: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        ways = (self._one_way("station", reads, back), self._one_way("server", there, writes))
        passing = [asyncio.create_task(way) for way in ways]
        try:
            await asyncio.wait(passing, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in passing:
                task.cancel()
            for end in (back, writes):
                end.transport.abort()

    async def _one_way(self, name: str, reads: asyncio.StreamReader, writes: asyncio.StreamWriter) -> None:
        while said := await reads.read(65536):
            arrives = self._arrives.pop(name, None)
            writes.write(said[:arrives])
            await writes.drain()
            if arrives is not None:
                return


@asynccontextmanager
async def line_to(port: int) -> AsyncIterator[tuple[Line, int]]:
    """The line, and the port at its other end."""
    line = Line(port)
    server = await asyncio.start_server(line.join, "127.0.0.1", 0)
    try:
        yield line, server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await line.end()
