"""`laddnav conform` as it is called: on a server that is wrong, and by somebody who changes his mind."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path

import pytest

from laddnav.ocpi.conform.run import NothingToTest, Order, run
from laddnav.ocpi.connections import partners
from tests.clock import SetClock
from tests.databases import Databases
from tests.ocpi.conform import mutations
from tests.ocpi.conform.scene import street
from tests.ocpi.conform.spoiling import MUTATIONS, Mutated

assert mutations.FILES, "mutations are listed by being imported"

CONFORM = (sys.executable, "-m", "laddnav.cli", "conform")


async def test_a_whole_server_that_is_wrong_is_found_out(databases: Databases, tmp_path: Path) -> None:
    """Wrong in several ways at once that leave the conversation going; the report is written, and the status is 1."""
    wrong = {"does_not_count", "forgets_the_filter", "makes_a_correlation_id", "has_no_time_zone", "names_no_timeout"}
    chosen = [one for one in MUTATIONS if one.name in wrong]
    report = tmp_path / "report.html"
    async with street(databases, SetClock()) as (cpo, _):
        await cpo.down()
        cpo.outside = lambda app: Mutated(app, *chosen)
        await cpo.up()
        async with cpo.database.unit() as unit:
            invited = await partners.invite(unit, cpo.settings, cpo.holder, cpo.role, name="tester", version="2.2.1")
        words = ("--token", invited.token, "--version", "2.2.1", "--json", "--html", str(report))
        command = await asyncio.create_subprocess_exec(
            *CONFORM, invited.versions_url, *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        said, _ = await command.communicate()
    told = json.loads(said)
    failed = {one["id"] for one in told["requirements"] if one["verdict"] == "fail"}
    assert {one.caught_by for one in chosen} <= failed and len(chosen) == len(wrong)
    assert command.returncode == 1
    assert invited.token not in said.decode() + report.read_text()
    assert all(f'id="{id}"' in report.read_text() for id in failed)


async def test_where_nobody_answers_there_is_nothing_to_test() -> None:
    order = Order(versions_url="http://127.0.0.1:1/versions", token="T")
    with pytest.raises(NothingToTest, match=r"127\.0\.0\.1:1/versions shows no version that can be tested here"):
        await run(order, "http://127.0.0.1:2", SetClock(), lambda _: None)


async def test_it_can_be_stopped_at_any_time() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        command = await asyncio.create_subprocess_exec(
            *CONFORM, f"http://127.0.0.1:{port}/versions", "--token", "T", stderr=asyncio.subprocess.PIPE
        )
        assert command.stderr is not None
        begun = await command.stderr.readline()
        command.send_signal(signal.SIGINT)
        rest = await command.stderr.read()
        status = await command.wait()
    assert (begun, rest, status) == ("… versions\n".encode(), b"", 130)
