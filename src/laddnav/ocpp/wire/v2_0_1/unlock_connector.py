"""UnlockConnector: a plug is stuck and should be let go (OCPP 2.0.1 part 2 F05)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.requests import Unlock, Verdict

_CONNECTOR = 1  # that of an Evse with a cable that can be stuck
_MEANS = {"Unlocked": Verdict.ACCEPTED, "OngoingAuthorizedTransaction": Verdict.REJECTED}


def write(request: Unlock) -> dict[str, Any]:
    return {"evseId": request.evse_no, "connectorId": _CONNECTOR}


def read(payload: dict[str, Any]) -> Verdict:
    return _MEANS.get(str(payload.get("status")), Verdict.FAILED)


codec = Asks("UnlockConnector", write, read)
