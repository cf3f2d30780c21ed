"""What a signed record says, what proves it, and the verdict about it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from laddnav.kit.energy import Energy
from laddnav.kit.notes import Note, Value
from laddnav.kit.refusal import Refusal
from laddnav.metering.signed.notes import RecordKind, noted


class UnreadableRecord(Refusal):
    """This is no signed meter record that can be read."""

    def __init__(self, kind: RecordKind, **values: Value) -> None:
        self.note = noted(kind, **values)
        super().__init__(self.note.text)


class UnfitKey(Refusal):
    """This is no public key that such a record can be verified with."""

    def __init__(self, kind: RecordKind, **values: Value) -> None:
        self.note = noted(kind, **values)
        super().__init__(self.note.text)


class Format(StrEnum):
    """The formats of S.A.F.E. Transparenzsoftware, by its own names."""

    OCMF = "OCMF"
    PCDF = "PCDF"
    ISA_EDL_40_P = "ISA_EDL_40_P"
    ALFEN = "ALFEN"
    EDL_40_P = "EDL_40_P"
    EDL_40_SIG = "EDL_40_SIG"
    EDL_40_MENNEKES = "EDL_40_MENNEKES"


class Role(StrEnum):
    """What a register is of the charge."""

    BEGIN = "BEGIN"
    BETWEEN = "BETWEEN"
    END = "END"


class Clocked(StrEnum):
    """How far the meter's time may be trusted (OCMF: S, R, I, U)."""

    SYNCHRONISED = "SYNCHRONISED"  # time may be billed
    RELATIVE = "RELATIVE"  # lengths of time may be billed
    INFORMATIVE = "INFORMATIVE"
    UNKNOWN = "UNKNOWN"


class Register(Struct, frozen=True, kw_only=True):
    """The total at one instant. `role` None: the record does not say; `at` None: it says no time."""

    energy: Energy
    at: datetime | None
    clocked: Clocked
    role: Role | None = None


class Proof(Struct, frozen=True, kw_only=True):
    """`signature` over the SHA-256 of `message`: two numbers of equal length one after the other, or as DER."""

    message: bytes
    signature: bytes


class Record(Struct, frozen=True, kw_only=True):
    """`proofs`: all must hold. `key` is the one that came inside, a claim. `faults`: why energy may not be billed from
    it although the signature is good. `page` counts the records of a meter, `transaction` its charges."""

    format: Format
    curve: str
    registers: tuple[Register, ...]
    proofs: tuple[Proof, ...]
    meter: str | None = None
    page: int | None = None
    transaction: str | None = None
    key: str | None = None
    faults: tuple[Note, ...] = ()


class Verdict(StrEnum):
    """VALID says that this meter wrote it, not yet that it may be billed from."""

    VALID = "VALID"
    INVALID = "INVALID"  # not signed with this key, or changed since
    UNKNOWN_KEY = "UNKNOWN_KEY"  # nobody registered a key for this meter
    UNFIT_KEY = "UNFIT_KEY"  # the key cannot be read, or is of another kind than the record's signature
    UNREADABLE = "UNREADABLE"


class Judged(Struct, frozen=True, kw_only=True):
    """One record with its verdict and the reason."""

    verdict: Verdict
    reason: Note
    record: Record | None = None

    @property
    def billable(self) -> bool:
        return self.verdict is Verdict.VALID and self.record is not None and not self.record.faults

    @property
    def reasons(self) -> tuple[Note, ...]:
        """All that speaks against it; nothing where it may be billed from."""
        return (self.reason,) if self.verdict is not Verdict.VALID or self.record is None else self.record.faults


class SignedCharge(Struct, frozen=True, kw_only=True):
    """What the records of one charge prove together: `reasons` is all that speaks against billing from them."""

    verdict: Verdict
    reasons: tuple[Note, ...]
    records: tuple[Record, ...]

    @property
    def billable(self) -> bool:
        return not self.reasons

    @property
    def registers(self) -> tuple[Register, ...]:
        return tuple(register for record in self.records for register in record.registers)
