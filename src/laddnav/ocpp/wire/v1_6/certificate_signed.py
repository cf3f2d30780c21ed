"""CertificateSigned: what a station asked to have signed is given to it (OCPP 1.6 security whitepaper A02)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.requests import Verdict
from laddnav.ocpp.wire.security import GiveCertificate


def write(request: GiveCertificate) -> dict[str, Any]:
    return {"certificateChain": request.chain}


def read(payload: dict[str, Any]) -> Verdict:
    return Verdict.ACCEPTED if payload.get("status") == "Accepted" else Verdict.REJECTED


codec = Asks("CertificateSigned", write, read)
