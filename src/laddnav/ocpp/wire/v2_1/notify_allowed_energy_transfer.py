"""NotifyAllowedEnergyTransfer: by which ways energy may go in a charge (OCPP 2.1 part 2 Q01)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.steering import AllowTransfers
from laddnav.ocpp.wire.v2_0_1.verdict import read


def write(request: AllowTransfers) -> dict[str, Any]:
    return {"transactionId": request.charge, "allowedEnergyTransfer": [one.value for one in request.transfers]}


codec = Asks("NotifyAllowedEnergyTransfer", write, read)
