"""EDL 40: the 320 bytes that such a meter signs, from the XML of Mennekes stations and of EMH eMOC meters."""

from __future__ import annotations

import base64
import binascii
import struct
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from xml.etree.ElementTree import Element, ParseError, fromstring

from laddnav.kit.energy import Energy
from laddnav.metering.signed.model import Clocked, Format, Proof, Record, Register, Role, UnreadableRecord
from laddnav.metering.signed.notes import RecordKind, noted

CURVE = "secp192r1"
SIZE = 320
WATT_HOURS = 30  # as DLMS numbers units
TOTAL = bytes.fromhex("0100011100ff")  # OBIS 1-0:1.17.0*255, the total that is signed
SIGNATURE = 48  # bytes; two more after them are those of the logbook

# Meter, local seconds, status, second index, page, OBIS, unit, scaler, value, logbook, customer, when that one came.
_SIGNED = struct.Struct("<10sIBII6sBbq2s128sI")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SCALER_MAX = 9


def packed(
    *,
    meter: bytes,
    at: int,
    status: int,
    second: int,
    page: int,
    obis: bytes,
    unit: int,
    scaler: int,
    value: int,
    logbook: bytes,
    customer: bytes,
    customer_at: int,
) -> bytes:
    """Raises UnreadableRecord where a field does not fit into its bytes."""
    if len(meter) != 10 or len(customer) > 128:
        raise UnreadableRecord(RecordKind.EDL_NAME_SIZE)
    try:
        fields = (meter, at, status & 0xFF, second, page, obis, unit, scaler, value, logbook, customer, customer_at)
        return _SIGNED.pack(*fields).ljust(SIZE, b"\0")
    except struct.error as error:
        raise UnreadableRecord(RecordKind.EDL_NUMBER, why=str(error)) from error


def register_in(message: bytes, role: Role | None = None) -> Register:
    """Of what `packed` made. The meter's clock is its own: nobody says in which zone it runs."""
    _, at, _, _, _, _, unit, scaler, value, *_ = _SIGNED.unpack_from(message)
    return Register(energy=energy(value, scaler, unit), at=instant(at), clocked=Clocked.INFORMATIVE, role=role)


def page_in(message: bytes) -> int:
    page: int = _SIGNED.unpack_from(message)[4]
    return page


def energy(value: int, scaler: int, unit: int) -> Energy:
    if unit != WATT_HOURS or abs(scaler) > _SCALER_MAX:
        raise UnreadableRecord(RecordKind.NO_ENERGY)
    return Energy(Decimal(value).scaleb(scaler))


def instant(seconds: int) -> datetime:
    """Raises UnreadableRecord."""
    try:
        return _EPOCH + timedelta(seconds=seconds)
    except OverflowError as error:
        raise UnreadableRecord(RecordKind.NO_SUCH_YEAR) from error


def xml(text: str) -> Element:
    """Without a document type, which nobody needs here and an attack would. Raises UnreadableRecord."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise UnreadableRecord(RecordKind.XML_WITH_DOCTYPE)
    try:
        return fromstring(text.strip())
    except (ParseError, ValueError) as error:
        raise UnreadableRecord(RecordKind.XML_UNREADABLE, why=str(error)) from error


def bare(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def said(element: Element, name: str) -> str:
    """The text of this child. Raises UnreadableRecord."""
    found = child(element, name)
    if found is None or not (found.text or "").strip():
        raise UnreadableRecord(RecordKind.FIELD_MISSING, name=name)
    return (found.text or "").strip()


def child(element: Element, name: str) -> Element | None:
    return next((one for one in element if bare(one) == name), None)


# ---- EMH eMOC: the 320 bytes as they are


def read_signed_only(root: Element) -> Record:
    method = said(root, "signatureMethod")
    if method != "ECDSA192SHA256":
        raise UnreadableRecord(RecordKind.NO_METHOD, said=repr(method[:40]))
    message, signature = _base64(root, "encodedMeterValue"), _base64(root, "meterValueSignature")
    if len(message) != SIZE:
        raise UnreadableRecord(RecordKind.EDL_SIZE, many=len(message), size=SIZE)
    return Record(
        format=Format.EDL_40_SIG,
        curve=CURVE,
        registers=(register_in(message),),
        proofs=(Proof(message=message, signature=signature[:SIGNATURE]),),
        meter=message[:10].hex().upper(),
        page=page_in(message),
        key=said(root, "publicKey"),
    )


def _base64(root: Element, name: str) -> bytes:
    try:
        return base64.b64decode(said(root, name), validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnreadableRecord(RecordKind.NO_BASE64, said=name) from error


# ---- Mennekes: the fields that the 320 bytes are made of, of both ends of a charge


def read_mennekes(root: Element) -> Record:
    messages, proofs = [], []
    for name in ("MeasurementStart", "MeasurementEnd"):
        measured = child(root, name)
        if measured is None:
            raise UnreadableRecord(RecordKind.FIELD_MISSING, name=name)
        message, signature = _message(root, measured)
        messages.append(message)
        proofs.append(Proof(message=message, signature=signature[:SIGNATURE]))
    first, last = messages
    return Record(
        format=Format.EDL_40_MENNEKES,
        curve=CURVE,
        registers=(register_of(root, first, Role.BEGIN), register_of(root, last, Role.END)),
        proofs=tuple(proofs),
        meter=said(root, "ServerId").upper(),
        page=page_in(last),
        key=said(root, "PublicKey"),
        faults=() if page_in(first) < page_in(last) else (noted(RecordKind.PAGES_NOT_RISING),),
    )


def register_of(root: Element, message: bytes, role: Role) -> Register:
    """With the zone that the XML has and the signed bytes have not."""
    name = "MeasurementStart" if role is Role.BEGIN else "MeasurementEnd"
    measured = child(root, name)
    assert measured is not None, "its message was made from it"
    register = register_in(message, role)
    return Register(energy=register.energy, at=_instant(measured, "Timestamp"), clocked=register.clocked, role=role)


def _message(root: Element, measured: Element) -> tuple[bytes, bytes]:
    signature = _hex(measured, "Signature")
    event = _number(measured, "EventCounter") & 0xFFFF
    customer_at = measured if child(measured, "TimestampCustomerIdent") is not None else root
    message = packed(
        meter=_hex(root, "ServerId"),
        at=_local(_instant(measured, "Timestamp")),
        status=_number(measured, "MeterStatus"),
        second=_number(measured, "SecondIndex"),
        page=_number(measured, "Pagination"),
        obis=TOTAL,
        unit=WATT_HOURS,
        scaler=_number(measured, "Scaler"),
        value=_number(measured, "Value"),
        logbook=signature[SIGNATURE:] or event.to_bytes(2),
        customer=_hex(root, "CustomerIdent"),
        customer_at=_local(_instant(customer_at, "TimestampCustomerIdent")),
    )
    return message, signature


def _hex(element: Element, name: str) -> bytes:
    try:
        return bytes.fromhex(said(element, name))
    except ValueError as error:
        raise UnreadableRecord(RecordKind.NO_HEXADECIMAL, said=name) from error


def _number(element: Element, name: str) -> int:
    try:
        return int(said(element, name)[:20])
    except ValueError as error:
        raise UnreadableRecord(RecordKind.NO_NUMBER, said=name) from error


def _instant(element: Element, name: str) -> datetime:
    try:
        at = datetime.fromisoformat(said(element, name))
    except ValueError as error:
        raise UnreadableRecord(RecordKind.NO_INSTANT, said=name) from error
    if at.tzinfo is None:
        raise UnreadableRecord(RecordKind.NO_TIME_ZONE, said=name)
    return at


def _local(at: datetime) -> int:
    """Seconds since 1970 as a clock on the wall there would count them."""
    return int(at.replace(tzinfo=UTC).timestamp())
