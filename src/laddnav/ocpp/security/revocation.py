"""What authorities say of certificates: read from OCSP responses (RFC 6960) and lists (RFC 5280)."""

from __future__ import annotations

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, Hash, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID
from msgspec import Struct

from laddnav.kit.refusal import Refusal
from laddnav.ocpp.wire.security import CertificateHash, CertificateState

HOLDS_AT_MOST = timedelta(days=7)  # M06.FR.10, and ISO 15118-20 by way of M07
_HOLDS_OTHERWISE = timedelta(hours=1)  # of an answer that does not say

_ALGORITHMS: dict[str, type[HashAlgorithm]] = {"SHA256": SHA256, "SHA384": SHA384, "SHA512": SHA512}
_MEANS = {
    ocsp.OCSPCertStatus.GOOD: CertificateState.GOOD,
    ocsp.OCSPCertStatus.REVOKED: CertificateState.REVOKED,
    ocsp.OCSPCertStatus.UNKNOWN: CertificateState.UNKNOWN,
}


class Unclear(Refusal):
    """This says nothing of the certificate that was asked about."""


class Finding(Struct, frozen=True, kw_only=True):
    state: CertificateState
    holds_until: datetime


def request_for(one: CertificateHash) -> bytes:
    """DER. Raises Unclear."""
    try:
        builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
            bytes.fromhex(one.issuer_name_hash),
            bytes.fromhex(one.issuer_key_hash),
            int(one.serial_number, 16),
            _ALGORITHMS[one.hash_algorithm](),
        )
        return builder.build().public_bytes(Encoding.DER)
    except (ValueError, KeyError) as error:
        raise Unclear("these are no hashes of a certificate") from error


def found_in_response(answer: bytes, one: CertificateHash, now: datetime) -> Finding:
    """FAILED where nothing ties its signature to the issuer: whoever can check it better has the answer itself.

    Raises Unclear.
    """
    try:
        response = ocsp.load_der_ocsp_response(answer)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise Unclear(f"the authority answered {response.response_status.name}")
        if f"{response.serial_number:x}" != (one.serial_number.lower().lstrip("0") or "0"):
            raise Unclear("the authority answered about another certificate")
        until = response.next_update_utc
        if until is not None and until < now:
            raise Unclear("what the authority answered holds no more")
        state = _MEANS[response.certificate_status] if _genuine(response, one) else CertificateState.FAILED
    except ValueError as error:
        raise Unclear("this is no OCSP response") from error
    return Finding(state=state, holds_until=_bounded(until, now))


def found_in_list(answer: bytes, one: CertificateHash, now: datetime) -> Finding:
    """Raises Unclear."""
    try:
        revoked = x509.load_pem_x509_crl(answer) if answer.startswith(b"-----") else x509.load_der_x509_crl(answer)
        entry = revoked.get_revoked_certificate_by_serial_number(int(one.serial_number, 16))
        issuer = _hashed(revoked.issuer.public_bytes(), one)
    except (ValueError, KeyError) as error:
        raise Unclear("this is no list of revoked certificates") from error
    if issuer != one.issuer_name_hash.lower():
        raise Unclear("this is the list of another authority")
    until = revoked.next_update_utc
    if until is not None and until < now:
        raise Unclear("this list holds no more")
    state = CertificateState.GOOD if entry is None else CertificateState.REVOKED
    return Finding(state=state, holds_until=_bounded(until, now))


def _bounded(until: datetime | None, now: datetime) -> datetime:
    return min(until or now + _HOLDS_OTHERWISE, now + HOLDS_AT_MOST)


def _hashed(raw: bytes, one: CertificateHash) -> str:
    digest = Hash(_ALGORITHMS[one.hash_algorithm]())
    digest.update(raw)
    return digest.finalize().hex()


def _genuine(response: ocsp.OCSPResponse, one: CertificateHash) -> bool:
    """Signed by the issuer itself, or by whom it certified for that, where the response shows their certificates."""
    for certificate in response.certificates:
        if _signed(response, certificate) and (_is_issuer(certificate, one) or _delegated(certificate, response, one)):
            return True
    return False


def _is_issuer(certificate: x509.Certificate, one: CertificateHash) -> bool:
    key = certificate.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        raw = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    elif isinstance(key, rsa.RSAPublicKey):
        raw = key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    else:
        return False
    return _hashed(raw, one) == one.issuer_key_hash.lower()


def _delegated(certificate: x509.Certificate, response: ocsp.OCSPResponse, one: CertificateHash) -> bool:
    """RFC 6960 §4.2.2.2: certified by the issuer, with its certificate shown too, for signing such responses."""
    try:
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    if ExtendedKeyUsageOID.OCSP_SIGNING not in purposes:
        return False
    return any(_is_issuer(issuer, one) and _issued(certificate, issuer) for issuer in response.certificates)


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _signed(response: ocsp.OCSPResponse, certificate: x509.Certificate) -> bool:
    key, over = certificate.public_key(), response.signature_hash_algorithm
    if over is None:
        return False
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(response.signature, response.tbs_response_bytes, ec.ECDSA(over))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(response.signature, response.tbs_response_bytes, padding.PKCS1v15(), over)
        else:
            return False
    except InvalidSignature:
        return False
    return True
