"""The real command in a process of its own, on an installation in an empty folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import pytest

from laddnav.sim import network
from tests.databases import Databases
from tests.forked import Fork, Nursery, outside
from tests.pristine import copy


class Unloaded(subprocess.Popen[bytes]):
    """A process that loads the house itself, as everybody's does."""

    send = subprocess.Popen.send_signal


class Command:
    """`laddnav` with its data in one folder, and nothing of ours in its environment."""

    def __init__(self, data: Path, nursery: Nursery) -> None:
        self.data = data
        self.environment = outside() | {"LADDNAV_DATA": str(data)}
        self._nursery = nursery

    def __call__(self, *words: str, given: bytes = b"", status: int | None = 0) -> subprocess.CompletedProcess[str]:
        """What came of it; with `status` None it may end with any."""
        with TemporaryFile() as stdin, TemporaryFile() as stdout, TemporaryFile() as stderr:
            stdin.write(given)
            stdin.seek(0)
            files = (stdin.fileno(), stdout.fileno(), stderr.fileno())
            ended = self._nursery.begin(words, self.environment, files).wait(60)
            out, err = (_whole(file) for file in (stdout, stderr))
        said = subprocess.CompletedProcess(words, ended, out, err)
        assert status is None or said.returncode == status, said
        return said

    def begun(self, *words: str, loaded: bool = True) -> tuple[Fork | Unloaded, IO[bytes], IO[bytes]]:
        """One that goes on, its standard output and its standard error."""
        (out, to_out), (err, to_err) = os.pipe(), os.pipe()
        begun: Fork | Unloaded
        with open(os.devnull, "rb") as nothing:
            if loaded:
                begun = self._nursery.begin(words, self.environment, (nothing.fileno(), to_out, to_err))
            else:
                begun = Unloaded(self.line(*words), stdin=nothing, stdout=to_out, stderr=to_err, env=self.environment)
        os.close(to_out)
        os.close(to_err)
        return begun, os.fdopen(out, "rb"), os.fdopen(err, "rb")

    def line(self, *words: str) -> list[str]:
        """How it is called without our help."""
        return [sys.executable, "-m", "laddnav.cli", *words]

    def json(self, *words: str, given: bytes = b"") -> Any:
        """The one object that it says."""
        return json.loads(self(*words, given=given).stdout)

    def lines(self, *words: str) -> list[Any]:
        return [json.loads(line) for line in self(*words).stdout.splitlines()]

    def wrong(self, *words: str, given: bytes = b"") -> str:
        """The one line that it says instead."""
        said = self(*words, given=given, status=2)
        *_, last = said.stderr.splitlines()
        assert last.startswith("laddnav: ")
        assert said.stdout == ""
        assert "Traceback" not in said.stderr
        return last


def _whole(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


@pytest.fixture
def laddnav(tmp_path: Path, nursery: Nursery) -> Command:
    """Nothing there yet."""
    return Command(tmp_path / "data", nursery)


@pytest.fixture
def founded(laddnav: Command, pristine: Path) -> Command:
    """A PostgreSQL of its own, in which our schema is and nothing else."""
    copy(pristine, laddnav.data / "postgres")
    return laddnav


@pytest.fixture(scope="module")
async def furnished(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory, nursery: Nursery
) -> AsyncIterator[Command]:
    """SE*LAD with the real feed's Locations in a database that runs already; tests of it leave it as it is."""
    command = Command(tmp_path_factory.mktemp("furnished") / "data", nursery)
    async with databases.lend() as command.environment["LADDNAV_DATABASE"]:
        command("party", "add", "SE*LAD", "--roles", "CPO,EMSP", "--name", "Laddnav AB")
        command("import", "locations", "-", "--party", "SE*LAD", "--quiet", given=network.feed())
        yield command
