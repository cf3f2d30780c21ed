"""SetMonitoringBase: which monitors a station has to begin with (OCPP 2.0.1 part 2 N03)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.monitoring import SetMonitoringBase
from laddnav.ocpp.wire.v2_0_1.verdict import read


def write(request: SetMonitoringBase) -> dict[str, Any]:
    return {"monitoringBase": request.base.value}


codec = Asks("SetMonitoringBase", write, read)
