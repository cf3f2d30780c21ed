"""ChargingSchedule: limits over time, both ways (OCPP 2.0.1 part 2 ChargingScheduleType, CompositeScheduleType)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from msgspec import Struct

from laddnav.ocpp.wire.v1_6 import charging_schedule
from laddnav.ocpp.wire.v1_6.charging_schedule import WireSchedulePeriod
from laddnav.ocpp.wire.v1_6.fields import Seconds, instant, number
from laddnav.scheduling.model import ActiveChargingProfile, ChargingProfile, ProfileLimit, RateUnit


class WireCompositeSchedule(Struct, frozen=True):
    scheduleStart: str
    duration: Seconds
    chargingRateUnit: RateUnit
    chargingSchedulePeriod: tuple[WireSchedulePeriod, ...]
    minChargingRate: Decimal | None = None


def write_schedule(id: int, profile: ChargingProfile) -> dict[str, Any]:
    return {"id": id, **charging_schedule.write_schedule(profile)}


def read_composite(wire: WireCompositeSchedule) -> ActiveChargingProfile:
    """Raises Unreadable."""
    started_at = instant(wire.scheduleStart)
    profile = ChargingProfile(
        unit=wire.chargingRateUnit,
        started_at=started_at,
        duration=timedelta(seconds=wire.duration),
        rate_min=None if wire.minChargingRate is None else number(wire.minChargingRate),
        limits=tuple(
            ProfileLimit(timedelta(seconds=period.startPeriod), number(period.limit))
            for period in wire.chargingSchedulePeriod
        ),
    )
    return ActiveChargingProfile(started_at=started_at, profile=profile)
