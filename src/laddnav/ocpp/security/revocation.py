"""What authorities say of certificates: read from OCSP responses (RFC 6960) and lists (RFC 5280)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
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
_SKEW = timedelta(minutes=5)  # by which the clock of an authority may be ahead of ours

# What the library raises over what others made: no ASN.1, no algorithm or extension that it knows.
UNREADABLE = (
    ValueError,
    KeyError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)

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


def found_in_response(
    answer: bytes, one: CertificateHash, now: datetime, issuers: Sequence[x509.Certificate] = ()
) -> Finding:
    """FAILED where nothing ties its signature to the issuer: whoever can check it better has the answer itself.

    `issuers` are those that are known, besides those that the response shows. Raises Unclear.
    """
    try:
        response = ocsp.load_der_ocsp_response(answer)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise Unclear(f"the authority answered {response.response_status.name}")
        if f"{response.serial_number:x}" != (one.serial_number.lower().lstrip("0") or "0"):
            raise Unclear("the authority answered about another certificate")
        until = _until(response.this_update_utc, response.next_update_utc, now)
        state = _MEANS[response.certificate_status]
        genuine = _genuine(response, one, (*response.certificates, *issuers), now)
    except UNREADABLE as error:
        raise Unclear("this is no OCSP response that can be read here") from error
    return Finding(state=state, holds_until=until) if genuine else _failed(now)


def found_in_list(
    answer: bytes, one: CertificateHash, now: datetime, issuers: Sequence[x509.Certificate] = ()
) -> Finding:
    """FAILED where its signature is that of no issuer that is known: a list shows nobody's certificate itself.

    Raises Unclear.
    """
    try:
        revoked = x509.load_pem_x509_crl(answer) if answer.startswith(b"-----") else x509.load_der_x509_crl(answer)
        entry = revoked.get_revoked_certificate_by_serial_number(int(one.serial_number, 16))
        if _hashed(revoked.issuer.public_bytes(), one) != one.issuer_name_hash.lower():
            raise Unclear("this is the list of another authority")
        until = _until(revoked.last_update_utc, revoked.next_update_utc, now)
        genuine = any(_is_issuer(issuer, one) and _listed_by(revoked, issuer) for issuer in issuers)
    except UNREADABLE as error:
        raise Unclear("this is no list of revoked certificates that can be read here") from error
    state = CertificateState.GOOD if entry is None else CertificateState.REVOKED
    return Finding(state=state, holds_until=until) if genuine else _failed(now)


def _failed(now: datetime) -> Finding:
    """Asked again soon: what is forged today may be genuine tomorrow."""
    return Finding(state=CertificateState.FAILED, holds_until=now + _HOLDS_OTHERWISE)


def _until(since: datetime, until: datetime | None, now: datetime) -> datetime:
    """How long what was said at `since` holds; what does not say so itself does for an hour. Raises Unclear."""
    if since > now + _SKEW:
        raise Unclear("what the authority answered does not hold yet")
    if until is None:
        until = since + _HOLDS_OTHERWISE
    if until < now:
        raise Unclear("what the authority answered holds no more")
    return min(until, now + HOLDS_AT_MOST)


def _hashed(raw: bytes, one: CertificateHash) -> str:
    digest = Hash(_ALGORITHMS[one.hash_algorithm]())
    digest.update(raw)
    return digest.finalize().hex()


def _genuine(
    response: ocsp.OCSPResponse, one: CertificateHash, known: Sequence[x509.Certificate], now: datetime
) -> bool:
    """Signed by the issuer itself, or by whom it certified for that."""
    return any(
        _signed(response, certificate) and (_is_issuer(certificate, one) or _delegated(certificate, known, one, now))
        for certificate in known
    )


def _is_issuer(certificate: x509.Certificate, one: CertificateHash) -> bool:
    key = certificate.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        raw = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    elif isinstance(key, rsa.RSAPublicKey):
        raw = key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    else:
        return False
    return _hashed(raw, one) == one.issuer_key_hash.lower()


def _delegated(
    certificate: x509.Certificate, known: Sequence[x509.Certificate], one: CertificateHash, now: datetime
) -> bool:
    """RFC 6960 §4.2.2.2: certified by the issuer, whose certificate is known, for signing such responses until now."""
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        return False
    try:
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    if ExtendedKeyUsageOID.OCSP_SIGNING not in purposes:
        return False
    return any(_is_issuer(issuer, one) and _issued(certificate, issuer) for issuer in known)


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _listed_by(revoked: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    key = issuer.public_key()
    return isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey) and revoked.is_signature_valid(key)


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
