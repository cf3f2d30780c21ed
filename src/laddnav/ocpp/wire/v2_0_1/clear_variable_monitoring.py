"""ClearVariableMonitoring: what a station does not monitor any more (OCPP 2.0.1 part 2 N06)."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.monitoring import ClearMonitors
from laddnav.ocpp.wire.reports import Reported, Topic
from laddnav.ocpp.wire.requests import Verdict
from laddnav.ocpp.wire.v2_0_1.reports import Number


class WireResult(Struct, frozen=True):
    status: str
    id: Number


class WireSaid(Struct, frozen=True):
    clearMonitoringResult: tuple[WireResult, ...]


def leaves(asked: dict[str, Any], said: dict[str, Any]) -> Reported | None:
    """With a monitor goes what it alerts of; NotFound says as well that there is none of this number."""
    try:
        results = msgspec.convert(said, WireSaid, strict=False).clearMonitoringResult
    except msgspec.ValidationError:
        return None
    gone = tuple(str(one.id) for one in results if one.status in ("Accepted", "NotFound"))
    return Reported(topic=Topic.MONITOR, gone=gone)


def write(request: ClearMonitors) -> dict[str, Any]:
    return {"id": list(request.numbers)}


def read(payload: dict[str, Any]) -> Verdict:
    """ACCEPTED where each of them was there and is gone; UNKNOWN where none was rejected."""
    try:
        results = msgspec.convert(payload, WireSaid, strict=False).clearMonitoringResult
    except msgspec.ValidationError:
        return Verdict.FAILED
    said = {one.status for one in results}
    if said == {"Accepted"}:
        return Verdict.ACCEPTED
    return Verdict.UNKNOWN if said and said <= {"Accepted", "NotFound"} else Verdict.REJECTED


codec = Asks("ClearVariableMonitoring", write, read)
