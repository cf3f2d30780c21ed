"""TriggerMessage: a station is to say something now (OCPP 1.6 §5.17)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.display import TellNow, Trigger
from laddnav.ocpp.wire.requests import Verdict

_MESSAGE = {
    Trigger.BOOT: "BootNotification",
    Trigger.HEARTBEAT: "Heartbeat",
    Trigger.STATUS: "StatusNotification",
    Trigger.METER: "MeterValues",
    Trigger.CHARGE: "MeterValues",
    Trigger.FIRMWARE: "FirmwareStatusNotification",
    Trigger.LOG: "DiagnosticsStatusNotification",
}
_MEANS = {"Accepted": Verdict.ACCEPTED, "NotImplemented": Verdict.NOT_SUPPORTED}


def write(request: TellNow) -> dict[str, Any]:
    said: dict[str, Any] = {"requestedMessage": _MESSAGE[request.what]}
    return said if request.evse_no is None else said | {"connectorId": request.evse_no}


def read(payload: dict[str, Any]) -> Verdict:
    return _MEANS.get(str(payload.get("status")), Verdict.REJECTED)


codec = Asks("TriggerMessage", write, read)
