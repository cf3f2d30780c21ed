"""ChargingSchedule: limits over time, both ways (OCPP 1.6 §7.13)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from msgspec import Struct

from laddnav.kit.time import rfc3339
from laddnav.ocpp.wire.v1_6.fields import Seconds, instant, number
from laddnav.scheduling.model import ChargingProfile, ProfileLimit, RateUnit


class WireSchedulePeriod(Struct, frozen=True):
    startPeriod: Seconds
    limit: Decimal


class WireChargingSchedule(Struct, frozen=True):
    chargingRateUnit: RateUnit
    chargingSchedulePeriod: tuple[WireSchedulePeriod, ...]
    duration: Seconds | None = None
    startSchedule: str | None = None
    minChargingRate: Decimal | None = None


def write_schedule(profile: ChargingProfile) -> dict[str, Any]:
    schedule: dict[str, Any] = {
        "chargingRateUnit": profile.unit.value,
        "chargingSchedulePeriod": [_write_period(limit) for limit in profile.limits],
    }
    if profile.duration is not None:
        schedule["duration"] = round(profile.duration.total_seconds())
    if profile.started_at is not None:
        schedule["startSchedule"] = rfc3339(profile.started_at)
    if profile.rate_min is not None:
        schedule["minChargingRate"] = profile.rate_min
    return schedule


def _write_period(limit: ProfileLimit) -> dict[str, Any]:
    # What is to be given back is nothing to be drawn, to whom no version before 2.1 can say it.
    period = {"startPeriod": round(limit.after.total_seconds()), "limit": max(limit.rate, Decimal(0))}
    return period if limit.phases is None else period | {"numberPhases": limit.phases}


def read_schedule(wire: WireChargingSchedule) -> ChargingProfile:
    """Raises Unreadable."""
    return ChargingProfile(
        unit=wire.chargingRateUnit,
        started_at=None if wire.startSchedule is None else instant(wire.startSchedule),
        duration=None if wire.duration is None else timedelta(seconds=wire.duration),
        rate_min=None if wire.minChargingRate is None else number(wire.minChargingRate),
        limits=tuple(
            ProfileLimit(timedelta(seconds=period.startPeriod), number(period.limit))
            for period in wire.chargingSchedulePeriod
        ),
    )
