"""CostUpdated: what a charge costs so far, for the display of its station (OCPP 2.0.1 part 2 I02)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.prices import ShowCost
from laddnav.ocpp.wire.requests import Verdict


def write(request: ShowCost) -> dict[str, Any]:
    return {"transactionId": request.charge, "totalCost": request.cost}


def read(payload: dict[str, Any]) -> Verdict:
    """I02.FR.02: there is nothing to refuse."""
    return Verdict.ACCEPTED


codec = Asks("CostUpdated", write, read)
