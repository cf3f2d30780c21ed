"""ClearedChargingLimit: somebody beside us does not limit any more (OCPP 2.0.1 part 2 K13)."""

from __future__ import annotations

from msgspec import Struct

from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.reports import Reported, Topic
from laddnav.ocpp.wire.v2_0_1.fields import EvseId
from laddnav.ocpp.wire.v2_0_1.notify_charging_limit import limit_key
from laddnav.ocpp.wire.v2_0_1.reports import Name, nothing


class WireClearedChargingLimit(Struct, frozen=True):
    chargingLimitSource: Name
    evseId: EvseId | None = None


def read(wire: WireClearedChargingLimit) -> Reported:
    gone = limit_key(wire.chargingLimitSource, wire.evseId) if wire.evseId else wire.chargingLimitSource
    return Reported(topic=Topic.CHARGING_LIMIT, gone=(gone,))


codec = Hears(WireClearedChargingLimit, read, nothing)
