"""What carries signed records: OCPP's SignedMeterValueType, OCPI's SignedData, the XML of the transparency software."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from msgspec import Struct

from laddnav.kit import json
from laddnav.metering.signed import edl
from laddnav.metering.signed.keys import key_of
from laddnav.metering.signed.model import UnfitKey, UnreadableRecord
from laddnav.metering.signed.notes import RecordKind
from laddnav.metering.signed.reading import read

_NATURES = {"start": 0, "end": 2, "stop": 2}  # OCPI's words, and in which order they belong


class Sent(Struct, frozen=True, kw_only=True):
    """A record as it was sent, and the key that was sent beside it: a claim until somebody registers it."""

    text: str
    key: str | None = None


class WireSignedMeterValue(Struct, frozen=True):
    """OCPP 2.0.1 part 2 SignedMeterValueType; of OCPP 1.6 the value of a sample (Signed Meter Values in OCPP 1.0)."""

    signedMeterData: str
    encodingMethod: str = ""
    signingMethod: str = ""
    publicKey: str = ""


class WireSignedValue(Struct, frozen=True):
    signed_data: str
    nature: str = ""


class WireSignedData(Struct, frozen=True):
    signed_values: tuple[WireSignedValue, ...]
    public_key: str | None = None


class WirePair(Struct, frozen=True):
    """A record, or the first and the last of a charge, with its key."""

    signed: str | None = None
    begin: str | None = None
    end: str | None = None
    public_key: str | None = None


def sent(said: str) -> Sent:
    """What a Station sent as a signed value: the record itself, or OCPP's object around it. Raises UnreadableRecord."""
    if not said.lstrip().startswith("{"):
        return Sent(text=said)
    wire = _read(said, WireSignedMeterValue)
    return Sent(text=wire.signedMeterData, key=wire.publicKey or None)


def of_ocpi(signed: WireSignedData) -> tuple[Sent, ...]:
    """In the order of the charge, whatever order they came in."""
    values = sorted(signed.signed_values, key=lambda one: _NATURES.get(one.nature.casefold(), 1))
    return tuple(Sent(text=one.signed_data, key=signed.public_key or None) for one in values)


def in_file(text: str) -> tuple[Sent, ...]:
    """Whatever of these somebody has as a file. Raises UnreadableRecord."""
    said = text.strip().lstrip("\ufeff")
    if said.startswith("{"):
        return _in_json(said)
    if said.startswith("<"):
        root = edl.xml(said)
        if edl.bare(root) == "values":
            return _in_values(root)
    return (Sent(text=said),)


def _in_json(said: str) -> tuple[Sent, ...]:
    fields: dict[str, Any] = _read(said, dict[str, Any])
    for around in ("data", "signed_data"):  # OCPI's envelope, and the CDR in it
        inner = fields.get(around)
        fields = inner if isinstance(inner, dict) else fields
    document = json.encode(fields).decode()
    if "signed_values" in fields:
        return of_ocpi(_read(document, WireSignedData))
    if "signedMeterData" in fields:
        return (sent(document),)
    pair = _read(document, WirePair)
    texts = [one for one in (pair.signed, pair.begin, pair.end) if one is not None]
    if not texts:
        raise UnreadableRecord(RecordKind.JSON_WITHOUT_RECORD)
    return tuple(Sent(text=one, key=pair.public_key or None) for one in texts)


def _read(text: str, kind: type[Any]) -> Any:
    try:
        return json.decode(text, kind)
    except json.Unreadable as error:
        raise UnreadableRecord(RecordKind.JSON_UNREADABLE, why=str(error)) from error


# ---- The XML of S.A.F.E. Transparenzsoftware: <values><value><signedData/><publicKey/></value></values>


def _in_values(root: Element) -> tuple[Sent, ...]:
    found = [_in_value(one) for one in root if edl.bare(one) == "value"]
    if not found:
        raise UnreadableRecord(RecordKind.XML_WITHOUT_VALUE)
    return tuple(found)


def _in_value(value: Element) -> Sent:
    signed = edl.child(value, "signedData")
    if signed is None:
        raise UnreadableRecord(RecordKind.XML_WITHOUT_SIGNED_DATA)
    # Records that are XML themselves are written as text, or as elements inside.
    text = tostring(signed[0], encoding="unicode") if len(signed) else signed.text or ""
    key = edl.child(value, "publicKey")
    return Sent(text=text.strip(), key=None if key is None or not key.text else key.text.strip())


def as_values(records: tuple[Sent, ...], transaction: str) -> bytes:
    """What that software opens. Which format a record has it is told; what cannot be read it finds out by itself."""
    root = Element("values")
    for place, one in enumerate(records):
        context = "Transaction.Begin" if place == 0 and len(records) > 1 else "Transaction.End"
        value = SubElement(root, "value", transactionId=transaction, context=context)
        signed = SubElement(value, "signedData", encoding="plain")
        signed.text = one.text
        try:
            signed.set("format", read(one.text).format.value)
        except UnreadableRecord:
            pass
        if one.key:
            SubElement(value, "publicKey", encoding="plain").text = _printed(one.key)
    # Whoever reads XML takes a carriage return for the end of a line, and what was signed would be another text.
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root).replace(b"\r", b"&#13;")


def _printed(key: str) -> str:
    """Without what OCPP wraps around it, which that software does not know."""
    try:
        found = key_of(key)
    except UnfitKey:
        return key
    return found.printed
