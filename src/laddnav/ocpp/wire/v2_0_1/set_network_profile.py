"""SetNetworkProfile: how a station reaches us, kept in one of its slots (OCPP 2.0.1 part 2 B09)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.requests import Verdict
from laddnav.ocpp.wire.security import KeepNetwork

_TIMEOUT = 30  # seconds, as long as we wait ourselves
_MEANS = {"Accepted": Verdict.ACCEPTED, "Failed": Verdict.FAILED}


def write(request: KeepNetwork) -> dict[str, Any]:
    """`OCPP20` stands for 2.0.1 too (part 2, OCPPVersionEnumType)."""
    return {
        "configurationSlot": request.slot,
        "connectionData": {
            "ocppVersion": "OCPP20",
            "ocppTransport": "JSON",
            "ocppCsmsUrl": request.url,
            "messageTimeout": _TIMEOUT,
            "securityProfile": request.profile,
            "ocppInterface": request.interface,
        },
    }


def read(payload: dict[str, Any]) -> Verdict:
    return _MEANS.get(str(payload.get("status")), Verdict.REJECTED)


codec = Asks("SetNetworkProfile", write, read)
