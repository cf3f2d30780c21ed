"""The work in the background: each job goes on for as long as the process does, and after trouble begins again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger()

Job = Callable[[], Awaitable[object]]

FIRST_WAIT = 0.5  # seconds, doubled after each failure
LONGEST_WAIT = 15.0  # seconds
CALM = 60.0  # seconds without trouble, after which the next one counts as the first


def every(seconds: float, work: Job) -> Job:
    """Do it now and then, `seconds` of the wall after it was last done."""

    async def again_and_again() -> None:
        while True:
            await work()
            await asyncio.sleep(seconds)

    return again_and_again


async def kept_going(name: str, job: Job) -> None:
    """Until cancelled, or until the job says that it has nothing more to do."""
    wait = FIRST_WAIT
    loop = asyncio.get_running_loop()
    while True:
        began = loop.time()
        try:
            await job()
        except Exception as error:
            if loop.time() - began > CALM:
                wait = FIRST_WAIT
            log.exception("job_broke", job=name, error=repr(error), again_in=wait)
        else:
            return
        await asyncio.sleep(wait)
        wait = min(wait * 2, LONGEST_WAIT)
