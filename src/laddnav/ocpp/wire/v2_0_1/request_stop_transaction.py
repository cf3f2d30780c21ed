"""RequestStopTransaction: we ask for a charge to end (OCPP 2.0.1 part 2 F03)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.requests import StopCharge
from laddnav.ocpp.wire.v1_6.remote_start_transaction import read


def write(request: StopCharge) -> dict[str, Any]:
    return {"transactionId": request.charge}


codec = Asks("RequestStopTransaction", write, read)
