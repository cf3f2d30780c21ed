"""RemoteStopTransaction: we ask for a charge to end (OCPP 1.6 §5.12)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.requests import StopCharge
from laddnav.ocpp.wire.v1_6.remote_start_transaction import read


def write(request: StopCharge) -> dict[str, Any]:
    return {"transactionId": int(request.charge)}


codec = Asks("RemoteStopTransaction", write, read)
