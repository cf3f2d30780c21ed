"""SignedUpdateFirmware: as UpdateFirmware, with the signature of its maker (OCPP 1.6 security §5.21)."""

from __future__ import annotations

from typing import Any

from laddnav.kit.time import rfc3339
from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.requests import Verdict
from laddnav.ocpp.wire.upkeep import UpdateSignedFirmware
from laddnav.ocpp.wire.v1_6.update_firmware import patience


def write(request: UpdateSignedFirmware) -> dict[str, Any]:
    firmware = {
        "location": request.location,
        "retrieveDateTime": rfc3339(request.retrieve_at),
        "signingCertificate": request.certificate,
        "signature": request.signature,
    }
    if request.install_at is not None:
        firmware["installDateTime"] = rfc3339(request.install_at)
    return {"requestId": request.number, "firmware": firmware} | patience(request)


def read(payload: dict[str, Any]) -> Verdict:
    """AcceptedCanceled: it gives up another one for this."""
    return Verdict.ACCEPTED if payload.get("status") in ("Accepted", "AcceptedCanceled") else Verdict.REJECTED


codec = Asks("SignedUpdateFirmware", write, read)
