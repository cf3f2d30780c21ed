"""BootNotification: a station came up, and why (OCPP 2.0.1 part 2 B01)."""

from __future__ import annotations

from msgspec import Struct

from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.events import Booted
from laddnav.ocpp.wire.v1_6.boot_notification import write


class WireChargingStation(Struct, frozen=True):
    model: str
    vendorName: str
    serialNumber: str | None = None
    firmwareVersion: str | None = None


class WireBootNotification(Struct, frozen=True):
    chargingStation: WireChargingStation
    reason: str | None = None


def read(wire: WireBootNotification) -> Booted:
    station = wire.chargingStation
    return Booted(
        vendor=station.vendorName,
        model=station.model,
        serial_number=station.serialNumber,
        firmware=station.firmwareVersion,
    )


codec = Hears(WireBootNotification, read, write)
