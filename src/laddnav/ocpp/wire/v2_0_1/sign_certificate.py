"""SignCertificate: a station made a new key and asks to have it signed (OCPP 2.0.1 part 2 A02, A03)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.security import SigningAsked, SigningTaken, Use

USES = {"ChargingStationCertificate": Use.STATION, "V2GCertificate": Use.V2G, "V2G20Certificate": Use.V2G_20}
_REASON = "InvalidCSR"


class WireSignCertificate(Struct, frozen=True):
    csr: str
    certificateType: str | None = None
    requestId: int | None = None  # from OCPP 2.1 on


def read(wire: WireSignCertificate) -> SigningAsked:
    """Where the kind is left out, one certificate serves for all (A02.FR.13)."""
    return SigningAsked(csr=wire.csr, use=USES.get(wire.certificateType or "", Use.STATION), number=wire.requestId)


def write(answer: SigningTaken) -> dict[str, Any]:
    """A02.FR.11, A02.FR.12."""
    if answer.accepted:
        return {"status": "Accepted"}
    return {"status": "Rejected", "statusInfo": {"reasonCode": _REASON, "additionalInfo": answer.why[:512]}}


codec = Hears(WireSignCertificate, read, write)
