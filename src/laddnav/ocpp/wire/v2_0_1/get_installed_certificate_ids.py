"""GetInstalledCertificateIds: which certificates a station has (OCPP 2.0.1 part 2 M03)."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.requests import Verdict
from laddnav.ocpp.wire.security import ListRoots, Root, RootsTold
from laddnav.ocpp.wire.v1_6.certificate_hash_data import WireCertificateHashData, read_hash
from laddnav.ocpp.wire.v2_0_1.install_certificate import KINDS

_MEANS = {kind: root for root, kind in KINDS.items()}


class WireCertificateHashDataChain(Struct, frozen=True):
    certificateType: str
    certificateHashData: WireCertificateHashData
    childCertificateHashData: tuple[WireCertificateHashData, ...] = ()


class WireGetInstalledCertificateIdsResponse(Struct, frozen=True):
    status: str
    certificateHashDataChain: tuple[WireCertificateHashDataChain, ...] = ()


def write(request: ListRoots) -> dict[str, Any]:
    return {} if request.kind is None else {"certificateType": [KINDS[request.kind]]}


def read(payload: dict[str, Any]) -> RootsTold | Verdict:
    """M03.FR.05: what a chain consists of stands below its first."""
    try:
        told = msgspec.convert(payload, WireGetInstalledCertificateIdsResponse, strict=False)
    except msgspec.ValidationError:
        return Verdict.FAILED
    return RootsTold(
        roots=tuple(
            Root(kind=_MEANS[chain.certificateType], certificate=read_hash(one))
            for chain in told.certificateHashDataChain
            if chain.certificateType in _MEANS
            for one in (chain.certificateHashData, *chain.childCertificateHashData)
        )
    )


codec = Asks("GetInstalledCertificateIds", write, read)
