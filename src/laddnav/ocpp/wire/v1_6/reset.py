"""Reset: a station is to begin anew (OCPP 1.6 §5.14); Soft ends what charges in good order, Hard does not."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.requests import Verdict
from laddnav.ocpp.wire.upkeep import Reset


def write(request: Reset) -> dict[str, Any]:
    return {"type": "Hard" if request.at_once else "Soft"}


def read(payload: dict[str, Any]) -> Verdict:
    return Verdict.ACCEPTED if payload.get("status") == "Accepted" else Verdict.REJECTED


codec = Asks("Reset", write, read)
