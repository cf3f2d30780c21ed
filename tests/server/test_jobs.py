"""Jobs in the background: they go on after trouble, more and more patiently, and never die in silence."""

import asyncio

import structlog

from laddnav.server.jobs import every, kept_going


async def test_a_job_that_broke_begins_again_and_its_trouble_is_written_down() -> None:
    tries = 0

    async def job() -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise ValueError(f"trouble {tries}")

    with structlog.testing.capture_logs() as logs:
        await asyncio.wait_for(kept_going("a_job", job), 10)
    assert tries == 3
    assert [(one["event"], one["job"], one["error"]) for one in logs] == [
        ("job_broke", "a_job", "ValueError('trouble 1')"),
        ("job_broke", "a_job", "ValueError('trouble 2')"),
    ]
    assert [one["again_in"] for one in logs] == [0.5, 1.0]


async def test_a_job_that_is_cancelled_ends() -> None:
    done = 0

    async def work() -> None:
        nonlocal done
        done += 1

    task = asyncio.create_task(kept_going("a_job", every(0.001, work)))
    while done < 3:
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
