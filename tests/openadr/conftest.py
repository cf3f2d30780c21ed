"""A VTN and its business side, once for all tests of a file; a site with its mains meter in each."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ports import PATIENCE, free_port, wait_for

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".cache" / "counterparts" / "openadr" / "bin" / "python"


class Grid:
    """A VTN at a URL; what is done at its business side is done by others' clients."""

    def __init__(self, url: str, business: subprocess.Popen[str]) -> None:
        self.url = url
        self._business = business

    async def does(self, step: str, said: object = None) -> Any:
        return await asyncio.to_thread(self._step, step, said)

    async def misbehaves(self, **paths: object) -> None:
        """`events={"status": 500}`: that is what it answers there; nothing: it behaves again."""
        tricks = {"/" + path.replace("__", "/"): how for path, how in paths.items()}
        await asyncio.to_thread(self._post, "/mischief", tricks)

    async def begins_anew(self) -> list[str]:
        """Says what it was asked meanwhile."""
        heard: list[str] = json.loads(await asyncio.to_thread(self._post, "/forget", None))
        await self.does("sign in")
        return heard

    def _step(self, step: str, said: object) -> Any:
        assert self._business.stdin is not None and self._business.stdout is not None
        self._business.stdin.write(json.dumps([step, said]) + "\n")
        self._business.stdin.flush()
        line = self._business.stdout.readline()
        assert line, "the business side fell over; what it said stands above"
        return json.loads(line)

    def _post(self, path: str, body: object) -> bytes:
        with urllib.request.urlopen(self.url + path, json.dumps(body).encode(), timeout=PATIENCE) as answer:
            return bytes(answer.read())


@pytest.fixture(scope="module")
def company() -> Iterator[Grid]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    assert PYTHON.exists(), f"bin/test makes {PYTHON}"
    script = str(Path(__file__).parent / "business.py")
    with (
        subprocess.Popen([sys.executable, "-m", "tests.openadr.vtn", str(port)], cwd=ROOT) as server,
        subprocess.Popen(
            [str(PYTHON), script, url], cwd="/", stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as business,
    ):
        try:
            wait_for(port, server)
            yield Grid(url, business)
        finally:
            server.kill()
            business.kill()


@pytest.fixture
async def grid(company: Grid) -> AsyncIterator[Grid]:
    """It knows nothing and nobody, and behaves."""
    await company.begins_anew()
    yield company
