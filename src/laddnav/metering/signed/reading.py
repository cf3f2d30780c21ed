"""Which format a record has, however it is wrapped, and the record in it."""

from __future__ import annotations

import base64
import binascii
import html
import re

from laddnav.metering.signed import alfen, edl, ocmf, pcdf, sml
from laddnav.metering.signed.model import Record, UnreadableRecord
from laddnav.metering.signed.notes import RecordKind

LONGEST = 65_536  # characters; OCPP 2.1 allows 32,768 and the hexadecimal of a record is twice its bytes
NAME_MAX = 64  # characters
SANE_YEARS = (1970, 2200)  # a clock that was never set begins at 1970
_WRAPPED_MAX = 3  # a record in hexadecimal in base64 is seen; more than that is nobody's


def read(text: str) -> Record:
    """Raises UnreadableRecord, whatever is in it."""
    record = _read(text)
    for name in (record.meter, record.transaction):
        if name is not None and not (name.isprintable() and len(name) <= NAME_MAX):
            raise UnreadableRecord(RecordKind.NAME_UNFIT)
    if any(one.at is not None and not SANE_YEARS[0] <= one.at.year <= SANE_YEARS[1] for one in record.registers):
        raise UnreadableRecord(RecordKind.NO_SUCH_YEAR)
    return record


def _read(text: str) -> Record:
    if len(text) > LONGEST:
        raise UnreadableRecord(RecordKind.TOO_LONG_TO_READ)
    if not _is_text(text):
        raise UnreadableRecord(RecordKind.HALF_A_CHARACTER)
    for _ in range(_WRAPPED_MAX):
        found = _as_it_stands(text)
        if found is not None:
            return found
        octets = _unwrapped(text)
        if octets.startswith(sml.START):
            return sml.read(octets)
        try:
            text = octets.decode()
        except UnicodeDecodeError:
            break
    raise UnreadableRecord(RecordKind.NO_FORMAT)


def _is_text(text: str) -> bool:
    """Not with a lone surrogate, which no bytes stand for."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def plain(text: str) -> str:
    """Without what is wrapped around it: its text, or the hexadecimal of what is no text."""
    octets = text.encode()
    for _ in range(_WRAPPED_MAX):
        try:
            octets = _unwrapped(octets.decode())
        except (UnreadableRecord, UnicodeDecodeError):
            break
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.hex().upper()


def as_base64(text: str) -> str:
    """As OCPI wants it, whatever it is wrapped in."""
    said = plain(text)
    try:
        octets = bytes.fromhex(said)
    except ValueError:
        octets = said.encode()
    return base64.b64encode(octets).decode()


def _as_it_stands(text: str) -> Record | None:
    said = text.strip().lstrip("\ufeff\x02")
    if said.startswith(ocmf.START):
        return ocmf.read(said)
    if said.startswith(alfen.START):
        return alfen.read(said)
    if said.startswith(pcdf.START):
        return pcdf.read(said)
    if said.startswith(("<", "&lt;")):
        return _in_xml(said)
    return None


def _in_xml(text: str) -> Record:
    root = edl.xml(html.unescape(text) if text.startswith("&lt;") else text)
    match edl.bare(root):
        case "signedMeterValue":
            return edl.read_signed_only(root)
        case "ChargingProcess":
            return edl.read_mennekes(root)
    raise UnreadableRecord(RecordKind.XML_OF_ANOTHER_KIND, name=edl.bare(root)[:40])


def _unwrapped(text: str) -> bytes:
    bare = re.sub(r"\s", "", text)
    try:
        return bytes.fromhex(bare)
    except ValueError:
        pass
    try:
        return base64.b64decode(bare, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnreadableRecord(RecordKind.NO_FORMAT) from error
