"""Others' OCPI, each in its own environment (requirements/counterparts) and its own process, on loopback."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from msgspec import Struct

from laddnav.kit.ids import PartyId
from laddnav.ocpi.wire.routing import authorization
from tests.ports import free_port

HERE = Path(__file__).parent
ENVIRONMENTS = HERE.parents[2] / ".cache" / "counterparts"


class Extrawest(Struct, frozen=True, kw_only=True):
    """A running server of extrawest-ocpi."""

    party: PartyId
    url: str
    token_a: str

    @property
    def versions_url(self) -> str:
        return f"{self.url}/ocpi/versions"

    async def kept(self) -> Mapping[str, dict[str, Any]]:
        """By module, by id."""
        kept: Mapping[str, dict[str, Any]] = (await self._asked("GET", "/kept"))["kept"]
        return kept

    async def keep(self, module: str, *things: object) -> None:
        await self._asked("PUT", "/kept", {module: list(things)})

    async def push(self, version: str, module: str, id: str, to: str) -> Any:
        """Have it push one of its objects to the partner whose version details are at `to`; what it heard."""
        peer = (await self._asked("GET", "/kept"))["peer"]["credentials"]
        body = {"module_id": module, "object_id": id, "receivers": [{"endpoints_url": to, "auth_token": peer["token"]}]}
        shown = {"Authorization": authorization(f"c-{self.token_a}", encoded=True)}
        return await self._asked("POST", f"/push/{version}", body, shown)

    async def _asked(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, f"{self.url}{path}", json=body, headers=headers) as response,
        ):
            said = await response.text()
            assert response.status == 200, said
            return json.loads(said)


@asynccontextmanager
async def extrawest(role: str, party: PartyId) -> AsyncIterator[Extrawest]:
    """A server of extrawest-ocpi in one role, which knows nobody yet."""
    port = free_port()
    token = f"token-a-of-{party.party}"
    one = Extrawest(party=party, url=f"http://127.0.0.1:{port}", token_a=token)
    arguments = (str(port), role, f"{party.country}{party.party}", token)
    process = await asyncio.create_subprocess_exec(
        _python("extrawest"), str(HERE / "extrawest_server.py"), *arguments, cwd="/"
    )
    try:
        async with asyncio.timeout(60):
            while True:
                try:
                    await one.kept()
                    break
                except aiohttp.ClientConnectionError:
                    assert process.returncode is None, "the counterpart did not start"
                    await asyncio.sleep(0.1)
        yield one
    finally:
        process.kill()
        await process.wait()


async def client_of(script: str, *arguments: str) -> dict[str, Any]:
    """What a client says that it did and saw, step by step."""
    process = await asyncio.create_subprocess_exec(
        _python("clients"), str(HERE / script), *arguments, cwd="/", stdout=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(60):
        said, _ = await process.communicate()
    assert process.returncode == 0
    steps: dict[str, Any] = json.loads(said)
    return steps


def _python(name: str) -> str:
    python = ENVIRONMENTS / name / "bin" / "python"
    assert python.exists(), f"bin/test makes {python}"
    return str(python)
