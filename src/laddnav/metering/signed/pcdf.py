"""PCDF, the Porsche Charging Data Format: `128.8.0(ST:…)(CT:…)…(PK:…)(SG:…)`, both ends of one charge."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from laddnav.kit.energy import NO_ENERGY, Energy
from laddnav.kit.notes import Note
from laddnav.metering.signed.model import Clocked, Format, Proof, Record, Register, Role, UnreadableRecord
from laddnav.metering.signed.notes import RecordKind, noted

START = "128.8.0("
_FIELD = re.compile(r"\(([A-Z]+):([^()]*)\)")


def read(text: str) -> Record:
    """Raises UnreadableRecord."""
    said = text.strip().strip("\x02\x03")
    signed, _, after = said.partition("(SG:")
    fields = dict(_FIELD.findall(signed))  # what stands behind the signature nobody has signed
    try:
        begun, ended = _instant(fields["ST"]), _instant(fields["CT"])
        used = _energy(fields["RV"])
        signature = bytes.fromhex(after.partition(")")[0])
        meter, key, session = fields["HW"], fields["PK"], fields["SI"]
    except KeyError as error:
        raise UnreadableRecord(RecordKind.FIELD_MISSING, name=str(error.args[0])) from error
    except ValueError as error:
        raise UnreadableRecord(RecordKind.RECORD_UNREADABLE, why=str(error)) from error
    clocked = Clocked.SYNCHRONISED if fields.get("TV") == "1" else Clocked.UNKNOWN
    return Record(
        format=Format.PCDF,
        curve="secp256r1",
        # It counts from the start of the charge, whatever the meter's total is.
        registers=(
            Register(energy=NO_ENERGY, at=begun, clocked=clocked, role=Role.BEGIN),
            Register(energy=used, at=ended, clocked=clocked, role=Role.END),
        ),
        proofs=(Proof(message=signed.encode(), signature=signature),),
        meter=meter,
        transaction=session.rpartition("*")[2],
        key=key,
        faults=_faults(fields),
    )


def _faults(fields: dict[str, str]) -> tuple[Note, ...]:
    billing = () if fields.get("BV") == "1" else (noted(RecordKind.NOT_TO_BE_BILLED),)
    return billing if fields.get("SP") == "1" else (*billing, noted(RecordKind.END_MISSING))


def _instant(said: str) -> datetime:
    return datetime.strptime(said, "%y%m%d%H%M%S").replace(tzinfo=UTC)


def _energy(said: str) -> Energy:
    number, _, unit = said.partition("*")
    if unit != "kWh":
        raise ValueError(f"{unit[:20]!r} is no unit of it")
    try:
        return Energy(Decimal(number[:20]) * 1000)
    except InvalidOperation as error:
        raise ValueError(f"{number[:20]!r} is no number") from error
