"""AFRRSignal: what the operator of the grid signals for its frequency is handed on (OCPP 2.1 part 2 Q08)."""

from __future__ import annotations

from typing import Any

from laddnav.kit.time import rfc3339
from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.steering import FollowSignal
from laddnav.ocpp.wire.v2_0_1.verdict import read


def write(request: FollowSignal) -> dict[str, Any]:
    return {"timestamp": rfc3339(request.at), "signal": request.signal}


codec = Asks("AFRRSignal", write, read)
