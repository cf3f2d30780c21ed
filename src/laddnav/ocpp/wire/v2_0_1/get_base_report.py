"""GetBaseReport: a station is to say all that it is, in NotifyReports (OCPP 2.0.1 part 2 B07)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.requests import Verdict
from laddnav.ocpp.wire.variables import ReportVariables

_MEANS = {
    "Accepted": Verdict.ACCEPTED,
    "EmptyResultSet": Verdict.ACCEPTED,
    "NotSupported": Verdict.NOT_SUPPORTED,
}


def write(request: ReportVariables) -> dict[str, Any]:
    return {"requestId": request.number, "reportBase": "FullInventory"}


def read(payload: dict[str, Any]) -> Verdict:
    return _MEANS.get(str(payload.get("status")), Verdict.REJECTED)


codec = Asks("GetBaseReport", write, read)
