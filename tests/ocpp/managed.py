"""A station of any version as the PyPI `ocpp` package speaks it, which answers what it is asked as the test says."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import ocpp.v16
import ocpp.v21
import ocpp.v201
import websockets
from ocpp.charge_point import snake_to_camel_case
from ocpp.routing import on
from websockets.typing import Subprotocol

from tests.ocpp.conftest import PASSWORD

PACKAGES = {"ocpp1.6": ocpp.v16, "ocpp2.0.1": ocpp.v201, "ocpp2.1": ocpp.v21}
Answer = Mapping[str, Any] | Callable[..., Mapping[str, Any]]


def boot(protocol: str, firmware: str | None = None) -> dict[str, Any]:
    running = {} if firmware is None else {"firmware_version": firmware}
    if protocol == "ocpp1.6":
        return {"charge_point_vendor": "Volt", "charge_point_model": "Twin", **running}
    return {"charging_station": {"model": "Twin", "vendor_name": "Volt", **running}, "reason": "PowerUp"}


def answering(protocol: str, answers: Mapping[str, Answer]) -> type:
    """The package's station of this version, with a handler for each action that has an answer."""
    package = PACKAGES[protocol]

    def handler(action: str, answer: Answer) -> Any:
        def handle(self: Any, **said: Any) -> Any:
            self.asked.append((action, snake_to_camel_case(said)))
            given = answer(**said) if callable(answer) else answer
            return getattr(package.call_result, action)(**given)

        handle.__name__ = f"on_{action}"  # the package finds handlers by their names
        return on(action)(handle)

    handlers = {f"on_{action}": handler(action, answer) for action, answer in answers.items()}
    return type("Wire", (package.ChargePoint,), handlers)


class Managed:
    """Says what the test wants; `asked` is what it was asked, in the words of its version."""

    def __init__(self, protocol: str, wire: Any) -> None:
        self.protocol, self.wire = protocol, wire
        self.wire.asked = []

    @property
    def asked(self) -> list[tuple[str, dict[str, Any]]]:
        return list(self.wire.asked)

    def asked_for(self, action: str) -> list[dict[str, Any]]:
        return [said for name, said in self.asked if name == action]

    async def say(self, action: str, **words: Any) -> Any:
        return await self.wire.call(getattr(PACKAGES[self.protocol].call, action)(**words))

    async def boot(self, firmware: str | None = None) -> None:
        assert (await self.say("BootNotification", **boot(self.protocol, firmware))).status == "Accepted"


@asynccontextmanager
async def managed(url: str, protocol: str, answers: Mapping[str, Answer], id: str = "ST1") -> AsyncIterator[Managed]:
    """On the line, not booted yet."""
    token = base64.b64encode(f"{id}:{PASSWORD}".encode()).decode()
    headers = {"Authorization": f"Basic {token}"}
    async with websockets.connect(
        f"{url}/{id}", subprotocols=[Subprotocol(protocol)], additional_headers=headers
    ) as socket:
        station = Managed(protocol, answering(protocol, answers)(id, socket, response_timeout=20))
        reading = asyncio.create_task(station.wire.start())
        yield station
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
