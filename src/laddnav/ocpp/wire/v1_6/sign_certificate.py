"""SignCertificate: a station made a new key and asks to have it signed (OCPP 1.6 security whitepaper A02, A03)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.security import SigningAsked, SigningTaken


class WireSignCertificate(Struct, frozen=True):
    csr: str


def read(wire: WireSignCertificate) -> SigningAsked:
    return SigningAsked(csr=wire.csr)


def write(answer: SigningTaken) -> dict[str, Any]:
    """A02.FR.11, A02.FR.12."""
    return {"status": "Accepted" if answer.accepted else "Rejected"}


codec = Hears(WireSignCertificate, read, write)
