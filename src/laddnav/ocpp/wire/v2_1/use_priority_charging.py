"""UsePriorityCharging: one charge is to be preferred to others, or no more (OCPP 2.1 part 2 K21)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.steering import PreferCharge
from laddnav.ocpp.wire.v2_0_1.verdict import read


def write(request: PreferCharge) -> dict[str, Any]:
    return {"transactionId": request.charge, "activate": request.preferred}


codec = Asks("UsePriorityCharging", write, read)
