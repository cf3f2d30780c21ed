"""InstallCertificate: a root that a station is to trust (OCPP 1.6 security whitepaper M05)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.requests import Verdict
from laddnav.ocpp.wire.security import InstallRoot, RootKind

KINDS = {
    RootKind.CENTRAL: "CentralSystemRootCertificate",
    RootKind.MANUFACTURER: "ManufacturerRootCertificate",
}
_MEANS = {"Accepted": Verdict.ACCEPTED, "Failed": Verdict.FAILED}


def write(request: InstallRoot) -> dict[str, Any]:
    """Of a kind that this version does not have, the schema says so."""
    return {"certificateType": KINDS.get(request.kind, request.kind), "certificate": request.certificate}


def read(payload: dict[str, Any]) -> Verdict:
    return _MEANS.get(str(payload.get("status")), Verdict.REJECTED)


codec = Asks("InstallCertificate", write, read)
