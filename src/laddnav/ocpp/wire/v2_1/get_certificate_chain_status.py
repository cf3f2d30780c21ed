"""GetCertificateChainStatus: which certificates of a car's chain are revoked (OCPP 2.1 part 2 M07)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from laddnav.kit.time import rfc3339
from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.security import ChainAsked, ChainTold, Check, Source
from laddnav.ocpp.wire.v1_6.certificate_hash_data import WireCertificateHashData, read_hash, write_hash


class WireCertificateStatusRequestInfo(Struct, frozen=True):
    certificateHashData: WireCertificateHashData
    source: Source
    urls: tuple[str, ...]


class WireGetCertificateChainStatus(Struct, frozen=True):
    certificateStatusRequests: tuple[WireCertificateStatusRequestInfo, ...]


def read(wire: WireGetCertificateChainStatus) -> ChainAsked:
    return ChainAsked(
        checks=tuple(
            Check(certificate=read_hash(one.certificateHashData), urls=one.urls, source=one.source)
            for one in wire.certificateStatusRequests
        )
    )


def write(answer: ChainTold) -> dict[str, Any]:
    """M07.FR.08."""
    return {
        "certificateStatus": [
            {
                "certificateHashData": write_hash(one.check.certificate),
                "source": one.check.source,
                "status": one.state,
                "nextUpdate": rfc3339(one.holds_until),
            }
            for one in answer.checked
        ]
    }


codec = Hears(WireGetCertificateChainStatus, read, write)
