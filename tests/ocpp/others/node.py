"""A station of npm's ocpp-rpc, in an environment (requirements/counterparts/node) and a process of its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.ocpp.conftest import PASSWORD

HERE = Path(__file__).parent
ENVIRONMENT = HERE.parents[2] / ".cache" / "counterparts" / "node"
_ACCEPTED = {"status": "Accepted"}
ANSWERS = {
    "RemoteStartTransaction": _ACCEPTED,
    "RemoteStopTransaction": _ACCEPTED,
    "RequestStartTransaction": _ACCEPTED,
    "RequestStopTransaction": _ACCEPTED,
}


class Failed(Exception):
    """What it could not say, or what we refused."""


class OfNpm:
    """One that runs."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.unfit: list[str] = []
        """What it heard from us that is not as the official schemas say."""
        self.line: list[str] = []
        self._process = process
        self._waiting: dict[int, asyncio.Future[Any]] = {}

    async def connect(self) -> str:
        """The version that was agreed."""
        return str(await self.say("connect"))

    async def say(self, action: str, words: Mapping[str, Any] | None = None) -> Any:
        number = len(self._waiting)
        self._waiting[number] = asyncio.get_running_loop().create_future()
        assert self._process.stdin is not None
        self._process.stdin.write(
            f"{json.dumps({'number': number, 'action': action, 'words': words or {}})}\n".encode()
        )
        async with asyncio.timeout(20):
            return await self._waiting[number]

    async def listen(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            match json.loads(line):
                case {"number": number, "heard": heard}:
                    self._waiting[number].set_result(heard)
                case {"number": number, "failed": failed}:
                    self._waiting[number].set_exception(Failed(failed))
                case {"asked": [action, words]}:
                    self.asked.append((action, words))
                case {"unfit": what}:
                    self.unfit.append(what)
                case {"line": what}:
                    self.line.append(what)


@asynccontextmanager
async def of_npm(
    endpoint: str, protocol: str, *, password: str | None = PASSWORD, tls: Mapping[str, str] | None = None
) -> AsyncIterator[OfNpm]:
    """ST1, which has not connected yet."""
    node = ENVIRONMENT / "bin" / "node"
    assert node.exists(), f"bin/test makes {node}"
    options = {
        "answers": ANSWERS,
        "endpoint": endpoint,
        "identity": "ST1",
        "password": password,
        "protocols": [protocol],
        "wsOpts": dict(tls or {}),
    }
    process = await asyncio.create_subprocess_exec(
        node,
        HERE / "station.mjs",
        ENVIRONMENT,
        json.dumps(options),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    station = OfNpm(process)
    listening = asyncio.create_task(station.listen())
    try:
        yield station
    finally:
        process.kill()
        await process.wait()
        await listening
