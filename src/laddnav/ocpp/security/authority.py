"""An authority that vouches for stations: what it is made of, what it may sign, and whom its word is about."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from msgspec import Struct

from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal

ROOT_FOR = timedelta(days=20 * 365)
STATION_FOR = timedelta(days=365)
SERVER_FOR = timedelta(days=90)  # A00.FR.701: what ends soon need not be revoked
_SKEW = timedelta(hours=1)  # by which the clock of a station may be behind ours

# A00.FR.502, A00.FR.503: the least that may be signed; roots of ours are as BSI wants them for years to come.
_RSA_MIN, _EC_MIN = 2048, 224  # bits
_RSA_ROOT = 3072  # bits
_HASHES = (SHA256, SHA384, SHA512)

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class KeyKind(StrEnum):
    """Stations have to know one of them only, so whoever speaks to all needs a certificate of each (A00.FR.318)."""

    EC = "EC"
    RSA = "RSA"


class Authority(Struct, frozen=True, kw_only=True):
    """`organisation` owns the certificates that it signs. `key_sealed` None: it signs elsewhere, and is trusted."""

    holder: PartyId
    id: str
    organisation: str
    certificate: str
    key_sealed: str | None
    made_at: datetime

    @property
    def root(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.certificate.encode())

    @property
    def kind(self) -> KeyKind | None:
        return kind_of(self.root.public_key())


class UnfitRequest(Refusal):
    """What a station asks to have signed cannot be signed; `why` says what is wrong with it."""

    def __init__(self, why: str) -> None:
        super().__init__(f"This cannot be signed: {why}")
        self.why = why


class UnfitCertificate(Refusal):
    """This is no certificate that can be used here."""


def kind_of(key: PublicKeyTypes) -> KeyKind | None:
    if isinstance(key, ec.EllipticCurvePublicKey):
        return KeyKind.EC
    return KeyKind.RSA if isinstance(key, rsa.RSAPublicKey) else None


def read(pem: str) -> x509.Certificate:
    """The first of what is given. Raises UnfitCertificate."""
    try:
        certificate = x509.load_pem_x509_certificate(pem.encode())
        certificate.public_key()
    except ValueError as error:
        raise UnfitCertificate("This is no certificate in PEM") from error
    except UnsupportedAlgorithm as error:
        raise UnfitCertificate("The key of this certificate is of a kind that is not known here") from error
    return certificate


# Making ---------------------------------------------------------------------------------------------------------------


def new_key(kind: KeyKind, bits: int = _RSA_ROOT) -> PrivateKey:
    return ec.generate_private_key(ec.SECP256R1()) if kind is KeyKind.EC else rsa.generate_private_key(65537, bits)


def root_of(organisation: str, key: PrivateKey, now: datetime) -> str:
    """A root that vouches for itself, in PEM."""
    subject = _name(organisation, "Stations")
    builder = (
        _begun(subject, subject, key.public_key(), now, ROOT_FOR)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
    )
    return pem_of(_signed(builder, key))


def checked(csr: str, station_id: str, organisation: str) -> x509.CertificateSigningRequest:
    """What a station asks to have signed, if that may be done for this station. Raises UnfitRequest."""
    request = sound(csr)
    if names_in(request.subject, NameOID.COMMON_NAME) != (station_id,):
        raise UnfitRequest(f"its common name is not {station_id!r}")
    if organisation not in names_in(request.subject, NameOID.ORGANIZATION_NAME):
        raise UnfitRequest(f"its organisation is not {organisation!r}")
    return request


def sound(csr: str) -> x509.CertificateSigningRequest:
    """A request that is what it seems, whomever it names. Raises UnfitRequest."""
    try:
        request = x509.load_pem_x509_csr(csr.encode())
        key, over, genuine = request.public_key(), request.signature_hash_algorithm, request.is_signature_valid
    except (ValueError, InvalidSignature) as error:
        raise UnfitRequest("it is no request in PEM (RFC 2986)") from error
    except UnsupportedAlgorithm as error:
        raise UnfitRequest("its key or its signature is of a kind that is not known here") from error
    if not genuine:
        raise UnfitRequest("it is not signed with the key that it is about")
    if not isinstance(over, _HASHES):
        raise UnfitRequest("it is not signed over SHA-256 or better")
    _check_strength(key)
    return request


def _check_strength(key: PublicKeyTypes) -> None:
    """A00.FR.501. Raises UnfitRequest."""
    if isinstance(key, rsa.RSAPublicKey):
        least = _RSA_MIN
    elif isinstance(key, ec.EllipticCurvePublicKey):
        least = _EC_MIN
    else:
        raise UnfitRequest("its key is neither RSA nor on an elliptic curve")
    if key.key_size < least:
        raise UnfitRequest(f"its key has {key.key_size} bits, less than {least}")


def certificate_for(
    request: x509.CertificateSigningRequest, authority: Authority, key: str, now: datetime
) -> x509.Certificate:
    """For a station that shows it to us. `key` in PEM. Only its names and its key are taken from the request."""
    root = authority.root
    (name,) = names_in(request.subject, NameOID.COMMON_NAME)
    builder = _begun(_name(authority.organisation, name), root.subject, request.public_key(), now, STATION_FOR)
    return _signed(_leaf(builder, root, ExtendedKeyUsageOID.CLIENT_AUTH), _opened(key))


def certificate_of_server(
    host: str, of: PublicKeyTypes, authority: Authority, key: str, now: datetime
) -> x509.Certificate:
    """A00.FR.510: for ourselves, under the name by which stations know us. `key` of the authority, in PEM."""
    root = authority.root
    builder = _begun(_name(authority.organisation, host), root.subject, of, now, SERVER_FOR)
    builder = builder.add_extension(x509.SubjectAlternativeName([_host(host)]), critical=False)
    return _signed(_leaf(builder, root, ExtendedKeyUsageOID.SERVER_AUTH), _opened(key))


def pem_of(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


def pem_of_key(key: PrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def serial_of(certificate: x509.Certificate) -> str:
    return f"{certificate.serial_number:x}"


def _begun(
    subject: x509.Name, issuer: x509.Name, key: PublicKeyTypes, now: datetime, lasts: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)  # type: ignore[arg-type]  # the narrower type is private to the library; its kind was checked
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + lasts)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)  # type: ignore[arg-type]  # as above
    )


def _leaf(
    builder: x509.CertificateBuilder, root: x509.Certificate, purpose: x509.ObjectIdentifier
) -> x509.CertificateBuilder:
    issuer = root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer), critical=False)
    )


def _signed(builder: x509.CertificateBuilder, key: PrivateKey) -> x509.Certificate:
    """A00.FR.505, A00.FR.506: ECDSA, or RSA-PSS, over SHA-256."""
    if isinstance(key, rsa.RSAPrivateKey):
        return builder.sign(key, SHA256(), rsa_padding=padding.PSS(padding.MGF1(SHA256()), padding.PSS.DIGEST_LENGTH))
    return builder.sign(key, SHA256())


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    """A00.FR.512. A key of RSA may have to open what a station sends (TLS_RSA_…)."""
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_encipherment=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(organisation: str, name: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _opened(key: str) -> PrivateKey:
    private = load_pem_private_key(key.encode(), None)
    assert isinstance(private, PrivateKey), "we made it"
    return private


# Judging --------------------------------------------------------------------------------------------------------------


def names_in(name: x509.Name, of: x509.ObjectIdentifier) -> tuple[str, ...]:
    return tuple(str(one.value) for one in name.get_attributes_for_oid(of))


def vouches_for(authority: Authority, certificate: x509.Certificate, station_id: str) -> bool:
    """A00.FR.404, A00.FR.405: the authority signed it, for its organisation and for this station."""
    try:
        certificate.verify_directly_issued_by(authority.root)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return names_in(certificate.subject, NameOID.COMMON_NAME) == (station_id,) and authority.organisation in names_in(
        certificate.subject, NameOID.ORGANIZATION_NAME
    )
