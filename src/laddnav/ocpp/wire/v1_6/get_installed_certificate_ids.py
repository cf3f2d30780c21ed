"""GetInstalledCertificateIds: which roots of a kind a station has (OCPP 1.6 security whitepaper M03)."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.requests import Verdict
from laddnav.ocpp.wire.security import ListRoots, Root, RootKind, RootsTold
from laddnav.ocpp.wire.v1_6.certificate_hash_data import WireCertificateHashData, read_hash
from laddnav.ocpp.wire.v1_6.install_certificate import KINDS


class WireGetInstalledCertificateIdsResponse(Struct, frozen=True):
    status: str
    certificateHashData: tuple[WireCertificateHashData, ...] = ()


def write(request: ListRoots) -> dict[str, Any]:
    """One kind at a time; ours, where all are asked for."""
    kind = request.kind or RootKind.CENTRAL
    return {"certificateType": KINDS.get(kind, kind)}


def read(payload: dict[str, Any]) -> RootsTold | Verdict:
    try:
        told = msgspec.convert(payload, WireGetInstalledCertificateIdsResponse, strict=False)
    except msgspec.ValidationError:
        return Verdict.FAILED
    return RootsTold(roots=tuple(Root(kind=None, certificate=read_hash(one)) for one in told.certificateHashData))


codec = Asks("GetInstalledCertificateIds", write, read)
