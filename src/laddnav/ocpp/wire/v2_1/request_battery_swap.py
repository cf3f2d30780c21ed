"""RequestBatterySwap: a station is to let a driver swap batteries (OCPP 2.1 part 2 S02)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.steering import SwapBatteries
from laddnav.ocpp.wire.v2_0_1.id_token import id_token
from laddnav.ocpp.wire.v2_0_1.verdict import read


def write(request: SwapBatteries) -> dict[str, Any]:
    return {"idToken": id_token(request.uid, request.token_type), "requestId": request.number}


codec = Asks("RequestBatterySwap", write, read)
