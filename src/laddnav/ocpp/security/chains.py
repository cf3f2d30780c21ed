"""The chain of certificates that a car shows for its contract, led to a root of a provider that is trusted here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from laddnav.kit.ids import fold
from laddnav.kit.refusal import Refusal
from laddnav.ocpp.security.authority import names_in
from laddnav.ocpp.security.revocation import UNREADABLE
from laddnav.ocpp.wire.security import CertificateHash, Check

# A contract, two authorities below its root, the root, and as much again that does not belong there (ISO 15118-2).
_SHOWN_MAX = 8


class Ended(Refusal):
    """One of these certificates holds no more."""


class Unled(Refusal):
    """No chain leads from this certificate to a root that is trusted, or it is of another contract."""


Path = tuple[x509.Certificate, ...]
"""A contract first, then who signed each, a trusted root last."""


def led(chain: str, uid: str, roots: Sequence[x509.Certificate], now: datetime) -> Path:
    """`chain` in PEM, the contract first, as the station had it from the car. Raises Ended, Unled."""
    try:
        shown = x509.load_pem_x509_certificates(chain.encode())
        if len(shown) > _SHOWN_MAX:
            raise Unled("nobody's chain is that long")
        if any(one.not_valid_after_utc < now for one in shown):
            raise Ended("one of these has ended")
        if shown[0].not_valid_before_utc > now:
            raise Unled("this contract has not begun")
        path = _path((shown[0],), shown[1:], roots, now)
        if path is None or not _is_of(shown[0], uid):
            raise Unled("nothing trusted here vouches for this contract")
    except UNREADABLE as error:
        raise Unled("these are no certificates that can be read here") from error
    return path


def checks(path: Path) -> tuple[Check, ...]:
    """Where to ask whether one of them is revoked; whoever names nobody to ask is not (C07.FR.05)."""
    return tuple(_checks(path))


def _checks(path: Path) -> Iterator[Check]:
    for one, issuer in pairwise(path):
        urls = _responders(one)
        if urls:
            named = ocsp.OCSPRequestBuilder().add_certificate(one, issuer, SHA256()).build()
            hashed = CertificateHash(
                hash_algorithm="SHA256",
                issuer_name_hash=named.issuer_name_hash.hex(),
                issuer_key_hash=named.issuer_key_hash.hex(),
                serial_number=f"{one.serial_number:x}",
            )
            yield Check(certificate=hashed, urls=urls)


def _path(
    begun: Path, others: Sequence[x509.Certificate], roots: Sequence[x509.Certificate], now: datetime
) -> Path | None:
    for root in roots:
        if _holds(root, now) and _may_sign(root, below=len(begun) - 1) and _signed(begun[-1], root):
            return (*begun, root)
    for one in others:
        if one not in begun and _holds(one, now) and _may_sign(one, below=len(begun) - 1) and _signed(begun[-1], one):
            path = _path((*begun, one), others, roots, now)
            if path is not None:
                return path
    return None


def _holds(one: x509.Certificate, now: datetime) -> bool:
    return one.not_valid_before_utc <= now <= one.not_valid_after_utc


def _may_sign(one: x509.Certificate, *, below: int) -> bool:
    """An authority, of so many others below it as it may have (RFC 5280 §6.1.4)."""
    try:
        bounds = one.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return False
    return bounds.ca and (bounds.path_length is None or below <= bounds.path_length)


def _signed(one: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        one.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _is_of(contract: x509.Certificate, uid: str) -> bool:
    """The id of a contract is the name in its certificate; some write it with hyphens, some without."""
    return any(_bare(name) == _bare(uid) for name in names_in(contract.subject, NameOID.COMMON_NAME))


def _bare(contract_id: str) -> str:
    return fold(contract_id.replace("-", ""))


def _responders(one: x509.Certificate) -> tuple[str, ...]:
    try:
        access = one.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(
        place.access_location.value
        for place in access
        if place.access_method == AuthorityInformationAccessOID.OCSP
        and isinstance(place.access_location, x509.UniformResourceIdentifier)
    )
