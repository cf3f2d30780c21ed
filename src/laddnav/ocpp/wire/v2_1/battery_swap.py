"""BatterySwap: batteries went in or out of a swap station (OCPP 2.1 part 2 S01 to S03)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.reports import Reported, Thing, Topic
from laddnav.ocpp.wire.v2_0_1.reports import Name, Number, document, nothing


class WireBatterySwap(Struct, frozen=True):
    eventType: Name
    requestId: Number
    idToken: dict[str, Any]
    batteryData: tuple[dict[str, Any], ...]


def read(wire: WireBatterySwap) -> Reported:
    """S03.FR.03: what went in and what came out bear one number."""
    things = (Thing(f"{wire.requestId}/{wire.eventType}", document(wire)),)
    return Reported(topic=Topic.BATTERY_SWAP, things=things)


codec = Hears(WireBatterySwap, read, nothing)
