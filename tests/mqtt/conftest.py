"""Mosquitto, the broker of most homes, anew for each test, for it keeps what is retained; and somebody there."""

from __future__ import annotations

import asyncio
import hashlib
import subprocess
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiomqtt
import pytest

from laddnav.mqtt.client import Client
from tests.ports import PATIENCE, free_port, wait_for

MOSQUITTO = Path(__file__).parents[2] / ".cache" / "mosquitto"
USER, PASSWORD = "laddnav", "of-the-home"


class Mosquitto:
    """It lets in who knows the password; it can go away and come back at the same port, with all that is retained."""

    def __init__(self, folder: Path) -> None:
        assert MOSQUITTO.exists(), f"bin/test makes {MOSQUITTO}"
        self.port = free_port()
        self._settings = folder / f"mosquitto-{self.port}.conf"
        lines = (
            *(f"listener {self.port} 127.0.0.1", "persistence true", f"persistence_location {folder}/", "user root"),
            *("allow_anonymous false", f"password_file {folder}/users"),
        )
        self._settings.write_text("\n".join(lines) + "\n")
        salt = b"twelve bytes"
        proof = hashlib.pbkdf2_hmac("sha512", PASSWORD.encode(), salt, 101)
        (folder / "users").write_text(f"{USER}:$7$101${b64encode(salt).decode()}${b64encode(proof).decode()}\n")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def begin(self) -> None:
        self._process = subprocess.Popen([str(MOSQUITTO), "-c", str(self._settings)], stderr=subprocess.DEVNULL)
        wait_for(self.port, self._process)

    def end(self) -> None:
        """In order, so that it keeps what is retained."""
        assert self._process is not None
        self._process.terminate()
        self._process.wait(10)


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    one = Mosquitto(tmp_path)
    one.begin()
    yield one
    one.end()


class Listener:
    """Somebody at the broker, such as Home Assistant: knows what was said last at each topic, and may say something."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self.heard: dict[str, str] = {}
        self._client = client
        self._news = asyncio.Event()

    async def listen(self) -> None:
        async for message in self._client.messages:
            self.heard[str(message.topic)] = message.payload.decode(errors="replace")
            self._news.set()

    async def says(self, topic: str, payload: str | bytes, *, retain: bool = False) -> None:
        await self._client.publish(topic, payload, qos=1, retain=retain)

    async def hears(self, topic: str, meant: str | Callable[[str], bool]) -> str:
        """Waits until this was said there last. Raises AssertionError, which says what was."""
        true = meant if callable(meant) else meant.__eq__
        try:
            async with asyncio.timeout(PATIENCE):
                while topic not in self.heard or not true(self.heard[topic]):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"{topic} says {self.heard.get(topic)!r}") from None
        return self.heard[topic]


@asynccontextmanager
async def somebody_at(broker: Mosquitto, *topics: str) -> AsyncIterator[Listener]:
    async with Client("127.0.0.1", broker.port, username=USER, password=PASSWORD) as client:
        for topic in topics or ("#",):
            await client.subscribe(topic, qos=1)
        one = Listener(client)
        listening = asyncio.create_task(one.listen())
        try:
            yield one
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
