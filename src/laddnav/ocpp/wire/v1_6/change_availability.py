"""ChangeAvailability: whether an Evse may be used (OCPP 1.6 §5.2)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.requests import Verdict
from laddnav.ocpp.wire.upkeep import ChangeAvailability


def write(request: ChangeAvailability) -> dict[str, Any]:
    return {"connectorId": request.evse_no, "type": "Operative" if request.operative else "Inoperative"}


def read(payload: dict[str, Any]) -> Verdict:
    return Verdict.ACCEPTED if payload.get("status") in ("Accepted", "Scheduled") else Verdict.REJECTED


codec = Asks("ChangeAvailability", write, read)
