"""Alfen's personalised data set: `AP;type;version;key;data;signature;`, the last three in base32."""

from __future__ import annotations

import base64
import binascii
import struct
from typing import NamedTuple

from laddnav.kit.notes import Note
from laddnav.metering.signed import edl
from laddnav.metering.signed.model import Clocked, Format, Proof, Record, Register, Role, UnreadableRecord
from laddnav.metering.signed.notes import RecordKind, noted

START = "AP;"
_ROLE = {"0": Role.BEGIN, "1": Role.END, "2": Role.BETWEEN}
_SET = struct.Struct("<10s4s2s10sIII6sBbq20sII")
# Bits of the status that forbid billing, and what they say.
_METER_ERROR = 1 << 1 | 1 << 2
_ADAPTER_ERROR = 1 << 16 | 1 << 30 | 1 << 31
_START_MISMATCH = 1 << 26


class Set(NamedTuple):
    """The 82 bytes that the adapter signs."""

    adapter: bytes
    firmware: bytes
    checksum: bytes
    meter: bytes
    status: int
    second: int
    at: int
    obis: bytes
    unit: int
    scaler: int
    value: int
    uid: bytes
    session: int
    page: int


def read(text: str) -> Record:
    """Raises UnreadableRecord."""
    parts = text.strip().removesuffix(";").split(";")
    if len(parts) != 6 or parts[1] not in _ROLE:
        raise UnreadableRecord(RecordKind.ALFEN_PARTS)
    _, kind, _, key, data, signature = parts
    octets = _base32(data)
    if len(octets) != _SET.size:
        raise UnreadableRecord(RecordKind.ALFEN_SIZE, many=len(octets), size=_SET.size)
    said = Set(*_SET.unpack(octets))
    register = Register(
        energy=edl.energy(said.value, said.scaler, said.unit),
        at=edl.instant(said.at),
        clocked=Clocked.INFORMATIVE,
        role=_ROLE[kind],
    )
    return Record(
        format=Format.ALFEN,
        curve=edl.CURVE,
        registers=(register,),
        proofs=(Proof(message=octets, signature=_base32(signature)),),
        meter=said.meter.hex().upper(),
        page=said.page,
        transaction=str(said.session),
        key=key,
        faults=_faults(said.status),
    )


def _faults(status: int) -> tuple[Note, ...]:
    named = (
        (_METER_ERROR, RecordKind.METER_REPORTS_ERROR),
        (_ADAPTER_ERROR, RecordKind.ADAPTER_REPORTS_ERROR),
        (_START_MISMATCH, RecordKind.START_IS_ANOTHER),
    )
    return tuple(noted(kind) for bits, kind in named if status & bits)


def _base32(text: str) -> bytes:
    bare = text.strip().rstrip("=")
    try:
        return base64.b32decode(bare + "=" * (-len(bare) % 8))
    except (binascii.Error, ValueError) as error:
        raise UnreadableRecord(RecordKind.NO_BASE32) from error
