"""RemoteStartTransaction: we ask for a charge to begin (OCPP 1.6 §5.11)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.requests import StartCharge, Verdict


def write(request: StartCharge) -> dict[str, Any]:
    payload: dict[str, Any] = {"idTag": request.uid}
    if request.evse_no is not None:
        payload["connectorId"] = request.evse_no
    return payload


def read(payload: dict[str, Any]) -> Verdict:
    return Verdict.ACCEPTED if payload.get("status") == "Accepted" else Verdict.REJECTED


codec = Asks("RemoteStartTransaction", write, read)
