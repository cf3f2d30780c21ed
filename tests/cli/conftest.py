"""The real command in a process of its own, on an installation in an empty folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from laddnav.sim import network

# Starting Python takes longer than most wrong calls do: this process makes many of them, one after the other.
MANY = """
import contextlib, io, json, sys
from laddnav.cli.main import main
for words, given in json.load(sys.stdin):
    sys.argv, sys.stdin = ["laddnav", *words], io.TextIOWrapper(io.BytesIO(bytes(given)))
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        try:
            main()
        except SystemExit as end:
            status = end.code
    print(json.dumps([status, out.getvalue(), err.getvalue()]))
"""


class Command:
    """`laddnav` with its data in one folder, and nothing of ours in its environment."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("LADDNAV_")}
        self.environment["LADDNAV_DATA"] = str(data)

    def __call__(self, *words: str, given: bytes = b"", status: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self.line(*words), input=given, capture_output=True, env=self.environment, timeout=60, check=False
        )
        said = subprocess.CompletedProcess(words, done.returncode, done.stdout.decode(), done.stderr.decode())
        assert said.returncode == status, said
        return said

    def line(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "laddnav.cli", *words]

    def json(self, *words: str, given: bytes = b"") -> Any:
        """The one object that it says."""
        return json.loads(self(*words, given=given).stdout)

    def lines(self, *words: str) -> list[Any]:
        return [json.loads(line) for line in self(*words).stdout.splitlines()]

    def one_after_another(
        self, calls: Sequence[tuple[tuple[str, ...], bytes, object]]
    ) -> list[subprocess.CompletedProcess[str]]:
        """Of each, what came of it."""
        said = subprocess.run(
            [sys.executable, "-c", MANY],
            input=json.dumps([(words, list(given)) for words, given, _ in calls]),
            capture_output=True,
            text=True,
            env=self.environment,
            timeout=300,
            check=True,
        )
        ended = [json.loads(line) for line in said.stdout.splitlines()]
        return [subprocess.CompletedProcess(words, *one) for (words, _, _), one in zip(calls, ended, strict=True)]

    def wrong(self, *words: str, given: bytes = b"") -> str:
        """The one line that it says instead."""
        said = self(*words, given=given, status=2)
        *_, last = said.stderr.splitlines()
        assert last.startswith("laddnav: ")
        assert said.stdout == ""
        assert "Traceback" not in said.stderr
        return last


@pytest.fixture
def laddnav(tmp_path: Path) -> Command:
    """Nothing there yet."""
    return Command(tmp_path / "data")


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    """SE*LAD with the real feed's Locations; tests of it leave it as it is."""
    command = Command(tmp_path_factory.mktemp("furnished") / "data")
    command("party", "add", "SE*LAD", "--roles", "CPO,EMSP", "--name", "Laddnav AB")
    command("import", "locations", "-", "--party", "SE*LAD", "--quiet", given=network.feed())
    yield command
