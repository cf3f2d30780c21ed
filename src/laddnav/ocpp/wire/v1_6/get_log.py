"""GetLog: a station is to send a log somewhere (OCPP 1.6 security §5.9, OCPP 2.0.1 part 2 N01)."""

from __future__ import annotations

from functools import partial
from typing import Any

from laddnav.kit.time import rfc3339
from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.requests import Verdict
from laddnav.ocpp.wire.upkeep import FetchDiagnostics


def _write(log_type: str, request: FetchDiagnostics) -> dict[str, Any]:
    times = {"oldestTimestamp": request.since, "latestTimestamp": request.until}
    log = {name: rfc3339(at) for name, at in times.items() if at is not None}
    return {
        "logType": log_type,
        "requestId": request.number,
        "log": {"remoteLocation": request.location} | log,
    }


def read(payload: dict[str, Any]) -> Verdict:
    """AcceptedCanceled: it gives up another one for this (N01.FR.12)."""
    return Verdict.ACCEPTED if payload.get("status") in ("Accepted", "AcceptedCanceled") else Verdict.REJECTED


diagnostics = Asks("GetLog", partial(_write, "DiagnosticsLog"), read)
security = Asks("GetLog", partial(_write, "SecurityLog"), read)
