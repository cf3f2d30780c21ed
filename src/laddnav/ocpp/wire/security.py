"""What stations and we say of certificates, passwords and attacks, in words for every version of OCPP."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

# What a station tells ------------------------------------------------------------------------------------------------


class Use(StrEnum):
    """What a station shows a certificate for: to us, or to cars that speak ISO 15118-2 or ISO 15118-20."""

    STATION = "STATION"
    V2G = "V2G"
    V2G_20 = "V2G_20"


class CertificateHash(Struct, frozen=True, kw_only=True):
    """A certificate by what an OCSP request names it by (RFC 6960 §4.1.1), in hexadecimal digits."""

    hash_algorithm: str
    issuer_name_hash: str
    issuer_key_hash: str
    serial_number: str

    @property
    def key(self) -> str:
        """The same for every spelling of the same certificate."""
        serial = self.serial_number.lower().lstrip("0") or "0"
        return f"{self.hash_algorithm}/{self.issuer_name_hash}/{self.issuer_key_hash}/{serial}".lower()


class Source(StrEnum):
    """Where an authority says what it has revoked."""

    OCSP = "OCSP"
    CRL = "CRL"


class Check(Struct, frozen=True, kw_only=True):
    """A certificate, and where to ask about it; the first that answers will do."""

    certificate: CertificateHash
    urls: tuple[str, ...]
    source: Source = Source.OCSP


class SigningAsked(Struct, frozen=True, kw_only=True):
    """`csr` in PEM; `number` is the station's own of this request."""

    csr: str
    use: Use = Use.STATION
    number: int | None = None


class StatusAsked(Struct, frozen=True, kw_only=True):
    """Is this certificate revoked? The authority's own answer is wanted."""

    check: Check


class ChainAsked(Struct, frozen=True, kw_only=True):
    """Which of these certificates is revoked?"""

    checks: tuple[Check, ...]


class ContractAsked(Struct, frozen=True, kw_only=True):
    """A car wants a contract certificate; `exi` is its request, which only its provider can read."""

    schema: str
    action: str
    exi: str
    most: int | None = None
    contracts: tuple[str, ...] = ()


class SecurityNoticed(Struct, frozen=True, kw_only=True):
    """Something happened that may be an attack."""

    kind: str
    at: datetime
    info: str | None = None


# What we answer ------------------------------------------------------------------------------------------------------


class SigningTaken(Struct, frozen=True, kw_only=True):
    """To SigningAsked; the certificate itself comes later. `why` only where it will not."""

    accepted: bool
    why: str = ""


class StatusTold(Struct, frozen=True, kw_only=True):
    """To StatusAsked: an OCSP response, DER as Base64; None: nobody gave one."""

    answer: str | None


class CertificateState(StrEnum):
    """What an authority says; FAILED: it could not be asked."""

    GOOD = "Good"
    REVOKED = "Revoked"
    UNKNOWN = "Unknown"
    FAILED = "Failed"


class Checked(Struct, frozen=True, kw_only=True):
    """What came of one Check; it may be thought true until `holds_until`."""

    check: Check
    state: CertificateState
    holds_until: datetime


class ChainTold(Struct, frozen=True, kw_only=True):
    """To ChainAsked."""

    checked: tuple[Checked, ...]


class ContractState(StrEnum):
    """What a contract is worth that is shown by a certificate, as OCPP spells it."""

    ACCEPTED = "Accepted"
    EXPIRED = "CertificateExpired"
    REVOKED = "CertificateRevoked"
    UNPROVEN = "CertChainError"
    CANCELLED = "ContractCancelled"


class ContractTold(Struct, frozen=True, kw_only=True):
    """To ContractAsked. `exi` "": nobody gave a contract, and `why` says why."""

    exi: str = ""
    remaining: int | None = None
    why: str = ""


# What we ask of a station --------------------------------------------------------------------------------------------


class RootKind(StrEnum):
    """Whom a station trusts by a root: us, makers of firmware, authorities of cars, of contracts, of car makers."""

    CENTRAL = "CENTRAL"
    MANUFACTURER = "MANUFACTURER"
    V2G = "V2G"
    CONTRACT = "CONTRACT"
    OEM = "OEM"
    V2G_CHAIN = "V2G_CHAIN"  # its own chain towards cars; it can be listed, not installed


class GiveCertificate(Struct, frozen=True, kw_only=True):
    """What was signed, with what leads to its root, in PEM."""

    chain: str
    use: Use
    number: int | None = None


class InstallRoot(Struct, frozen=True, kw_only=True):
    kind: RootKind
    certificate: str


class DeleteRoot(Struct, frozen=True, kw_only=True):
    certificate: CertificateHash


class ListRoots(Struct, frozen=True, kw_only=True):
    """Answered by RootsTold, or a Verdict. `kind` None: all that the version can list at once."""

    kind: RootKind | None = None


class AskToSign(Struct, frozen=True, kw_only=True):
    """Make a new key, and ask to have it signed."""

    use: Use


class SetPassword(Struct, frozen=True, kw_only=True):
    password: str

    def __repr__(self) -> str:
        """Without the password."""
        return "SetPassword()"


class KeepNetwork(Struct, frozen=True, kw_only=True):
    """How to reach us with a security profile, kept in a slot of the station's."""

    slot: int
    url: str
    profile: int
    interface: str  # by which it goes, in the station's own words


class UseProfile(Struct, frozen=True, kw_only=True):
    """Come with this security profile from the next start on; where a version keeps slots, by the first that works."""

    profile: int
    slots: tuple[int, ...]


class Root(Struct, frozen=True, kw_only=True):
    """A certificate that a station has; `kind` None: the one that was asked for."""

    kind: RootKind | None
    certificate: CertificateHash


class RootsTold(Struct, frozen=True, kw_only=True):
    """To ListRoots."""

    roots: tuple[Root, ...]


SecurityEvent = SigningAsked | StatusAsked | ChainAsked | ContractAsked | SecurityNoticed
SecurityAnswer = SigningTaken | StatusTold | ChainTold | ContractTold
SecurityRequest = (
    GiveCertificate | InstallRoot | DeleteRoot | ListRoots | AskToSign | SetPassword | KeepNetwork | UseProfile
)
