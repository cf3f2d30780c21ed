"""SML, the Smart Message Language of electricity meters (BSI TR-03109-1 Anlage IV): EDL 40 and its variant of ISA."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from laddnav.metering.signed import edl
from laddnav.metering.signed.model import Clocked, Format, Proof, Record, Register, Role, UnreadableRecord
from laddnav.metering.signed.notes import RecordKind

ESCAPE = b"\x1b\x1b\x1b\x1b"
START = ESCAPE + b"\x01\x01\x01\x01"
_LIST_RESPONSE = 0x0701
_DEPTH_MAX = 12

_CUSTOMER = bytes.fromhex("8182815401ff")
_TOTAL = edl.TOTAL
_PAGE = bytes.fromhex("8180817101ff")
_SECOND = bytes.fromhex("810060080001")
_ISA_TOTAL = bytes.fromhex("0100010800ff")
_ISA_FIRST = bytes.fromhex("010001080080")  # as it was when the charge began
_ISA_PAGE = bytes.fromhex("8180c7f040ff")
_ISA_STATION = bytes.fromhex("8180816101ff")
_ISA_SIGNATURE = 66  # octets: that of the reading before, and the state of the logbook
# The name of an ISA list says what of the charge it is about.
_ISA_ROLE = {bytes.fromhex("8180816201ff"): Role.BETWEEN, bytes.fromhex("8180816202ff"): Role.END}

Value = bytes | int | bool | list["Value"] | None


class Entry(NamedTuple):
    """SML_ListEntry: one register of the list."""

    name: Value
    status: Value
    time: Value
    unit: Value
    scaler: Value
    value: Value
    signature: Value


def read(octets: bytes) -> Record:
    """Raises UnreadableRecord."""
    _, server, name, _, values, signature, _ = _list_response(octets)
    if not (isinstance(server, bytes) and isinstance(signature, bytes) and isinstance(values, list)):
        raise UnreadableRecord(RecordKind.SML_LIST_SHORT)
    entries = {}
    for one in values:
        if not isinstance(one, list) or len(one) != 7 or not isinstance(one[0], bytes):
            raise UnreadableRecord(RecordKind.SML_ENTRY_ODD)
        entries[one[0]] = Entry(*one)
    if _ISA_FIRST in entries:
        return _isa(server, name if isinstance(name, bytes) else b"", entries, signature)
    return _edl(server, entries, signature)


def _edl(server: bytes, entries: dict[bytes, Entry], signature: bytes) -> Record:
    total, customer = _entry(entries, _TOTAL), _entry(entries, _CUSTOMER)
    at, offset = _time(total.time)
    customer_at, its_offset = _time(customer.time)
    message = edl.packed(
        meter=server,
        at=at + offset,
        status=_int(total.status),
        second=_seconds(_entry(entries, _SECOND).value),
        page=_int(_entry(entries, _PAGE).value),
        obis=_TOTAL,
        unit=_int(total.unit),
        scaler=_int(total.scaler),
        value=_int(total.value),
        logbook=signature[-2:],
        customer=_bytes(customer.value),
        customer_at=customer_at + its_offset,
    )
    register = Register(
        energy=edl.energy(_int(total.value), _int(total.scaler), _int(total.unit)),
        at=edl.instant(at),
        clocked=Clocked.INFORMATIVE,
    )
    return Record(
        format=Format.EDL_40_P,
        curve=edl.CURVE,
        registers=(register,),
        proofs=(Proof(message=message, signature=signature[: edl.SIGNATURE]),),
        meter=server.hex().upper(),
        page=edl.page_in(message),
    )


def _isa(server: bytes, name: bytes, entries: dict[bytes, Entry], signature: bytes) -> Record:
    """Both ends of a charge in one list, each with its own status, signed together on secp256r1."""
    first, total = _entry(entries, _ISA_FIRST), _entry(entries, _ISA_TOTAL)
    page, customer = _int(_entry(entries, _ISA_PAGE).value), _bytes(_entry(entries, _CUSTOMER).value)
    station = _bytes(_entry(entries, _ISA_STATION).value)
    message = b"".join(
        (
            _field(server, 10),
            _little(_time(total.time)[0], 4),
            _little(_int(total.status) & 0xFF, 1),
            _ISA_TOTAL,
            _little(_int(total.unit), 1),
            _little(_int(total.scaler), 1),
            _little(_int(total.value), 8),
            signature[-2:],
            _whole(_bytes(total.signature), _ISA_SIGNATURE),
            _field(customer, 128),
            _little(_time(first.time)[0], 4),
            _field(station, 20),
            _little(_int(first.status) & 0xFF, 1),
            _ISA_FIRST,
            _little(_int(first.unit), 1),
            _little(_int(first.scaler), 1),
            _little(_int(first.value), 8),
            _whole(name, 6),
            _little(page, 4),
        )
    ).ljust(edl.SIZE, b"\0")
    return Record(
        format=Format.ISA_EDL_40_P,
        curve="secp256r1",
        registers=(_isa_register(first, Role.BEGIN), _isa_register(total, _ISA_ROLE.get(name, Role.END))),
        proofs=(Proof(message=message, signature=signature[:-2]),),
        meter=server.hex().upper(),
        page=page,
    )


def _field(value: bytes, size: int) -> bytes:
    """In its place, for what is signed must be readable in one way only. Raises UnreadableRecord."""
    if len(value) > size:
        raise UnreadableRecord(RecordKind.ISA_FIELD_TOO_LONG)
    return value.ljust(size, b"\0")


def _whole(value: bytes, size: int) -> bytes:
    """Raises UnreadableRecord."""
    if len(value) != size:
        raise UnreadableRecord(RecordKind.ISA_FIELD_SIZE, many=len(value), size=size)
    return value


def _isa_register(entry: Entry, role: Role) -> Register:
    at: datetime = edl.instant(_time(entry.time)[0])
    value = edl.energy(_int(entry.value), _int(entry.scaler), _int(entry.unit))
    return Register(energy=value, at=at, clocked=Clocked.INFORMATIVE, role=role)


def _little(number: int, size: int) -> bytes:
    try:
        return number.to_bytes(size, "little", signed=number < 0)
    except OverflowError as error:
        raise UnreadableRecord(RecordKind.ISA_NUMBER) from error


def _entry(entries: dict[bytes, Entry], name: bytes) -> Entry:
    if name not in entries:
        raise UnreadableRecord(RecordKind.SML_NO_ENTRY, name=name.hex(" ").upper())
    return entries[name]


def _int(value: Value) -> int:
    if isinstance(value, int):
        return value
    raise UnreadableRecord(RecordKind.SML_NO_NUMBER)


def _bytes(value: Value) -> bytes:
    if isinstance(value, bytes):
        return value
    raise UnreadableRecord(RecordKind.SML_NO_TEXT)


def _time(value: Value) -> tuple[int, int]:
    """(seconds since 1970, seconds that local time is ahead of that)."""
    match value:
        case [int(), int(seconds)]:
            return seconds, 0
        case [int(), [int(seconds), int(offset), int(season)]]:
            return seconds, (offset + season) * 60
    raise UnreadableRecord(RecordKind.SML_NO_TIME)


def _seconds(value: Value) -> int:
    """SML_ListType holds an SML_Time, which holds the meter's own count of seconds."""
    match value:
        case [int(), [int(), int(seconds)]]:
            return seconds
    raise UnreadableRecord(RecordKind.SML_NO_SECONDS)


# ---- The language


def _list_response(octets: bytes) -> list[Value]:
    """SML_GetList.Res, the one message of the file that holds values."""
    end = octets.rfind(ESCAPE + b"\x1a")
    if not octets.startswith(START) or end < len(START):
        raise UnreadableRecord(RecordKind.SML_ENDS)
    body = octets[len(START) : end].replace(ESCAPE + ESCAPE, ESCAPE)
    place = 0
    while place < len(body):
        if body[place] == 0:  # what fills up the last word
            place += 1
            continue
        message, place = _value(body, place)
        match message:
            case [_, _, _, [int(kind), list(response)], *_] if kind == _LIST_RESPONSE and len(response) == 7:
                return response
    raise UnreadableRecord(RecordKind.SML_NO_LIST)


def _value(octets: bytes, place: int, depth: int = 0) -> tuple[Value, int]:
    """One value and where the next begins: a byte or more of kind and length, then as many."""
    try:
        head = octets[place]
        kind, length, place, heads = head & 0x70, head & 0x0F, place + 1, 1
        while head & 0x80:
            head = octets[place]
            length, place, heads = length << 4 | head & 0x0F, place + 1, heads + 1
    except IndexError as error:
        raise UnreadableRecord(RecordKind.SML_BREAKS_OFF) from error
    if depth > _DEPTH_MAX or heads > 4:
        raise UnreadableRecord(RecordKind.SML_TOO_DEEP)
    if kind == 0x70:
        items: list[Value] = []
        for _ in range(length):
            item, place = _value(octets, place, depth + 1)
            items.append(item)
        return items, place
    end = place + max(length - heads, 0)
    body = octets[place:end]
    if end > len(octets):
        raise UnreadableRecord(RecordKind.SML_BREAKS_OFF)
    match kind:
        case 0x00:
            return (body if body else None), end
        case 0x40:
            return body != b"\0", end
        case 0x50 | 0x60:
            return int.from_bytes(body, signed=kind == 0x50), end
    raise UnreadableRecord(RecordKind.SML_ODD_KIND, said=f"{kind:#04x}")
