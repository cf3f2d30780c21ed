"""CertificateSigned: what a station asked to have signed is given to it (OCPP 2.0.1 part 2 A02)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.security import GiveCertificate
from laddnav.ocpp.wire.v1_6.certificate_signed import read
from laddnav.ocpp.wire.v2_0_1.sign_certificate import USES

_KINDS = {use: kind for kind, use in USES.items()}


def write(request: GiveCertificate) -> dict[str, Any]:
    """A02.FR.14: with the kind that was asked for; A02.FR.25 of 2.1: with the number, where there was one."""
    number = {} if request.number is None else {"requestId": request.number}
    return {"certificateChain": request.chain, "certificateType": _KINDS[request.use], **number}


codec = Asks("CertificateSigned", write, read)
