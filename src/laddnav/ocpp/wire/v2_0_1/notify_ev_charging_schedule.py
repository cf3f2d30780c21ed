"""NotifyEVChargingSchedule: how a car means to charge within our limits (OCPP 2.0.1 part 2 K15 to K17)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.reports import Reported, ScheduleJudged, ScheduleTold, Thing, Topic
from laddnav.ocpp.wire.v1_6.fields import Seconds, instant, number
from laddnav.ocpp.wire.v2_0_1.fields import EvseId
from laddnav.ocpp.wire.v2_0_1.reports import document
from laddnav.scheduling.model import ChargingProfile, ProfileLimit, RateUnit


class WirePeriod(Struct, frozen=True):
    startPeriod: Seconds
    limit: Decimal | None = None
    setpoint: Decimal | None = None


class WireSchedule(Struct, frozen=True):
    chargingRateUnit: RateUnit
    chargingSchedulePeriod: tuple[WirePeriod, ...]
    duration: Seconds | None = None
    startSchedule: str | None = None


class WireNotifyEVChargingSchedule(Struct, frozen=True, omit_defaults=True):
    timeBase: str
    evseId: EvseId
    chargingSchedule: dict[str, Any]
    selectedChargingScheduleId: int | None = None
    powerToleranceAcceptance: bool | None = None


def read(wire: WireNotifyEVChargingSchedule) -> ScheduleTold:
    """Raises Unreadable, ValidationError."""
    said = msgspec.convert(wire.chargingSchedule, WireSchedule, strict=False)
    report = Reported(topic=Topic.CHARGING_SCHEDULE, things=(Thing(str(wire.evseId), document(wire)),))
    return ScheduleTold(evse_no=wire.evseId, meant=_profile(said, wire.timeBase), report=report)


def _profile(said: WireSchedule, time_base: str) -> ChargingProfile:
    """In a period that names a setpoint, that is what is drawn (OCPP 2.1 Q03)."""
    rates = (
        (one.startPeriod, one.limit if one.setpoint is None else one.setpoint) for one in said.chargingSchedulePeriod
    )
    return ChargingProfile(
        unit=said.chargingRateUnit,
        started_at=instant(said.startSchedule or time_base),
        duration=None if said.duration is None else timedelta(seconds=said.duration),
        limits=tuple(ProfileLimit(timedelta(seconds=after), number(rate)) for after, rate in rates if rate is not None),
    )


def write(answer: ScheduleJudged) -> dict[str, Any]:
    """K15.FR.11, K15.FR.12."""
    return {"status": "Accepted" if answer is ScheduleJudged.ACCEPTED else "Rejected"}


codec = Hears(WireNotifyEVChargingSchedule, read, write)
