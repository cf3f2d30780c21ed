"""SetMonitoringLevel: how severe something must be for a station to tell of it (OCPP 2.0.1 part 2 N05)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.monitoring import SetMonitoringLevel
from laddnav.ocpp.wire.v2_0_1.verdict import read


def write(request: SetMonitoringLevel) -> dict[str, Any]:
    return {"severity": request.severity}


codec = Asks("SetMonitoringLevel", write, read)
