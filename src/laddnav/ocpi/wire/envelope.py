"""The envelope around every answer, and the four digits that say how it went (OCPI 2.2.1 status_codes_status_codes)."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum
from typing import Any

import msgspec
from msgspec import Struct

from laddnav.kit.json import Unreadable
from laddnav.kit.time import rfc3339
from laddnav.ocpi.wire.codec import encoded, parsed
from laddnav.ocpi.wire.shared.scalars import printable


class StatusCode(IntEnum):
    """Those that we send; a partner may use others of the same thousand."""

    SUCCESS = 1000
    CLIENT_ERROR = 2000
    INVALID_PARAMETERS = 2001
    NOT_ENOUGH_INFORMATION = 2002
    UNKNOWN_LOCATION = 2003
    UNKNOWN_TOKEN = 2004
    SERVER_ERROR = 3000
    CLIENT_UNUSABLE = 3001
    UNSUPPORTED_VERSION = 3002
    ENDPOINTS_MISSING = 3003
    HUB_ERROR = 4000
    UNKNOWN_RECEIVER = 4001
    RECEIVER_TIMED_OUT = 4002
    RECEIVER_NOT_CONNECTED = 4003


class Answer(Struct, frozen=True, kw_only=True):
    """A partner's envelope, opened. `data` is JSON as it came, None where there was none or null."""

    status: int
    message: str | None = None
    data: bytes | None = None

    @property
    def granted(self) -> bool:
        """An unknown code speaks by its first digit (OCPI 2.2.1 status_codes_1xxx_success)."""
        return 1000 <= self.status < 2000


class _WireAnswer(Struct, kw_only=True):
    status_code: int
    status_message: Any = None
    data: msgspec.Raw = msgspec.Raw(b"null")


_answers = msgspec.json.Decoder(_WireAnswer)


def opened(body: bytes) -> Answer:
    """Raises Unreadable where it is no envelope at all; the time stamp is not missed where it is missing."""
    try:
        wire = _answers.decode(body.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Unreadable(f"This is no OCPI answer: {error}") from error
    data = bytes(wire.data)
    message = None if wire.status_message is None else printable(str(wire.status_message))
    return Answer(status=wire.status_code, message=message, data=None if data == b"null" else data)


def members(data: bytes | None) -> list[Any]:
    """The members of a list answer, as parsed words; nothing at all is an empty list, and one object a list of one.

    Raises Unreadable.
    """
    words = [] if data is None else parsed(data)
    if isinstance(words, dict):
        return [words]
    if not isinstance(words, list):
        raise Unreadable("Expected `array` - at `$.data`")
    return words


def single(data: bytes | None) -> bytes:
    """The one object of an answer; some partners pack it into a list. Raises Unreadable."""
    if data is None:
        raise Unreadable("The answer has no `data`")
    if data.lstrip()[:1] != b"[":
        return data
    inside = members(data)
    if len(inside) != 1:
        raise Unreadable(f"Expected one object, got {len(inside)} - at `$.data`")
    return encoded(inside[0])


def sealed(data: bytes | None, at: datetime) -> bytes:
    """A success; `data` is JSON already and passed through untouched."""
    stamp = rfc3339(at).encode()
    if data is None:
        return b'{"status_code":1000,"status_message":"Success","timestamp":"%b"}' % stamp
    # A page is long: like this it is copied once, and not at every plus sign.
    return b'{"data":%b,"status_code":1000,"status_message":"Success","timestamp":"%b"}' % (data, stamp)


def listed(objects: list[bytes]) -> bytes:
    """Objects that are JSON already, as one JSON array."""
    return b"[%b]" % b",".join(objects)


def refused(status: int, message: str, at: datetime, data: bytes | None = None) -> bytes:
    """`data` only where the text asks for some beside an error."""
    words: dict[str, Any] = {"status_code": int(status), "status_message": message, "timestamp": rfc3339(at)}
    if data is not None:
        words["data"] = msgspec.Raw(data)
    return encoded(words)
