"""GetDiagnostics: a station is to send its log somewhere (OCPP 1.6 §5.9); without a file name it has none to send."""

from __future__ import annotations

from typing import Any

from laddnav.kit.time import rfc3339
from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.requests import Verdict
from laddnav.ocpp.wire.upkeep import FetchDiagnostics


def write(request: FetchDiagnostics) -> dict[str, Any]:
    times = {"startTime": request.since, "stopTime": request.until}
    return {"location": request.location} | {name: rfc3339(at) for name, at in times.items() if at is not None}


def read(payload: dict[str, Any]) -> Verdict:
    return Verdict.ACCEPTED if payload.get("fileName") else Verdict.UNKNOWN


codec = Asks("GetDiagnostics", write, read)
