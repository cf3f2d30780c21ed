"""What authorities say of certificates is believed where their keys have signed it, and for as long as it holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from laddnav.ocpp.security import authority
from laddnav.ocpp.security.revocation import HOLDS_AT_MOST, Finding, Unclear, found_in_list, found_in_response
from laddnav.ocpp.wire.security import CertificateHash, CertificateState

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KEY = ec.generate_private_key(ec.SECP256R1())
OTHER_KEY = ec.generate_private_key(ec.SECP256R1())
SERIAL = 0x1F

ROOT = x509.load_pem_x509_certificate(authority.root_of("Elsewhere", KEY, NOW - 9 * DAY).encode())
IMPOSTOR = x509.load_pem_x509_certificate(authority.root_of("Elsewhere", OTHER_KEY, NOW - 9 * DAY).encode())


def made(of: ec.EllipticCurvePrivateKey, *, ends: datetime = NOW + DAY, purpose: bool = False) -> x509.Certificate:
    """One that the root has signed."""
    begun = (
        x509.CertificateBuilder()
        .subject_name(authority._name("Elsewhere", "Somebody"))
        .issuer_name(ROOT.subject)
        .public_key(of.public_key())
        .serial_number(SERIAL)
        .not_valid_before(NOW - 9 * DAY)
        .not_valid_after(ends)
    )
    if purpose:
        begun = begun.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), critical=False)
    return begun.sign(KEY, SHA256())


ASKED = ocsp.OCSPRequestBuilder().add_certificate(made(OTHER_KEY), ROOT, SHA256()).build()
ABOUT = CertificateHash(
    hash_algorithm="SHA256",
    issuer_name_hash=ASKED.issuer_name_hash.hex(),
    issuer_key_hash=ASKED.issuer_key_hash.hex(),
    serial_number=f"{SERIAL:X}",
)


def listed(
    *, key: ec.EllipticCurvePrivateKey = KEY, since: datetime = NOW, until: datetime = NOW + 30 * DAY, revoked: int = 7
) -> bytes:
    entry = x509.RevokedCertificateBuilder().serial_number(revoked).revocation_date(NOW).build()
    begun = x509.CertificateRevocationListBuilder().issuer_name(ROOT.subject).last_update(since).next_update(until)
    return begun.add_revoked_certificate(entry).sign(key, SHA256()).public_bytes(Encoding.DER)


def answered(
    *shown: x509.Certificate,
    by: x509.Certificate = ROOT,
    key: ec.EllipticCurvePrivateKey = KEY,
    since: datetime = NOW,
    until: datetime | None = NOW + DAY,
) -> bytes:
    begun = ocsp.OCSPResponseBuilder().add_response(
        cert=made(OTHER_KEY),
        issuer=ROOT,
        algorithm=SHA256(),
        cert_status=ocsp.OCSPCertStatus.GOOD,
        this_update=since,
        next_update=until,
        revocation_time=None,
        revocation_reason=None,
    )
    begun = begun.responder_id(ocsp.OCSPResponderEncoding.HASH, by)
    return (begun.certificates(shown) if shown else begun).sign(key, SHA256()).public_bytes(Encoding.DER)


FAILED = Finding(state=CertificateState.FAILED, holds_until=NOW + HOUR)
GOOD = Finding(state=CertificateState.GOOD, holds_until=NOW + DAY)


def test_a_list_is_believed_when_its_issuer_is_known_and_has_signed_it() -> None:
    """M07.FR.01 to 08: it holds a week at most, and what is not proven is asked again in an hour."""
    week = NOW + HOLDS_AT_MOST
    assert found_in_list(listed(), ABOUT, NOW, [IMPOSTOR, ROOT]) == Finding(
        state=CertificateState.GOOD, holds_until=week
    )
    gone = found_in_list(listed(revoked=SERIAL), ABOUT, NOW, [ROOT])
    assert gone == Finding(state=CertificateState.REVOKED, holds_until=week)
    for forged, known in ((listed(), []), (listed(), [IMPOSTOR]), (listed(key=OTHER_KEY), [ROOT, IMPOSTOR])):
        assert found_in_list(forged, ABOUT, NOW, known) == FAILED


def test_a_response_is_believed_from_the_issuer_and_from_whom_it_certified_until_that_ends() -> None:
    """M06.FR.08, M06.FR.09, RFC 6960 §4.2.2.2."""
    responder = ec.generate_private_key(ec.SECP256R1())
    certified, ended = made(responder, purpose=True), made(responder, purpose=True, ends=NOW - HOUR)
    uncertified = made(responder)
    assert found_in_response(answered(ROOT), ABOUT, NOW) == GOOD
    assert found_in_response(answered(), ABOUT, NOW, [ROOT]) == GOOD
    assert found_in_response(answered(certified, ROOT, by=certified, key=responder), ABOUT, NOW) == GOOD
    assert found_in_response(answered(certified, by=certified, key=responder), ABOUT, NOW, [ROOT]) == GOOD
    for forged in (
        answered(),
        answered(IMPOSTOR, by=IMPOSTOR, key=OTHER_KEY),
        answered(ROOT, by=IMPOSTOR, key=OTHER_KEY),
        answered(ended, ROOT, by=ended, key=responder),
        answered(certified, by=certified, key=responder),
        answered(uncertified, ROOT, by=uncertified, key=responder),
        answered(certified, IMPOSTOR, by=certified, key=responder),
    ):
        assert found_in_response(forged, ABOUT, NOW) == FAILED


@pytest.mark.parametrize(
    ("since", "until"), [(NOW - 9 * DAY, NOW - DAY), (NOW - 9 * DAY, None), (NOW + DAY, NOW + 2 * DAY)]
)
def test_what_holds_no_more_or_not_yet_says_nothing(since: datetime, until: datetime | None) -> None:
    """M06.FR.10: what does not say how long it holds does for an hour."""
    with pytest.raises(Unclear):
        found_in_response(answered(ROOT, since=since, until=until), ABOUT, NOW)
    if until is not None:
        with pytest.raises(Unclear):
            found_in_list(listed(since=since, until=until), ABOUT, NOW, [ROOT])
    assert found_in_response(answered(ROOT, since=NOW - HOUR / 2, until=None), ABOUT, NOW).holds_until == NOW + HOUR / 2


def test_what_cannot_be_read_says_nothing_and_breaks_nothing() -> None:
    """An algorithm that nobody here knows among them."""
    curve = bytes.fromhex("2a8648ce3d030107")  # prime256v1, in the certificate that is shown
    strange = answered(ROOT).replace(curve, curve[:-1] + b"\x7f")
    over = bytes.fromhex("2a8648ce3d040302")  # ecdsa-with-SHA256
    for answer in (b"", b"nonsense", strange, answered(ROOT).replace(over, over[:-1] + b"\x7f")):
        with pytest.raises(Unclear):
            found_in_response(answer, ABOUT, NOW)
    for answer in (b"", b"-----BEGIN X509 CRL-----", listed()[:-9]):
        with pytest.raises(Unclear):
            found_in_list(answer, ABOUT, NOW, [ROOT])
    assert found_in_list(listed().replace(over, over[:-1] + b"\x7f"), ABOUT, NOW, [ROOT]) == FAILED
