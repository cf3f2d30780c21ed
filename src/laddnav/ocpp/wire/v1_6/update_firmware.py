"""UpdateFirmware: a station is to fetch a file and become it (OCPP 1.6 §5.19); it cannot refuse, nor name a number."""

from __future__ import annotations

from typing import Any

from laddnav.kit.time import rfc3339
from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.requests import Verdict
from laddnav.ocpp.wire.upkeep import UpdateFirmware


def write(request: UpdateFirmware) -> dict[str, Any]:
    return {"location": request.location, "retrieveDate": rfc3339(request.retrieve_at)} | patience(request)


def patience(request: UpdateFirmware) -> dict[str, Any]:
    """How often to try, where that is said."""
    said = {"retries": request.retries, "retryInterval": request.retry_interval}
    return {name: value for name, value in said.items() if value is not None}


def read(payload: dict[str, Any]) -> Verdict:
    return Verdict.ACCEPTED


codec = Asks("UpdateFirmware", write, read)
