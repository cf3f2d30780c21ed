"""A certificate by its hashes, the CertificateHashData, which every version spells alike."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from laddnav.ocpp.wire.security import CertificateHash


class WireCertificateHashData(Struct, frozen=True):
    hashAlgorithm: str
    issuerNameHash: str
    issuerKeyHash: str
    serialNumber: str


def read_hash(wire: WireCertificateHashData) -> CertificateHash:
    return CertificateHash(
        hash_algorithm=wire.hashAlgorithm,
        issuer_name_hash=wire.issuerNameHash,
        issuer_key_hash=wire.issuerKeyHash,
        serial_number=wire.serialNumber,
    )


def write_hash(one: CertificateHash) -> dict[str, Any]:
    return {
        "hashAlgorithm": one.hash_algorithm,
        "issuerNameHash": one.issuer_name_hash,
        "issuerKeyHash": one.issuer_key_hash,
        "serialNumber": one.serial_number,
    }
