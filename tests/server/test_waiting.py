"""The queue and the gate of a socket do what those of asyncio do."""

from __future__ import annotations

import asyncio

import pytest

from laddnav.server.waiting import Gate, Letters


async def test_what_comes_is_read_in_its_order_by_whoever_waits_for_it() -> None:
    letters = Letters[int]()
    reading = asyncio.create_task(letters.get())
    await asyncio.sleep(0)
    letters.put_nowait(1)
    letters.put_nowait(2)
    assert [await reading, await letters.get()] == [1, 2]
    assert letters.empty()


async def test_who_gives_up_reading_loses_nothing_for_the_next() -> None:
    letters = Letters[int]()
    reading = asyncio.create_task(letters.get())
    await asyncio.sleep(0)
    letters.put_nowait(1)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert await letters.get() == 1


async def test_all_wait_before_a_gate_that_is_shut_and_pass_when_it_opens() -> None:
    gate = Gate()
    await gate.wait()
    gate.clear()
    passing = [asyncio.create_task(gate.wait()) for _ in range(3)]
    await asyncio.sleep(0)
    passing.pop().cancel()
    await asyncio.sleep(0)
    assert not gate.is_set() and not any(one.done() for one in passing)
    gate.set()
    await asyncio.gather(*passing)
    assert gate.is_set()
