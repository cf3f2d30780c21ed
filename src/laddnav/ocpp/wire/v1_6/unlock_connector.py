"""UnlockConnector: a plug is stuck and should be let go (OCPP 1.6 §5.18)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.requests import Unlock, Verdict

_MEANS = {"Unlocked": Verdict.ACCEPTED, "NotSupported": Verdict.NOT_SUPPORTED}


def write(request: Unlock) -> dict[str, Any]:
    return {"connectorId": request.evse_no}


def read(payload: dict[str, Any]) -> Verdict:
    return _MEANS.get(str(payload.get("status")), Verdict.FAILED)


codec = Asks("UnlockConnector", write, read)
