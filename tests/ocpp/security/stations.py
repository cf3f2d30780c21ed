"""A station of the PyPI `ocpp` package in each version that answers about security as a test wants, and notes it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import ocpp.v16
import ocpp.v21
import ocpp.v201
from ocpp.routing import on

from tests.ocpp.conftest import PASSWORD
from tests.ocpp.security.conftest import coming

PACKAGES = {"ocpp1.6": ocpp.v16, "ocpp2.0.1": ocpp.v201, "ocpp2.1": ocpp.v21}
_EVERY = ("CertificateSigned", "DeleteCertificate", "GetInstalledCertificateIds", "InstallCertificate")
ASKED = {
    "ocpp1.6": (*_EVERY, "ChangeConfiguration", "ExtendedTriggerMessage", "GetConfiguration"),
    "ocpp2.0.1": (*_EVERY, "GetBaseReport", "SetNetworkProfile", "SetVariables", "TriggerMessage"),
    "ocpp2.1": (*_EVERY, "GetBaseReport", "SetNetworkProfile", "SetVariables", "TriggerMessage"),
}
_ACCEPTED = {"status": "Accepted"}


def wire_of(protocol: str) -> Any:
    """The package's station with an answer to all of these."""
    package = PACKAGES[protocol]

    def answering(action: str) -> Any:
        async def answer(self: Any, **said: Any) -> Any:
            await self.asked.put((action, said))
            words = self.answers.get(action, {} if action == "GetConfiguration" else _ACCEPTED)
            if action == "SetVariables" and action not in self.answers:
                words = {"set_variable_result": [set_to("Accepted", **said["set_variable_data"][0])]}
            return getattr(package.call_result, action)(**words)

        answer.__name__ = f"_{action}"  # by which the package finds it
        return on(action)(answer)

    return type("Wire", (package.ChargePoint,), {f"_{action}": answering(action) for action in ASKED[protocol]})


def set_to(status: str, **asked: Any) -> dict[str, Any]:
    """What 2.0.1 and 2.1 answer for each variable."""
    return {"attribute_status": status, "component": asked["component"], "variable": asked["variable"]}


class Proving:
    """One on the line; `answers` by action, where they are not to be Accepted."""

    def __init__(self, protocol: str, wire: Any) -> None:
        self.protocol, self.wire = protocol, wire
        self.answers: dict[str, Any] = wire.answers

    async def say(self, action: str, /, **words: Any) -> Any:
        return await self.wire.call(getattr(PACKAGES[self.protocol].call, action)(**words))

    async def was_asked(self, *actions: str) -> dict[str, Any]:
        """The next of these; whatever else comes before is not looked at."""
        async with asyncio.timeout(10):
            while True:
                action, said = await self.wire.asked.get()
                if action in actions:
                    return dict(said)


@asynccontextmanager
async def proving(
    url: str, protocol: str, context: ssl.SSLContext | None = None, password: str | None = PASSWORD
) -> AsyncIterator[Proving]:
    async with coming(url, context, password=password, protocol=protocol) as socket:
        wire = wire_of(protocol)("ST1", socket, response_timeout=20)
        wire.asked, wire.answers = asyncio.Queue(), {}
        reading = asyncio.create_task(wire.start())
        yield Proving(protocol, wire)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


BOOTS = {
    "ocpp1.6": {"charge_point_model": "Twin", "charge_point_vendor": "Volt"},
    "ocpp2.0.1": {"charging_station": {"model": "Twin", "vendor_name": "Volt"}, "reason": "PowerUp"},
    "ocpp2.1": {"charging_station": {"model": "Twin", "vendor_name": "Volt"}, "reason": "PowerUp"},
}
