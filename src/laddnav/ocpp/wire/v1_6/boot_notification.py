"""BootNotification: a station came up (OCPP 1.6 §4.2)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from laddnav.kit.time import rfc3339
from laddnav.ocpp.wire.answers import Registered, Registration
from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.events import Booted


class WireBootNotification(Struct, frozen=True):
    chargePointVendor: str
    chargePointModel: str
    chargePointSerialNumber: str | None = None
    chargeBoxSerialNumber: str | None = None  # deprecated, and often the only one there is
    firmwareVersion: str | None = None


_STATUS = {
    Registration.ACCEPTED: "Accepted",
    Registration.PENDING: "Pending",
    Registration.REJECTED: "Rejected",
}


def read(wire: WireBootNotification) -> Booted:
    return Booted(
        vendor=wire.chargePointVendor,
        model=wire.chargePointModel,
        serial_number=wire.chargePointSerialNumber or wire.chargeBoxSerialNumber,
        firmware=wire.firmwareVersion,
    )


def write(answer: Registered) -> dict[str, Any]:
    return {
        "status": _STATUS[answer.registration],
        "currentTime": rfc3339(answer.now),
        "interval": answer.interval,
    }


codec = Hears(WireBootNotification, read, write)
