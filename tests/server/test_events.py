"""The event stream of the operator API: everything in its order, resumed without loss, each key its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from laddnav.locations import actions as locations
from laddnav.locations.actions import Provisioning
from laddnav.people import actions as people
from laddnav.people.model import Role
from laddnav.server.http import Serving
from tests.server.conftest import Client, a_key


class Stream:
    """Reads server-sent events one at a time."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    async def next(self) -> dict[str, Any]:
        said: dict[str, Any] = {}
        while True:
            line = (await asyncio.wait_for(self._answer.content.readline(), 10)).decode().rstrip("\n")
            if not line and "data" in said:
                return said | {"data": json.loads(said["data"])}
            if line and not line.startswith(":"):
                name, _, value = line.partition(": ")
                said[name] = value

    async def end(self) -> None:
        """Waits for it."""
        while not self._answer.content.at_eof():
            await asyncio.wait_for(self._answer.content.readline(), 10)


@asynccontextmanager
async def following(web: aiohttp.ClientSession, client: Client, after: str | None = None) -> AsyncIterator[Stream]:
    path = f"{client.url}/api/v1/events" + (f"?after={after}" if after else "")
    async with web.get(path, headers=client.headers) as answer:
        assert (answer.status, answer.content_type) == (200, "text/event-stream")
        yield Stream(answer)


async def change(served: Serving, interval: int) -> None:
    async with served.database.unit() as unit:
        await locations.provision(unit, "ST-1", Provisioning(heartbeat_interval=interval))


async def test_what_happens_is_told_at_once_and_in_order(
    served: Serving, web: aiohttp.ClientSession, lad: Client
) -> None:
    async with following(web, lad) as stream:
        while (await stream.next())["event"] != "TokenChanged":
            continue
        await change(served, 77)
        news = await stream.next()
    assert news["event"] == news["data"]["kind"] == "StationChanged"
    assert (news["data"]["holder"], news["data"]["station_id"]) == ("SE*LAD", "ST-1")
    assert news["data"]["at"].endswith("Z")


async def test_a_reader_that_comes_back_with_its_cursor_misses_nothing_and_hears_nothing_twice(
    served: Serving, web: aiohttp.ClientSession, lad: Client
) -> None:
    async with following(web, lad) as stream:
        first = [await stream.next() for _ in range(4)]
    for interval in range(60, 70):
        await change(served, interval)
    async with following(web, lad, after=first[-1]["id"]) as stream:
        rest: list[dict[str, Any]] = []
        while len([one for one in rest if one["event"] == "StationChanged"]) < 12:
            rest.append(await stream.next())
    async with following(web, lad) as stream:
        assert [await stream.next() for _ in range(len(first) + len(rest))] == first + rest


async def test_a_key_of_one_party_hears_nothing_of_another(
    served: Serving, web: aiohttp.ClientSession, tnm: Client
) -> None:
    async with following(web, tnm) as stream:
        assert (await stream.next())["data"]["holder"] == "NL*TNM"
        await change(served, 77)
        status, _ = await tnm.ask("PATCH", "/tokens/NL/TNM/RFID/04A1B2C3D4E5F6", {"valid": False})
        assert status == 200
        assert ((await stream.next())["data"]["kind"]) == "TokenChanged"


async def test_a_stream_ends_when_its_key_is_revoked(served: Serving, web: aiohttp.ClientSession) -> None:
    secret = await a_key(served.database, Role.VIEWER, None)
    async with following(web, Client(web, served.url, secret)) as stream:
        await stream.next()
        async with served.database.unit() as unit:
            *_, key = await people.keys(unit)
            await people.revoke_key(unit, key.id, by="a test")
        await stream.end()
