"""GetCompositeSchedule: what limits an Evse, all profiles and local limits together (OCPP 2.0.1 part 2 K08)."""

from __future__ import annotations

from typing import Any

import msgspec

from laddnav.kit.json import Unreadable
from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.requests import LimitsTold, ReportLimits, Said, Verdict
from laddnav.ocpp.wire.v2_0_1.charging_schedule import WireCompositeSchedule, read_composite
from laddnav.ocpp.wire.v2_0_1.fields import accepted


def write(request: ReportLimits) -> dict[str, Any]:
    asked: dict[str, Any] = {"evseId": request.evse_no, "duration": round(request.duration.total_seconds())}
    if request.unit is not None:
        asked["chargingRateUnit"] = request.unit.value
    return asked


def read(payload: dict[str, Any]) -> Said:
    """A schedule that cannot be read is none that anybody could rely on."""
    if not accepted(payload):
        return Verdict.REJECTED
    if payload.get("schedule") is None:
        return LimitsTold(active=None)
    try:
        wire = msgspec.convert(payload["schedule"], WireCompositeSchedule, strict=False)
        return LimitsTold(active=read_composite(wire))
    except (msgspec.ValidationError, Unreadable):
        return Verdict.REJECTED


codec = Asks("GetCompositeSchedule", write, read)
