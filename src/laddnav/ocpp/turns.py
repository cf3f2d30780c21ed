"""One thing after the other, as they came: nothing but an empty list while there are none.

A queue with a task that waits at it costs 4 KB, which a station that says nothing all day would hold all day.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Turns(Generic[T]):
    """What is put in is carried out in its turn; once that broke, nothing more is."""

    __slots__ = ("_broke", "_carry_out", "_task", "_waiting")

    def __init__(
        self, carry_out: Callable[[T], Awaitable[None]], broke: Callable[[Exception], Awaitable[None]]
    ) -> None:
        self._carry_out = carry_out
        self._broke = broke
        self._waiting: list[T] = []
        self._task: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    @property
    def busy(self) -> bool:
        return self._task is not None and not self._task.done()

    def put(self, one: T) -> None:
        self._waiting.append(one)
        if self._task is None:
            self._task = asyncio.create_task(self._work())

    async def done(self) -> None:
        """All that was put in is carried out, or never will be."""
        if self._task is not None:
            await asyncio.wait({self._task})

    async def stop(self) -> list[T]:
        """Those whose turn never came; the one whose turn it is is interrupted."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        unheard, self._waiting = self._waiting, []
        return unheard

    async def _work(self) -> None:
        try:
            while self._waiting:
                await self._carry_out(self._waiting.pop(0))
        except Exception as error:  # noqa: BLE001 - whatever it was, whose turns these are hears it
            await self._broke(error)
        else:
            self._task = None
