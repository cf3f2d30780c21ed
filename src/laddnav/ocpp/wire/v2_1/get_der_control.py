"""GetDERControl: a station is to report its DER controls (OCPP 2.1 part 2 R04)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.der import ReportDerControls
from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.reports import Reported, Topic
from laddnav.ocpp.wire.v2_0_1.fields import accepted
from laddnav.ocpp.wire.v2_0_1.verdict import read


def write(request: ReportDerControls) -> dict[str, Any]:
    payload: dict[str, Any] = {"requestId": request.number}
    if request.default is not None:
        payload["isDefault"] = request.default
    if request.type is not None:
        payload["controlType"] = request.type.value
    return payload


def leaves(asked: dict[str, Any], said: dict[str, Any]) -> Reported | None:
    """R04.FR.30, R04.FR.33: only what is asked for without bounds is all there is."""
    if any(name in asked for name in ("isDefault", "controlType", "controlId")):
        return None
    if said.get("status") == "NotFound":
        return Reported(topic=Topic.DER_CONTROL, whole=True)
    return Reported(topic=Topic.DER_CONTROL, awaited=asked["requestId"]) if accepted(said) else None


codec = Asks("GetDERControl", write, read)
