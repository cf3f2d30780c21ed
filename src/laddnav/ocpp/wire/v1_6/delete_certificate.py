"""DeleteCertificate: a root that a station is to trust no more (OCPP 1.6 security whitepaper M04)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.requests import Verdict
from laddnav.ocpp.wire.security import DeleteRoot
from laddnav.ocpp.wire.v1_6.certificate_hash_data import write_hash

_MEANS = {"Accepted": Verdict.ACCEPTED, "NotFound": Verdict.UNKNOWN}


def write(request: DeleteRoot) -> dict[str, Any]:
    return {"certificateHashData": write_hash(request.certificate)}


def read(payload: dict[str, Any]) -> Verdict:
    return _MEANS.get(str(payload.get("status")), Verdict.FAILED)


codec = Asks("DeleteCertificate", write, read)
