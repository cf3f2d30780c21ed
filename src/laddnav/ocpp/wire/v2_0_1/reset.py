"""Reset: a station, or one Evse, is to begin anew (OCPP 2.0.1 part 2 B11, B12)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.requests import Verdict
from laddnav.ocpp.wire.upkeep import Reset


def write(request: Reset) -> dict[str, Any]:
    which = {} if request.evse_no is None else {"evseId": request.evse_no}
    return {"type": "Immediate" if request.at_once else "OnIdle"} | which


def read(payload: dict[str, Any]) -> Verdict:
    """Scheduled: it will, once no charge is under way (B12.FR.01)."""
    return Verdict.ACCEPTED if payload.get("status") in ("Accepted", "Scheduled") else Verdict.REJECTED


codec = Asks("Reset", write, read)
