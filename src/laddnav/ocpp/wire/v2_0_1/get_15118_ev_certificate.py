"""Get15118EVCertificate: a car wants a contract, which only its provider can give (OCPP 2.0.1 part 2 M01, M02)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.security import ContractAsked, ContractTold


class WireGet15118EVCertificate(Struct, frozen=True):
    iso15118SchemaVersion: str
    action: str
    exiRequest: str
    maximumContractCertificateChains: int | None = None  # from OCPP 2.1 on, as the next
    prioritizedEMAIDs: tuple[str, ...] = ()


def read(wire: WireGet15118EVCertificate) -> ContractAsked:
    return ContractAsked(
        schema=wire.iso15118SchemaVersion,
        action=wire.action,
        exi=wire.exiRequest,
        most=wire.maximumContractCertificateChains,
        contracts=wire.prioritizedEMAIDs,
    )


def write(answer: ContractTold) -> dict[str, Any]:
    """M01.FR.04 of 2.1: with how many more there are, where that was asked for."""
    if not answer.exi:
        why = {"reasonCode": "NotFound", "additionalInfo": answer.why[:512]}
        return {"status": "Failed", "exiResponse": "", "statusInfo": why}
    remaining = {} if answer.remaining is None else {"remainingContracts": answer.remaining}
    return {"status": "Accepted", "exiResponse": answer.exi, **remaining}


codec = Hears(WireGet15118EVCertificate, read, write)
