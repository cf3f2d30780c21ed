"""ClearChargingProfile: take back what we said under a number (OCPP 1.6 §5.5)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.requests import UnlimitCharge, UnlimitDefault, Verdict


def write(request: UnlimitCharge | UnlimitDefault) -> dict[str, Any]:
    return {"id": request.number}


def read(payload: dict[str, Any]) -> Verdict:
    return Verdict.ACCEPTED if payload.get("status") == "Accepted" else Verdict.UNKNOWN


codec = Asks("ClearChargingProfile", write, read)
