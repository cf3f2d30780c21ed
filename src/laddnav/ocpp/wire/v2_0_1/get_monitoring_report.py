"""GetMonitoringReport: a station is to report what it monitors (OCPP 2.0.1 part 2 N02)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.monitoring import ReportMonitors
from laddnav.ocpp.wire.reports import Reported, Topic
from laddnav.ocpp.wire.v2_0_1.fields import accepted
from laddnav.ocpp.wire.v2_0_1.variable import write_name
from laddnav.ocpp.wire.v2_0_1.verdict import read


def write(request: ReportMonitors) -> dict[str, Any]:
    payload: dict[str, Any] = {"requestId": request.number}
    if request.criteria:
        payload["monitoringCriteria"] = [one.value for one in request.criteria]
    if request.variables:
        payload["componentVariable"] = [write_name(one) for one in request.variables]
    return payload


def leaves(asked: dict[str, Any], said: dict[str, Any]) -> Reported | None:
    """N02.FR.05, N02.FR.08: only what is asked for without bounds is all there is."""
    if not accepted(said) or asked.get("monitoringCriteria") or asked.get("componentVariable"):
        return None
    return Reported(topic=Topic.MONITOR, awaited=asked["requestId"])


codec = Asks("GetMonitoringReport", write, read)
