"""CancelReservation: a connector need not be kept any more (OCPP 1.6 §5.1)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.requests import FreeEvse, Verdict


def write(request: FreeEvse) -> dict[str, Any]:
    return {"reservationId": request.number}


def read(payload: dict[str, Any]) -> Verdict:
    """A station rejects it where it keeps nothing under that number."""
    return Verdict.ACCEPTED if payload.get("status") == "Accepted" else Verdict.UNKNOWN


codec = Asks("CancelReservation", write, read)
