"""NotifyEVChargingSchedule: how a car means to charge within our limits (OCPP 2.0.1 part 2 K15, K17)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.reports import Reported, Thing, Topic
from laddnav.ocpp.wire.v2_0_1.fields import EvseId
from laddnav.ocpp.wire.v2_0_1.reports import document, heard


class WireNotifyEVChargingSchedule(Struct, frozen=True, omit_defaults=True):
    timeBase: str
    evseId: EvseId
    chargingSchedule: dict[str, Any]
    selectedChargingScheduleId: int | None = None
    powerToleranceAcceptance: bool | None = None


def read(wire: WireNotifyEVChargingSchedule) -> Reported:
    return Reported(topic=Topic.CHARGING_SCHEDULE, things=(Thing(str(wire.evseId), document(wire)),))


codec = Hears(WireNotifyEVChargingSchedule, read, heard)
