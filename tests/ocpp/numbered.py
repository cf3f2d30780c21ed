"""A station of OCPP 2.0.1 or 2.1 as the PyPI `ocpp` package speaks it, which says and answers what the test wants."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import ocpp.v21
import ocpp.v201
import websockets
from ocpp.routing import on
from ocpp.v201.enums import Action
from websockets.typing import Subprotocol

from laddnav.kit.time import rfc3339
from tests.ocpp.conftest import PASSWORD

PACKAGES = {"ocpp2.0.1": ocpp.v201, "ocpp2.1": ocpp.v21}
BOOT = {"charging_station": {"model": "Twin", "vendor_name": "Volt"}, "reason": "PowerUp"}


def metered(at: datetime, wh: float, context: str = "Sample.Periodic") -> list[dict[str, Any]]:
    """The register of the outlet, which some stations give in kWh."""
    unit = {"unit": "kWh", "multiplier": 0}
    sample = {"value": wh / 1000, "context": context, "unit_of_measure": unit}
    return [{"timestamp": rfc3339(at), "sampled_value": [sample]}]


# What a station is asked and answers as a test has it, or else that it will.
ANSWERED = (
    "GetBaseReport",
    "SetMonitoringBase",
    "SetMonitoringLevel",
    "SetVariableMonitoring",
    "ClearVariableMonitoring",
    "GetMonitoringReport",
    "AdjustPeriodicEventStream",
    "GetPeriodicEventStream",
    "SetDERControl",
    "GetDERControl",
    "ClearDERControl",
    "RequestBatterySwap",
    "UsePriorityCharging",
    "UpdateDynamicSchedule",
    "AFRRSignal",
    "NotifyAllowedEnergyTransfer",
)


def answering(protocol: str) -> type:
    """The package's station of this version, with answers that a test can set."""
    package = PACKAGES[protocol]
    result = package.call_result

    class Wire(package.ChargePoint):  # type: ignore[name-defined]
        def __init__(self, *given: Any) -> None:
            super().__init__(*given, response_timeout=20)
            self.asked: list[tuple[str, dict[str, Any]]] = []
            self.queued = False
            self.answers: dict[str, dict[str, Any]] = {}

        @on(Action.request_start_transaction)
        def _start(self, **said: Any) -> Any:
            self.asked.append(("RequestStartTransaction", said))
            return result.RequestStartTransaction(status="Accepted")

        @on(Action.request_stop_transaction)
        def _stop(self, **said: Any) -> Any:
            self.asked.append(("RequestStopTransaction", said))
            return result.RequestStopTransaction(status="Accepted")

        @on(Action.get_transaction_status)
        def _status(self, **said: Any) -> Any:
            self.asked.append(("GetTransactionStatus", said))
            return result.GetTransactionStatus(messages_in_queue=self.queued, ongoing_indicator=False)

        @on(Action.set_charging_profile)
        def _limit(self, **said: Any) -> Any:
            self.asked.append(("SetChargingProfile", said))
            return result.SetChargingProfile(status="Accepted")

        @on(Action.reserve_now)
        def _reserve(self, **said: Any) -> Any:
            self.asked.append(("ReserveNow", said))
            return result.ReserveNow(status="Accepted")

        @on(Action.trigger_message)
        def _trigger(self, **said: Any) -> Any:
            self.asked.append(("TriggerMessage", said))
            return result.TriggerMessage(status="Accepted")

        @on(Action.customer_information)
        def _customer(self, **said: Any) -> Any:
            self.asked.append(("CustomerInformation", said))
            return result.CustomerInformation(status="Accepted")

        @on(Action.get_display_messages)
        def _messages(self, **said: Any) -> Any:
            self.asked.append(("GetDisplayMessages", said))
            return result.GetDisplayMessages(status="Accepted")

        @on(Action.set_display_message)
        def _show(self, **said: Any) -> Any:
            self.asked.append(("SetDisplayMessage", said))
            return result.SetDisplayMessage(status="Accepted")

        @on(Action.clear_display_message)
        def _show_no_more(self, **said: Any) -> Any:
            return result.ClearDisplayMessage(status="Accepted")

        @on("SetDefaultTariff")
        def _tariff(self, **said: Any) -> Any:
            self.asked.append(("SetDefaultTariff", said))
            return result.SetDefaultTariff(status="Accepted")

        @on("ChangeTransactionTariff")
        def _other_tariff(self, **said: Any) -> Any:
            self.asked.append(("ChangeTransactionTariff", said))
            return result.ChangeTransactionTariff(status="Accepted")

        @on(Action.cost_updated)
        def _cost(self, **said: Any) -> Any:
            self.asked.append(("CostUpdated", said))
            return result.CostUpdated()

    for action in ANSWERED:
        if hasattr(result, action):
            setattr(Wire, f"_{action}", _answers(result, action))
    return Wire


def _answers(result: Any, action: str) -> Any:
    def answer(self: Any, **said: Any) -> Any:
        self.asked.append((action, said))
        return getattr(result, action)(**self.answers.get(action, {"status": "Accepted"}))

    answer.__name__ = f"_{action}"  # by which the package finds it
    return on(action)(answer)


class Numbered:
    """A station that tells its charges in numbered events."""

    def __init__(self, protocol: str, wire: Any) -> None:
        self.package, self.wire = PACKAGES[protocol], wire
        self._numbers: dict[str, int] = {}

    @property
    def asked(self) -> list[tuple[str, dict[str, Any]]]:
        return list(self.wire.asked)

    async def say(self, action: str, **words: Any) -> Any:
        return await self.wire.call(getattr(self.package.call, action)(**words))

    async def status(self, said: str, at: datetime, *, evse: int = 1, connector: int = 1) -> None:
        await self.say(
            "StatusNotification",
            timestamp=rfc3339(at),
            connector_status=said,
            evse_id=evse,
            connector_id=connector,
        )

    async def tell(
        self, kind: str, at: datetime, *, charge: str = "T-1", number: int | None = None, **more: Any
    ) -> Any:
        """The next event of this charge, or that of this number."""
        number = self._numbers.get(charge, 0) if number is None else number
        self._numbers[charge] = number + 1
        info = {"transaction_id": charge, **more.pop("info", {})}
        trigger = more.pop("trigger", "Authorized" if kind == "Started" else "MeterValuePeriodic")
        return await self.say(
            "TransactionEvent",
            event_type=kind,
            timestamp=rfc3339(at),
            trigger_reason=trigger,
            seq_no=number,
            transaction_info=info,
            **more,
        )


@asynccontextmanager
async def numbered(url: str, protocol: str, id: str = "ST1") -> AsyncIterator[Numbered]:
    """On the line and booted."""
    token = base64.b64encode(f"{id}:{PASSWORD}".encode()).decode()
    headers = {"Authorization": f"Basic {token}"}
    async with websockets.connect(
        f"{url}/{id}", subprotocols=[Subprotocol(protocol)], additional_headers=headers
    ) as socket:
        wire = answering(protocol)(id, socket)
        reading = asyncio.create_task(wire.start())
        station = Numbered(protocol, wire)
        assert (await station.say("BootNotification", **BOOT)).status == "Accepted"
        yield station
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
