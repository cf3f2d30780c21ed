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
from laddnav.metering.signed.keys import curve_named
from laddnav.metering.signed.model import Clocked, Format, Proof, Record, Register, Role, UnreadableRecord

START = "OCMF|"
_CURVE = "secp256r1"  # of a record that does not say
_ROLE = {"B": Role.BEGIN, "C": Role.BETWEEN, "X": Role.BETWEEN, "S": Role.BETWEEN, "T": Role.BETWEEN} | dict.fromkeys(
    ("E", "L", "R", "A", "P"), Role.END
)
_CLOCKED = {"S": Clocked.SYNCHRONISED, "R": Clocked.RELATIVE, "I": Clocked.INFORMATIVE}
_STATUS = {
    "N": "the meter was not there",
    "T": "the meter did not answer in time",
    "D": "the meter was disconnected",
    "R": "the meter was not found",
    "M": "the meter was tampered with",
    "X": "the meter was exchanged",
    "I": "the meter is incompatible",
    "O": "the value is out of range",
    "S": "the value is a substitute",
    "E": "the meter is in error",
    "F": "the meter could not be read",
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
        raise UnreadableRecord("The record has no signature section")
    said = _decoded(payload, WirePayload, "payload")
    signed = _decoded(signature, WireSignature, "signature section")
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


def _decoded(text: str, kind: type[Any], what: str) -> Any:
    try:
        return json.decode(text, kind)
    except json.Unreadable as error:
        raise UnreadableRecord(f"The {what} cannot be read: {error}") from error


def _curve(method: str | None) -> str:
    """ECDSA over SHA-256 alone, as the table of signature methods has it."""
    if not method:
        return _CURVE
    parts = method.split("-")
    curve = curve_named(parts[1]) if len(parts) == 3 and parts[0] == "ECDSA" and parts[2] == "SHA256" else None
    if curve is None:
        raise UnreadableRecord(f"{method[:60]!r} is no signature method that can be verified")
    return curve


def _octets(signed: WireSignature) -> bytes:
    try:
        if signed.SE == "base64":
            return base64.b64decode(signed.SD, validate=True)
        return bytes.fromhex(signed.SD)
    except (binascii.Error, ValueError) as error:
        raise UnreadableRecord("The signature cannot be read") from error


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
        raise UnreadableRecord(str(error)) from error
    match unit:
        case "kWh":
            return Energy(number * 1000)
        case "Wh":
            return Energy(number)
    raise UnreadableRecord(f"{str(unit)[:20]!r} is no unit of energy")


def _instant(said: str) -> tuple[datetime, Clocked]:
    """`2018-07-24T13:22:04,000+0200 S`: to the millisecond, with its zone and how far the clock is right."""
    time, _, state = said.partition(" ")
    try:
        at = datetime.fromisoformat(time.replace(",", "."))
    except ValueError as error:
        raise UnreadableRecord(f"{said[:40]!r} is no instant") from error
    if at.tzinfo is None:
        raise UnreadableRecord(f"{said[:40]!r} has no time zone")
    return at, _CLOCKED.get(state, Clocked.UNKNOWN)


def _faults(readings: tuple[WireReading, ...]) -> Iterator[str]:
    status = None
    for number, reading in enumerate(readings, 1):
        status = reading.ST or status
        if status not in (None, "G"):
            yield f"Reading {number}: {_STATUS.get(status, f'status {status[:5]!r}')}"
        if "E" in (reading.EF or ""):
            yield f"Reading {number}: its energy may not be billed, says the meter"
