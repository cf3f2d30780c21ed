"""ExtendedTriggerMessage, so far as it has a station renew its certificate (OCPP 1.6 security whitepaper A02)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.requests import Verdict
from laddnav.ocpp.wire.security import AskToSign

_MEANS = {"Accepted": Verdict.ACCEPTED, "NotImplemented": Verdict.NOT_SUPPORTED}


def write(request: AskToSign) -> dict[str, Any]:
    """It knows one certificate of its own."""
    return {"requestedMessage": "SignChargePointCertificate"}


def read(payload: dict[str, Any]) -> Verdict:
    return _MEANS.get(str(payload.get("status")), Verdict.REJECTED)


codec = Asks("ExtendedTriggerMessage", write, read)
