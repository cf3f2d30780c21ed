"""Public keys as they are printed on meters and sent by stations, and what is signed with them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature, encode_dss_signature

from laddnav.metering.signed import koblitz
from laddnav.metering.signed.model import Proof, UnfitKey, UnreadableRecord
from laddnav.metering.signed.notes import RecordKind

# Each curve by its OID in DER, and the bytes of one coordinate.
_CURVES: dict[str, tuple[bytes, int, ec.EllipticCurve | None]] = {
    "secp192k1": (bytes.fromhex("2b8104001f"), 24, None),
    "secp192r1": (bytes.fromhex("2a8648ce3d030101"), 24, ec.SECP192R1()),
    "secp256k1": (bytes.fromhex("2b8104000a"), 32, ec.SECP256K1()),
    "secp256r1": (bytes.fromhex("2a8648ce3d030107"), 32, ec.SECP256R1()),
    "secp384r1": (bytes.fromhex("2b81040022"), 48, ec.SECP384R1()),
    "secp521r1": (bytes.fromhex("2b81040023"), 66, ec.SECP521R1()),
    "brainpoolP256r1": (bytes.fromhex("2b2403030208010107"), 32, ec.BrainpoolP256R1()),
    "brainpoolP384r1": (bytes.fromhex("2b240303020801010b"), 48, ec.BrainpoolP384R1()),
    "brainpoolP512r1": (bytes.fromhex("2b240303020801010d"), 64, ec.BrainpoolP512R1()),
}
_CURVE_OF_OID = {oid: name for name, (oid, _, _) in _CURVES.items()}
_IS_PUBLIC_KEY = bytes.fromhex("06072a8648ce3d0201")  # the OID id-ecPublicKey, before that of the curve
_SHA256 = ec.ECDSA(Prehashed(hashes.SHA256()))


class Key(NamedTuple):
    """`curve` None: a bare point, of whichever curve the record says. `point` as X9.62 encodes it.

    `printed` is the key as it stood there, in hexadecimal and nothing around it.
    """

    curve: str | None
    point: bytes
    printed: str = ""

    @property
    def in_base64(self) -> str:
        return base64.b64encode(bytes.fromhex(self.printed)).decode()


@lru_cache(maxsize=4096)
def key_of(text: str) -> Key:
    """However it is written: DER or bare point; hex, base64 or base32; spaced, in PEM, or as OCA's colon-separated text
    (Signed Meter Values in OCPP 1.0 §3.2.2). Raises UnfitKey."""
    body = re.sub(r"-----[A-Z ]+-----", "", text)
    for octets in _decoded(body):
        if octets.startswith(b"oca:"):
            return key_of(octets.decode("ascii", "replace").rsplit(":", 1)[1])
        found = _key_in(octets)
        if found is not None:
            return found._replace(printed=octets.hex().upper())
    raise UnfitKey(RecordKind.KEY_UNREADABLE)


def same(one: str, other: str) -> bool:
    """Whether two texts are the same key; False where either cannot be read."""
    try:
        return key_of(one).point == key_of(other).point
    except UnfitKey:
        return False


def curve_named(name: str) -> str | None:
    """As we spell it; OCMF's table leaves out the P of brainpool curves."""
    plain = name.casefold().replace("brainpoolp", "brainpool")
    return next((one for one in _CURVES if one.casefold().replace("brainpoolp", "brainpool") == plain), None)


def proves(proof: Proof, key: Key, curve: str) -> bool:
    """Whether who holds the private half signed it. Raises UnfitKey, UnreadableRecord."""
    if key.curve is not None and key.curve != curve:
        raise UnfitKey(RecordKind.KEY_OF_ANOTHER_CURVE, curve=curve, other=key.curve)
    _, size, known = _CURVES[curve]
    digest = hashlib.sha256(proof.message).digest()
    if known is None:
        try:
            return koblitz.verifies(koblitz.point_of(key.point), digest, *_numbers(proof.signature, size))
        except ValueError as error:
            raise UnfitKey(RecordKind.KEY_NO_POINT, curve=curve) from error
    try:
        _public(curve, key.point).verify(_der(proof.signature, size), digest, _SHA256)
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=4096)
def _public(curve: str, point: bytes) -> ec.EllipticCurvePublicKey:
    known = _CURVES[curve][2]
    assert known is not None, "the one that is missing is verified elsewhere"
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(known, point)
    except ValueError as error:
        raise UnfitKey(RecordKind.KEY_NO_POINT, curve=curve) from error


def _decoded(text: str) -> Iterator[bytes]:
    bare = re.sub(r"[\s:]", "", text)
    try:
        yield bytes.fromhex(bare.removeprefix("0x"))
    except ValueError:
        pass
    for decode, block in ((base64.b64decode, 4), (base64.b32decode, 8)):
        try:
            yield decode(bare.rstrip("=") + "=" * (-len(bare.rstrip("=")) % block))
        except (binascii.Error, ValueError):
            pass


def _key_in(octets: bytes) -> Key | None:
    sizes = {size for _, size, _ in _CURVES.values()}
    length = len(octets)
    if octets[:1] == b"\x30":
        return _in_der(octets)
    if octets[:1] == b"\x04" and (length - 1) % 2 == 0 and (length - 1) // 2 in sizes:
        return Key(None, octets)
    if octets[:1] in (b"\x02", b"\x03") and length - 1 in sizes:
        return Key(None, octets)
    # EDL meters print the two coordinates alone; only those of these two lengths do.
    return Key(None, b"\x04" + octets) if length in (48, 64) else None


def _in_der(octets: bytes) -> Key | None:
    """SubjectPublicKeyInfo with a named curve (RFC 5480 §2); the point is the end of it."""
    _, kind, after = octets.partition(_IS_PUBLIC_KEY)
    if not kind or after[:1] != b"\x06" or len(after) < 2:
        return None
    oid, rest = after[2 : 2 + after[1]], after[2 + after[1] :]
    curve = _CURVE_OF_OID.get(oid)
    if curve is None:
        return None
    size = 1 + 2 * _CURVES[curve][1]
    if rest[-size:][:1] != b"\x04":
        size = 1 + _CURVES[curve][1]
    return Key(curve, rest[-size:])


def _der(signature: bytes, size: int) -> bytes:
    return encode_dss_signature(*_numbers(signature, size))


def _numbers(signature: bytes, size: int) -> tuple[int, int]:
    if len(signature) == 2 * size and not _is_der(signature):
        return int.from_bytes(signature[:size]), int.from_bytes(signature[size:])
    try:
        return decode_dss_signature(signature)
    except ValueError as error:
        raise UnreadableRecord(RecordKind.SIGNATURE_UNREADABLE) from error


def _is_der(signature: bytes) -> bool:
    try:
        decode_dss_signature(signature)
    except ValueError:
        return False
    return True
