"""OCMF, the Open Charge Metering Format 1.4.1: `OCMF|payload|signature`, both of them JSON."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct

from laddnav.kit import json
from laddnav.kit.energy import Energy
from laddnav.kit.notes import Note
from laddnav.metering.signed.keys import curve_named
from laddnav.metering.signed.model import Clocked, Format, Proof, Record, Register, Role, UnreadableRecord
from laddnav.metering.signed.notes import RecordKind, noted

START = "OCMF|"
_CURVE = "secp256r1"  # of a record that does not say
_ROLE = {"B": Role.BEGIN, "C": Role.BETWEEN, "X": Role.BETWEEN, "S": Role.BETWEEN, "T": Role.BETWEEN} | dict.fromkeys(
    ("E", "L", "R", "A", "P"), Role.END
)
_CLOCKED = {"S": Clocked.SYNCHRONISED, "R": Clocked.RELATIVE, "I": Clocked.INFORMATIVE}
_STATUS = {
    "N": RecordKind.METER_AWAY,
    "T": RecordKind.METER_TIMED_OUT,
    "D": RecordKind.METER_DISCONNECTED,
    "R": RecordKind.METER_NOT_FOUND,
    "M": RecordKind.METER_TAMPERED,
    "X": RecordKind.METER_EXCHANGED,
    "I": RecordKind.METER_INCOMPATIBLE,
    "O": RecordKind.OUT_OF_RANGE,
    "S": RecordKind.SUBSTITUTE,
    "E": RecordKind.METER_IN_ERROR,
    "F": RecordKind.METER_UNREAD,
}


class WireReading(Struct, frozen=True):
    """What a reading leaves out is that of the one before."""

    TM: str | None = None
    TX: str | None = None
    RV: Decimal | None = None
    RI: str | None = None
    RU: str | None = None
    EF: str | None = None
    ST: str | None = None


class WirePayload(Struct, frozen=True):
    RD: tuple[WireReading, ...]
    PG: str | None = None
    GS: str | None = None
    MS: str | None = None


class WireSignature(Struct, frozen=True):
    SD: str
    SA: str | None = None
    SE: str | None = None


def read(text: str) -> Record:
    """Raises UnreadableRecord, UnfitKey."""
    payload, bar, signature = text.strip().removeprefix(START).rpartition("|")
    if not bar:
        raise UnreadableRecord(RecordKind.NO_SIGNATURE)
    said = _decoded(payload, WirePayload, RecordKind.PAYLOAD_UNREADABLE)
    signed = _decoded(signature, WireSignature, RecordKind.SIGNATURE_SECTION_UNREADABLE)
    registers = tuple(_registers(said.RD))
    return Record(
        format=Format.OCMF,
        curve=_curve(signed.SA),
        registers=registers,
        proofs=(Proof(message=payload.encode(), signature=_octets(signed)),),
        meter=said.MS or said.GS or None,
        page=_page(said.PG),
        faults=tuple(_faults(said.RD)),
    )


def _decoded(text: str, kind: type[Any], otherwise: RecordKind) -> Any:
    try:
        return json.decode(text, kind)
    except json.Unreadable as error:
        raise UnreadableRecord(otherwise, why=str(error)) from error


def _curve(method: str | None) -> str:
    """ECDSA over SHA-256 alone, as the table of signature methods has it."""
    if not method:
        return _CURVE
    parts = method.split("-")
    curve = curve_named(parts[1]) if len(parts) == 3 and parts[0] == "ECDSA" and parts[2] == "SHA256" else None
    if curve is None:
        raise UnreadableRecord(RecordKind.NO_METHOD, said=repr(method[:60]))
    return curve


def _octets(signed: WireSignature) -> bytes:
    try:
        if signed.SE == "base64":
            return base64.b64decode(signed.SD, validate=True)
        return bytes.fromhex(signed.SD)
    except (binascii.Error, ValueError) as error:
        raise UnreadableRecord(RecordKind.SIGNATURE_UNREADABLE) from error


def _page(said: str | None) -> int | None:
    number = (said or "")[1:]
    return int(number) if number.isascii() and number.isdigit() and len(number) < 20 else None


def _registers(readings: tuple[WireReading, ...]) -> Iterator[Register]:
    """Those of the register of the first; others (reactive energy, duration) are not billed."""
    at, unit, kind = None, None, readings[0].RI if readings else None
    clocked, obis = Clocked.UNKNOWN, None
    for reading in readings:
        obis, unit = reading.RI or obis, reading.RU or unit
        if reading.TM is not None:
            at, clocked = _instant(reading.TM)
        if reading.RV is None or obis != kind:
            continue
        yield Register(
            energy=_energy(reading.RV, unit),
            at=at,
            clocked=clocked,
            role=_ROLE.get(reading.TX or ""),
        )


def _energy(value: Decimal, unit: str | None) -> Energy:
    try:
        number = json.sane(value)
    except ValueError as error:
        raise UnreadableRecord(RecordKind.NUMBER_ABSURD) from error
    match unit:
        case "kWh":
            return Energy(number * 1000)
        case "Wh":
            return Energy(number)
    raise UnreadableRecord(RecordKind.NO_UNIT, said=repr(str(unit)[:20]))


def _instant(said: str) -> tuple[datetime, Clocked]:
    """`2018-07-24T13:22:04,000+0200 S`: to the millisecond, with its zone and how far the clock is right."""
    time, _, state = said.partition(" ")
    try:
        at = datetime.fromisoformat(time.replace(",", "."))
    except ValueError as error:
        raise UnreadableRecord(RecordKind.NO_INSTANT, said=repr(said[:40])) from error
    if at.tzinfo is None:
        raise UnreadableRecord(RecordKind.NO_TIME_ZONE, said=repr(said[:40]))
    return at, _CLOCKED.get(state, Clocked.UNKNOWN)


def _faults(readings: tuple[WireReading, ...]) -> Iterator[Note]:
    status = None
    for number, reading in enumerate(readings, 1):
        status = reading.ST or status
        if status in _STATUS:
            yield noted(_STATUS[status], number=number)
        elif status not in (None, "G"):
            yield noted(RecordKind.STATUS_ODD, number=number, status=repr(status[:5]))
        if "E" in (reading.EF or ""):
            yield noted(RecordKind.NOT_FOR_BILLING, number=number)
