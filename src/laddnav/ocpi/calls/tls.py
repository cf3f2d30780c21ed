"""What guards the line to one partner beyond what guards every line: whom we trust there, and by what it knows us."""

from __future__ import annotations

import ssl
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from msgspec import Struct
from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.kit import tls as kit_tls
from laddnav.kit.refusal import Refusal
from laddnav.kit.seal import Seal
from laddnav.ocpi import store
from laddnav.ocpi.connections import lines
from laddnav.ocpi.model import Connection, Tls
from laddnav.ocpi.rules import UnknownConnection

LONGEST = 200_000  # characters of PEM; a bundle of all public authorities is about as long


class UnfitTls(Refusal):
    """What was given cannot guard a line; `why` says what is wrong with it."""

    def __init__(self, why: str) -> None:
        super().__init__(f"This cannot guard the line: {why}")
        self.why = why


class Certificate(Struct, frozen=True, kw_only=True):
    """One certificate as a person looks at it; `fingerprint` is its SHA-256 in hexadecimal digits."""

    subject: str
    ends_at: datetime
    fingerprint: str


class Guard(Struct, frozen=True, kw_only=True):
    """What there is on a line; the key of our certificate is never shown."""

    trusted: tuple[Certificate, ...] = ()
    ours: tuple[Certificate, ...] = ()


async def set_guard(unit: Unit, seal: Seal, ref: str, tls: Tls, key: str) -> Connection:
    """From the next call on; nothing at all guards the line as every line. Raises UnknownConnection, UnfitTls.

    `key` in PEM, "": the one that is kept already.
    """
    connection = await store.connections.by_ref(unit, ref)
    if connection is None:
        raise UnknownConnection(ref)
    kept = await store.tls.find(unit, connection.line)
    sealed = seal.sealed(key) if key else kept and kept[1]
    sealed = sealed if tls.certificate else None
    sound(tls, seal.opened(sealed) if sealed else "", unit.now)
    store.tls.put(unit, connection.line, tls if tls != Tls() else None, sealed)
    await lines.changed_for_all(unit, connection.line)
    return replace(connection, tls_changed_at=unit.now)


async def guard(unit: Unit, connection: Connection) -> Guard:
    """As it may be shown to whoever may see the partner."""
    kept = await store.tls.find(unit, connection.line)
    if kept is None:
        return Guard()
    tls, _ = kept
    return Guard(trusted=_shown(tls.trusted), ours=_shown(tls.certificate))


def sound(tls: Tls, key: str, now: datetime) -> None:
    """Raises UnfitTls."""
    for one in (*_read(tls.trusted), *_read(tls.certificate)):
        if one.not_valid_after_utc < now:
            raise UnfitTls(f"{one.subject.rfc4514_string()} ended at {one.not_valid_after_utc:%Y-%m-%d}")
    if tls.certificate:
        _matching(tls.certificate, key)
    context(tls, key)


def context(tls: Tls, key: str) -> ssl.SSLContext:
    """Raises UnfitTls.

    What is trusted is an authority, or the very certificate that the partner shows: then nothing else is let through.
    """
    made = ssl.create_default_context(cadata=tls.trusted or None)
    made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if tls.certificate:
        _load(made, tls.certificate, key)
    return made


def _load(made: ssl.SSLContext, certificate: str, key: str) -> None:
    try:
        kit_tls.load(made, certificate, key)
    except ssl.SSLError as error:
        raise UnfitTls(f"the certificate and its key cannot be loaded: {error.reason}") from error


def _matching(certificate: str, key: str) -> None:
    if not key:
        raise UnfitTls("our certificate has no key")
    try:
        private = load_pem_private_key(key.encode(), None)
    except (ValueError, TypeError) as error:
        raise UnfitTls("the key is no PEM, or is locked with a password") from error
    if _spelt(private.public_key()) != _spelt(_read(certificate)[0].public_key()):
        raise UnfitTls("the key is not that of our certificate")


def _spelt(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _read(pem: str) -> list[x509.Certificate]:
    if not pem.strip():
        return []
    if len(pem) > LONGEST:
        raise UnfitTls(f"it is longer than {LONGEST} characters")
    try:
        return x509.load_pem_x509_certificates(pem.encode())
    except ValueError as error:
        raise UnfitTls("it is no certificate in PEM") from error


def _shown(pem: str) -> tuple[Certificate, ...]:
    return tuple(
        Certificate(
            subject=one.subject.rfc4514_string(),
            ends_at=one.not_valid_after_utc,
            fingerprint=one.fingerprint(SHA256()).hex(),
        )
        for one in _read(pem)
    )
