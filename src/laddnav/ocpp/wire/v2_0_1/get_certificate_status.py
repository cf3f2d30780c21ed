"""GetCertificateStatus: a station wants what an authority says of a certificate (OCPP 2.0.1 part 2 M06)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.security import Check, StatusAsked, StatusTold
from laddnav.ocpp.wire.v1_6.certificate_hash_data import WireCertificateHashData, read_hash

_MAX = 5500  # characters


class WireOcspRequestData(WireCertificateHashData, frozen=True):
    responderURL: str = ""


class WireGetCertificateStatus(Struct, frozen=True):
    ocspRequestData: WireOcspRequestData


def read_check(wire: WireOcspRequestData) -> Check:
    return Check(certificate=read_hash(wire), urls=(wire.responderURL,) if wire.responderURL else ())


def read(wire: WireGetCertificateStatus) -> StatusAsked:
    return StatusAsked(check=read_check(wire.ocspRequestData))


def write(answer: StatusTold) -> dict[str, Any]:
    """M06.FR.02 to 04, M06.FR.08, M06.FR.09."""
    if answer.answer is None or len(answer.answer) > _MAX:
        return {"status": "Failed"}
    return {"status": "Accepted", "ocspResult": answer.answer}


codec = Hears(WireGetCertificateStatus, read, write)
