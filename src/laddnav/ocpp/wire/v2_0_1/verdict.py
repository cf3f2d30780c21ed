"""What the status in an answer of OCPP 2.0.1 or 2.1 comes to, where it says no more than yes or no."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.requests import Verdict

# NotFound, NoProfile and EmptyResultSet: there is nothing there of what was asked about.
_MEANS = {
    "Accepted": Verdict.ACCEPTED,
    "NotSupported": Verdict.NOT_SUPPORTED,
    "NotFound": Verdict.UNKNOWN,
    "NoProfile": Verdict.UNKNOWN,
    "EmptyResultSet": Verdict.UNKNOWN,
}


def read(payload: dict[str, Any]) -> Verdict:
    return _MEANS.get(str(payload.get("status")), Verdict.REJECTED)
