"""The demo as anybody starts it: two companies that earn money from the first minute, and go on where they were."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from laddnav.db.embedded import Cluster
from laddnav.sim.process import Process
from tests.walks.companies import until

SPEED = "300"  # five minutes a second


class Demo:
    """`laddnav serve --demo` in a process of its own, at two ports in a row."""

    def __init__(self, data: Path, port: int) -> None:
        self.data = data
        self.port = port
        self.process: Process | None = None

    async def start(self) -> list[str]:
        """What it says up to `ready`."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LADDNAV_")}
        words = ["serve", "--demo", "--data", str(self.data), "--port", str(self.port), "--speed", SPEED]
        log = self.data.with_suffix(".log")
        self.process = await Process.started(["laddnav.cli", *words], log=log, environment=environment)
        return list(self.process.said)

    async def value(self, name: str, sql: str) -> int:
        connection = await asyncpg.connect(Cluster(self.data / "postgres").url(name))
        try:
            found: int = await connection.fetchval(sql)
            return found
        finally:
            await connection.close()

    async def answers(self) -> list[bool]:
        """Ours and the partner's."""
        return [await _answers(self.port), await _answers(self.port + 1)]


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Demo]:
    one = Demo(tmp_path / "demo", _two_free_ports())
    yield one
    if one.process is not None:
        await one.process.stop()


async def test_both_companies_have_cdrs_and_invoices_soon_and_a_second_run_goes_on(demo: Demo) -> None:
    said = await demo.start()
    assert [line.split(": ")[0] for line in said] == [
        f"http://127.0.0.1:{demo.port}",
        f"http://127.0.0.1:{demo.port + 1}",
        f"ready http://127.0.0.1:{demo.port}",
    ]
    assert await demo.answers() == [True, True]

    async def cdrs_and_invoices_on_both_sides() -> bool:
        sold = "select count(*) from cdr where token_owner = 'SE*NOR'"
        issued = "select count(*) from invoice where issued_at is not null"
        return all([await demo.value(name, sql) for name in ("own", "partner") for sql in (sold, issued)])

    await until(cdrs_and_invoices_on_both_sides)
    assert demo.process is not None
    await demo.process.stop()
    assert await demo.answers() == [False, False]

    assert await demo.start() == said
    assert await demo.value("own", "select count(*) from ocpi_line where state = 'CONNECTED'") == 1

    async def every_charge_of_the_first_run_is_closed() -> bool:
        began = "(select min(booted_at) from station)"
        open_ones = f"select count(*) from session where status = 'ACTIVE' and started_at < {began}"
        return await demo.value("own", open_ones) == 0

    await until(every_charge_of_the_first_run_is_closed)


async def test_when_it_is_killed_nothing_of_it_lives_on(demo: Demo) -> None:
    await demo.start()
    assert demo.process is not None
    await demo.process.kill()

    async def nobody_answers() -> bool:
        return await demo.answers() == [False, False]

    await until(nobody_answers)


def _two_free_ports() -> int:
    """Below those that the system gives to whoever asks for any: nobody takes the second one before the demo does."""
    while True:
        port = 20_000 + 2 * secrets.randbelow(6_000)
        try:
            for one in (port, port + 1):
                socket.create_server(("127.0.0.1", one)).close()
        except OSError:
            continue
        return port


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        return False
    writer.close()
    return True
