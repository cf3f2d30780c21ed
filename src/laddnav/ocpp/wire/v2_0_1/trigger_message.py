"""TriggerMessage: a station is to say something now (OCPP 2.0.1 part 2 F06)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.display import TellNow, Trigger
from laddnav.ocpp.wire.v1_6.trigger_message import read

_MESSAGE = {
    Trigger.BOOT: "BootNotification",
    Trigger.HEARTBEAT: "Heartbeat",
    Trigger.STATUS: "StatusNotification",
    Trigger.METER: "MeterValues",
    Trigger.CHARGE: "TransactionEvent",
    Trigger.FIRMWARE: "FirmwareStatusNotification",
    Trigger.LOG: "LogStatusNotification",
}


def write(request: TellNow) -> dict[str, Any]:
    """F06.FR.13: a status is asked of a connector, the first where none is named."""
    said: dict[str, Any] = {"requestedMessage": _MESSAGE[request.what]}
    if request.evse_no is not None:
        said["evse"] = {"id": request.evse_no}
        if request.what is Trigger.STATUS:
            said["evse"]["connectorId"] = request.connector_no or 1
    return said


codec = Asks("TriggerMessage", write, read)
