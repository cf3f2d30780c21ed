"""Signed meter records: read, understood and verified, a record of each format that meters in use have."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from time import process_time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature, encode_dss_signature
from msgspec import Struct

from laddnav.kit import json
from laddnav.metering.signed.judging import judged
from laddnav.metering.signed.keys import key_of
from laddnav.metering.signed.model import Record, Verdict
from laddnav.sim.bench.figures import Figure, Pace, rate

RECORDS = Path(__file__).parent.parent / "data" / "signed-records.jsonl"
VERIFYING = "the same library verifying the same signatures, nothing read"

_CURVES: dict[str, ec.EllipticCurve] = {
    one.name: one for one in (ec.SECP192R1(), ec.SECP256R1(), ec.BrainpoolP256R1())
}  # of the records that are here


class WireSigned(Struct, frozen=True):
    signed: str
    public_key: str


def signed(pace: Pace) -> list[Figure]:
    """How many a second and core, each kind by itself."""
    return [_beside(json.decode(line, WireSigned), pace) for line in RECORDS.read_bytes().splitlines()]


def _beside(one: WireSigned, pace: Pace) -> Figure:
    found = judged(one.signed, one.public_key)
    assert found.verdict is Verdict.VALID and found.record is not None, found.reason
    name = f"signed_{found.record.format.value}_{found.record.curve}".lower()
    verify = _verifying(found.record, one.public_key)
    ours, limit = _in_turn([partial(judged, one.signed, one.public_key), verify], pace)
    return rate(name, "records/s and core", ours, limit, VERIFYING)


def _verifying(record: Record, key: str) -> Callable[[], None]:
    """All that the library has to do for this record: one of Mennekes has two signatures, the others one."""
    public = ec.EllipticCurvePublicKey.from_encoded_point(_CURVES[record.curve], key_of(key).point)
    proofs = [(_der(one.signature), hashlib.sha256(one.message).digest()) for one in record.proofs]
    algorithm = ec.ECDSA(Prehashed(hashes.SHA256()))

    def verify() -> None:
        for signature, digest in proofs:
            public.verify(signature, digest, algorithm)

    return verify


def _der(signature: bytes) -> bytes:
    """As the library wants it, whether it is in DER or two numbers in a row."""
    try:
        decode_dss_signature(signature)
    except ValueError:
        half = len(signature) // 2
        return encode_dss_signature(int.from_bytes(signature[:half]), int.from_bytes(signature[half:]))
    return signature


def _in_turn(works: Sequence[Callable[[], object]], pace: Pace) -> list[float]:
    """Times a processor second, the medians of rounds in turn."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(pace.rounds):
        for work, rates in zip(works, taken, strict=True):
            began, done = process_time(), 0
            while process_time() - began < pace.seconds / 5:
                work()
                done += 1
            rates.append(done / (process_time() - began))
    return [median(rates) for rates in taken]
