"""Several processes on one database, each `laddnav serve` as an operator starts it, and stations that hang on them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import websockets
from websockets.asyncio.client import ClientConnection

from tests.forked import Nursery, Serving
from tests.ocpp.conftest import Raw

BOOT = {"chargePointVendor": "Volt", "chargePointModel": "Twin"}


class Several:
    """Processes by their names; who is still alive at the end is stopped."""

    def __init__(self, nursery: Nursery, database_url: str, data: Path) -> None:
        self._nursery = nursery
        self._database_url = database_url
        self._data = data
        self._started: list[Serving] = []

    @classmethod
    @asynccontextmanager
    async def of(cls, nursery: Nursery, database_url: str, data: Path) -> AsyncIterator[Several]:
        data.mkdir(exist_ok=True)
        several = cls(nursery, database_url, data)
        try:
            yield several
        finally:
            for one in several._started:
                await one.stop()

    async def start(self, name: str, *words: str) -> Serving:
        where = ["--data", str(self._data), "--database", self._database_url]
        one = await Serving.started(self._nursery, [*where, "--name", name, *words], log=self._data / f"log-{name}")
        self._started.append(one)
        return one


def stations_of(process: Serving) -> str:
    """Where stations connect to it."""
    return f"ws://127.0.0.1:{process.port}/ocpp"


class Hanging:
    """One socket of a station: says what the test wants, and answers what it is asked as long as it `answers`."""

    def __init__(self, socket: ClientConnection) -> None:
        self.asked: list[str] = []
        self.answers = asyncio.Event()
        self.answers.set()
        self._socket = socket
        self._heard: dict[str, asyncio.Future[Any]] = {}
        self._ids = count(1)
        self._answering: list[asyncio.Task[None]] = []
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    @asynccontextmanager
    async def on(cls, process: Serving, id: str) -> AsyncIterator[Hanging]:
        one = cls((await Raw.connect(stations_of(process), id)).socket)
        try:
            yield one
        finally:
            await one._socket.close()
            for task in one._answering:
                task.cancel()
            await asyncio.gather(one._listening, *one._answering, return_exceptions=True)

    async def say(self, action: str, payload: dict[str, Any], id: str | None = None) -> asyncio.Future[Any]:
        """Said; what will be heard. A message that is repeated has the same id."""
        id = id or f"said-{next(self._ids)}"
        self._heard[id] = asyncio.get_running_loop().create_future()
        await self._socket.send(json.dumps([2, id, action, payload]))
        return self._heard[id]

    async def ask(self, action: str, payload: dict[str, Any], id: str | None = None) -> Any:
        async with asyncio.timeout(20):
            return await (await self.say(action, payload, id))

    async def closed(self) -> int | None:
        """With which code, once it is."""
        async with asyncio.timeout(20):
            await asyncio.shield(self._listening)
        return self._socket.close_code

    async def _answer(self, id: str) -> None:
        await self.answers.wait()
        with suppress(websockets.ConnectionClosed):
            await self._socket.send(json.dumps([3, id, {"status": "Accepted"}]))

    async def _listen(self) -> None:
        with suppress(websockets.ConnectionClosed):
            async for text in self._socket:
                match json.loads(text):
                    case [2, id, action, _]:
                        self.asked.append(action)
                        self._answering.append(asyncio.create_task(self._answer(id)))
                    case [3, id, answer]:
                        self._heard.pop(id).set_result(answer)


class Desk:
    """Whoever asks stations something through one process."""

    def __init__(self, process: Serving, key: str) -> None:
        self._url = process.url
        self._key = key

    async def ask(self, station_id: str, action: str, payload: dict[str, Any]) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self._key}"}
        url = f"{self._url}/api/v1/stations/{station_id}/ocpp/{action}"
        async with aiohttp.ClientSession() as web, web.post(url, json=payload, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None)
