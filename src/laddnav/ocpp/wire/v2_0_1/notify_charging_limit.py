"""NotifyChargingLimit: somebody beside us limits a station or an Evse (OCPP 2.0.1 part 2 K11, K12)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.reports import Reported, Thing, Topic
from laddnav.ocpp.wire.v2_0_1.fields import EvseId
from laddnav.ocpp.wire.v2_0_1.reports import Name, document, nothing


class WireChargingLimit(Struct, frozen=True, omit_defaults=True):
    chargingLimitSource: Name
    isGridCritical: bool | None = None
    isLocalGeneration: bool | None = None


class WireNotifyChargingLimit(Struct, frozen=True, omit_defaults=True):
    chargingLimit: WireChargingLimit
    evseId: EvseId | None = None
    chargingSchedule: tuple[dict[str, Any], ...] = ()


def limit_key(source: str, evse_no: int | None) -> str:
    """A limit of the station as a whole is told without an Evse, or for Evse 0."""
    return f"{source}/{evse_no or 0}"


def read(wire: WireNotifyChargingLimit) -> Reported:
    key = limit_key(wire.chargingLimit.chargingLimitSource, wire.evseId)
    return Reported(topic=Topic.CHARGING_LIMIT, things=(Thing(key, document(wire)),))


codec = Hears(WireNotifyChargingLimit, read, nothing)
