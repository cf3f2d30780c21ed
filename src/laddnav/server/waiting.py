"""Where a socket waits: a queue and a gate that are next to nothing while nobody says anything.

Those of asyncio hold 3.8 KB of empty rings for a station that is silent all day.
"""

from __future__ import annotations

import asyncio
from typing import Generic, TypeVar

T = TypeVar("T")


class Letters(Generic[T]):
    """What came, in its order, for the one who reads it."""

    __slots__ = ("_came", "_reader")

    def __init__(self) -> None:
        self._came: list[T] = []
        self._reader: asyncio.Future[None] | None = None

    def put_nowait(self, one: T) -> None:
        self._came.append(one)
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    def empty(self) -> bool:
        return not self._came

    async def get(self) -> T:
        while not self._came:
            self._reader = asyncio.get_running_loop().create_future()
            try:
                await self._reader
            finally:
                self._reader = None
        return self._came.pop(0)


class Gate:
    """Open, or those who want to pass wait before it."""

    __slots__ = ("_before", "_open")

    def __init__(self) -> None:
        """Open."""
        self._open = True
        self._before: list[asyncio.Future[None]] = []

    def is_set(self) -> bool:
        return self._open

    def set(self) -> None:
        self._open = True
        for one in self._before:
            if not one.done():
                one.set_result(None)

    def clear(self) -> None:
        self._open = False

    async def wait(self) -> None:
        while not self._open:
            one = asyncio.get_running_loop().create_future()
            self._before.append(one)
            try:
                await one
            finally:
                self._before.remove(one)
