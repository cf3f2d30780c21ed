"""ChargingSchedule, which in OCPP 2.1 can also say what to give back (part 2 Q03, ChargingSchedulePeriodType)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from msgspec import Struct

from laddnav.ocpp.wire.v1_6.fields import Seconds, instant, number
from laddnav.ocpp.wire.v2_0_1 import charging_schedule
from laddnav.scheduling.model import ActiveChargingProfile, ChargingProfile, ProfileLimit, RateUnit

_PHASES = 3


class WirePeriod(Struct, frozen=True):
    """What is to be drawn or given back, or how much at most; of all phases, or of each where all are named."""

    startPeriod: Seconds
    limit: Decimal | None = None
    setpoint: Decimal | None = None
    setpoint_L2: Decimal | None = None
    setpoint_L3: Decimal | None = None


class WireCompositeSchedule(Struct, frozen=True):
    scheduleStart: str
    duration: Seconds
    chargingRateUnit: RateUnit
    chargingSchedulePeriod: tuple[WirePeriod, ...]


def write_schedule(id: int, profile: ChargingProfile) -> dict[str, Any]:
    written = charging_schedule.write_schedule(id, profile)
    periods = zip(profile.limits, written["chargingSchedulePeriod"], strict=True)
    return written | {"chargingSchedulePeriod": [_period(profile.unit, one, period) for one, period in periods]}


def _period(unit: RateUnit, limit: ProfileLimit, written: dict[str, Any]) -> dict[str, Any]:
    """Q03.FR.01, Q03.FR.02: a setpoint has its mode, and no limits beside it.

    It is that of all phases together, and a current that of each only where each is named.
    """
    if limit.rate >= 0:
        return written
    period = {name: value for name, value in written.items() if name != "limit"}
    period |= {"operationMode": "CentralSetpoint", "setpoint": limit.rate}
    if unit is RateUnit.AMPERE and limit.phases == _PHASES:
        period |= {"setpoint_L2": limit.rate, "setpoint_L3": limit.rate}
    return period


def read_composite(wire: WireCompositeSchedule) -> ActiveChargingProfile:
    """A period that leaves both open says nothing that could be relied on. Raises Unreadable."""
    started_at = instant(wire.scheduleStart)
    said = ((period.startPeriod, _rate(wire.chargingRateUnit, period)) for period in wire.chargingSchedulePeriod)
    limits = tuple(ProfileLimit(timedelta(seconds=after), number(rate)) for after, rate in said if rate is not None)
    profile = ChargingProfile(
        unit=wire.chargingRateUnit, started_at=started_at, duration=timedelta(seconds=wire.duration), limits=limits
    )
    return ActiveChargingProfile(started_at=started_at, profile=profile)


def _rate(unit: RateUnit, period: WirePeriod) -> Decimal | None:
    if period.setpoint is None:
        return period.limit
    if unit is RateUnit.AMPERE:
        return period.setpoint
    return period.setpoint + (period.setpoint_L2 or 0) + (period.setpoint_L3 or 0)
