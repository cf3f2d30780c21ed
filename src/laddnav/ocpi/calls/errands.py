"""What goes on with a partner after whoever began it has been answered: a handshake, a run of the tester."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import structlog

from laddnav.kit.refusal import Refusal, Trouble

log = structlog.get_logger()

T = TypeVar("T")


class Errands:
    """Each keeps itself what came of it; they end with the process."""

    def __init__(self) -> None:
        self._under_way: set[asyncio.Task[Any]] = set()

    async def begun(self, work: Callable[..., Coroutine[Any, Any, T]]) -> T:
        """What `work` tells its `began`, while the rest of it goes on. Raises what it raises before that."""
        opened: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(work(began=opened.set_result))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        either: set[asyncio.Future[Any]] = {task, opened}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not opened.done():
            opened.cancel()
            task.result()
        task.add_done_callback(_ended)
        return opened.result()

    async def close(self) -> None:
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)


def _ended(task: asyncio.Task[Any]) -> None:
    if task.cancelled():
        return
    error = task.exception()
    if isinstance(error, (Refusal, Trouble)):
        log.info("errand_failed", error=str(error))
    elif error is not None:
        log.error("errand_broke", error=repr(error), exc_info=error)
