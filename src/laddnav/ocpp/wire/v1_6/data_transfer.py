"""DataTransfer: something that only its vendor understands (OCPP 1.6 §4.3)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from laddnav.ocpp.wire.answers import DataJudged, Noted
from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.events import DataReceived
from laddnav.ocpp.wire.reports import Reported
from laddnav.ocpp.wire.v1_6 import costs


class WireDataTransfer(Struct, frozen=True):
    vendorId: str
    messageId: str | None = None
    data: Any = None  # text by the table; objects are seen


def read(wire: WireDataTransfer) -> DataReceived | Reported:
    """Of all vendors one is understood."""
    if (wire.vendorId, wire.messageId) == (costs.VENDOR, costs.UNPLUGGED):
        return costs.unplugged(wire.data)
    return DataReceived(vendor=wire.vendorId, message=wire.messageId, data=wire.data)


def write(answer: DataJudged | Noted) -> dict[str, Any]:
    if isinstance(answer, Noted):
        return {"status": "Accepted"}
    return {"status": "UnknownMessageId" if answer.vendor_known else "UnknownVendorId"}


codec = Hears(WireDataTransfer, read, write)
