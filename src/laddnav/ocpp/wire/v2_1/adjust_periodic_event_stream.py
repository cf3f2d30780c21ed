"""AdjustPeriodicEventStream: a station is to send a stream more or less often (OCPP 2.1 part 2 N14)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.monitoring import AdjustStream
from laddnav.ocpp.wire.v2_0_1.set_variable_monitoring import write_flush
from laddnav.ocpp.wire.v2_0_1.verdict import read


def write(request: AdjustStream) -> dict[str, Any]:
    return {"id": request.number, "params": write_flush(request.flush)}


codec = Asks("AdjustPeriodicEventStream", write, read)
