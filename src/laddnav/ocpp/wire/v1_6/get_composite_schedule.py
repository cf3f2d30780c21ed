"""GetCompositeSchedule: what limits a connector, all profiles and local limits together (OCPP 1.6 §5.7)."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from laddnav.kit.json import Unreadable
from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.requests import LimitsTold, ReportLimits, Said, Verdict
from laddnav.ocpp.wire.v1_6.charging_schedule import WireChargingSchedule, read_schedule
from laddnav.ocpp.wire.v1_6.fields import instant
from laddnav.scheduling.model import ActiveChargingProfile


class WireCompositeSchedule(Struct, frozen=True):
    status: str
    scheduleStart: str | None = None
    chargingSchedule: WireChargingSchedule | None = None


def write(request: ReportLimits) -> dict[str, Any]:
    asked: dict[str, Any] = {"connectorId": request.evse_no, "duration": round(request.duration.total_seconds())}
    if request.unit is not None:
        asked["chargingRateUnit"] = request.unit.value
    return asked


def read(payload: dict[str, Any]) -> Said:
    """A schedule without a start, or that cannot be read, is none that anybody could rely on."""
    try:
        wire = msgspec.convert(payload, WireCompositeSchedule, strict=False)
        if wire.status != "Accepted":
            return Verdict.REJECTED
        if wire.chargingSchedule is None:
            return LimitsTold(active=None)
        started = wire.scheduleStart or wire.chargingSchedule.startSchedule
        if started is None:
            return Verdict.REJECTED
        profile = read_schedule(wire.chargingSchedule)
        return LimitsTold(active=ActiveChargingProfile(started_at=instant(started), profile=profile))
    except (msgspec.ValidationError, Unreadable):
        return Verdict.REJECTED


codec = Asks("GetCompositeSchedule", write, read)
