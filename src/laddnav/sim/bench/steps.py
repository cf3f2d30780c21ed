"""What a benchmark does right now: each step is said on standard error with its time, and given up where it hangs."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from time import perf_counter

import structlog

from laddnav.kit.refusal import Trouble

log = structlog.get_logger()


class DidNotEnd(Trouble):
    """A step takes longer than on any machine that could be measured."""


@asynccontextmanager
async def step(what: str, within: float) -> AsyncIterator[None]:
    """One step of so many seconds at most. Raises DidNotEnd."""
    log.info("bench_begins", what=what)
    began, patience = perf_counter(), asyncio.timeout(within)
    try:
        async with patience:
            yield
    except TimeoutError as error:
        if patience.expired():
            raise DidNotEnd(f"{what}: not done within {within:g} s; run it where less else is done") from error
        raise
    log.info("bench_ended", what=what, seconds=round(perf_counter() - began, 1))


@contextmanager
def ending_in_order() -> Iterator[None]:
    """The first TERM or Ctrl-C cancels whoever is in here, which ends what it has begun; another one changes nothing.

    By itself Python would be gone at once, and leave servers to find out alone that they are nobody's.
    """
    task, loop, asked = asyncio.current_task(), asyncio.get_running_loop(), (signal.SIGTERM, signal.SIGINT)
    assert task is not None, "a task awaits it"
    ended = False

    def end() -> None:
        nonlocal ended
        if not ended:
            ended = True
            log.info("bench_ends_early")
            task.cancel()

    for one in asked:
        loop.add_signal_handler(one, end)
    try:
        yield
    finally:
        for one in asked:
            loop.remove_signal_handler(one)
