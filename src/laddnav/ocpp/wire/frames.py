"""OCPP-J frames: a text becomes a Call, its result or its error, or a refusal that carries the answer it deserves.

Numbers stay exact: a fraction is read as Decimal and written as its own digits.
"""

from __future__ import annotations

import re
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any

import msgspec
from msgspec import Struct

from laddnav.kit import json
from laddnav.kit.refusal import Refusal

MAX_TEXT = 4 * 1024 * 1024  # characters; a StopTransaction with a day of samples each minute, ten values each, fits
MAX_ID = 36  # OCPP-J 1.6 §4.1.4: room for a UUID
NO_ID = "-1"  # what an error answers to when no id can be read (OCPP 2.0.1 part 4 §4.2.3; 1.6 does not say)


class MessageType(IntEnum):
    """The first element of every frame. 5 and 6 came with OCPP 2.1."""

    CALL = 2
    CALL_RESULT = 3
    CALL_ERROR = 4
    CALL_RESULT_ERROR = 5
    SEND = 6


class ErrorCode(StrEnum):
    """Why a Call was not carried out, as OCPP-J 1.6 §4.2.3 spells it; its two slips of the pen stay (errata §5)."""

    NOT_IMPLEMENTED = "NotImplemented"
    NOT_SUPPORTED = "NotSupported"
    INTERNAL_ERROR = "InternalError"
    PROTOCOL_ERROR = "ProtocolError"
    SECURITY_ERROR = "SecurityError"
    FORMATION_VIOLATION = "FormationViolation"
    PROPERTY_CONSTRAINT_VIOLATION = "PropertyConstraintViolation"
    OCCURRENCE_CONSTRAINT_VIOLATION = "OccurenceConstraintViolation"
    TYPE_CONSTRAINT_VIOLATION = "TypeConstraintViolation"
    GENERIC_ERROR = "GenericError"


class Call(Struct, frozen=True):
    """One side asks the other to do something."""

    id: str
    action: str
    payload: dict[str, Any]


class Send(Call, frozen=True):
    """A Call that nobody answers; only OCPP 2.1 has it."""


class CallResult(Struct, frozen=True):
    id: str
    payload: dict[str, Any]


class CallError(Struct, frozen=True):
    """`code` is an ErrorCode where we say it; a station may say anything."""

    id: str
    code: str
    description: str = ""
    details: dict[str, Any] = {}


Frame = Call | CallResult | CallError


class Garbled(Refusal):
    """This text is no frame of OCPP-J; `answer` is what its sender should hear."""

    def __init__(self, what: str, *, id: str = NO_ID) -> None:
        super().__init__(what)
        self.answer = CallError(id, ErrorCode.FORMATION_VIOLATION, what)


class Ignored(Refusal):
    """A message type this protocol version does not have; its payload is ignored (OCPP-J 1.6 §4.1.3)."""

    def __init__(self, type: int) -> None:
        super().__init__(f"message type {type} is not known here")
        self.type = type


def read(text: str) -> Frame:
    """Raises Garbled, Ignored.

    An answer whose payload cannot be read comes back as a CallError, so that whoever asked hears of it.
    """
    if len(text) > MAX_TEXT:
        raise Garbled(f"a frame has at most {MAX_TEXT} characters, this one {len(text)}", id=_id_said(text))
    try:
        parts = _parts.decode(text)
    except (ValueError, RecursionError) as error:
        raise Garbled(f"not a JSON array: {error}"[:200], id=_id_said(text)) from error
    # JSON may carry NUL, PostgreSQL's text may not; no word of OCPP contains it.
    nul = "\\u0000" in text
    if nul and parts[:1] not in _ANSWERS:
        raise Garbled(_NUL, id=_id_said(text))
    if len(parts) < 2 or type(parts[0]) is not int:
        raise Garbled("a frame begins with the number of its message type and an id", id=_id_said(text))
    kind, id, *rest = parts
    if kind not in _READERS:
        raise Ignored(kind)
    if not isinstance(id, str):
        raise Garbled("a message id is a string", id=str(id) if kind == MessageType.CALL and type(id) is int else NO_ID)
    if len(id) > MAX_ID:
        raise Garbled(f"a message id has at most {MAX_ID} characters", id=id if kind == MessageType.CALL else NO_ID)
    return CallError(id, ErrorCode.FORMATION_VIOLATION, _NUL) if nul else _READERS[kind](id, rest)


def write(frame: Frame) -> str:
    match frame:
        case Call():
            parts: list[Any] = [MessageType.CALL, frame.id, frame.action, frame.payload]
        case CallResult():
            parts = [MessageType.CALL_RESULT, frame.id, frame.payload]
        case CallError():
            parts = [MessageType.CALL_ERROR, frame.id, frame.code, frame.description[:255], frame.details]
    return json.encode(parts).decode()


def _fraction(digits: str) -> Decimal:
    return json.sane(Decimal(digits))


_parts = msgspec.json.Decoder(list[Any], float_hook=_fraction)
_NUL = "the character NUL has no place in a frame"
_ANSWERS = ([MessageType.CALL_RESULT], [MessageType.CALL_ERROR])
_SAID = re.compile(r'\s*\[\s*2\s*,\s*"([^"\\]{1,36})"')


def _id_said(text: str) -> str:
    """The id of a call that cannot be read as a whole: its sender still waits for that one."""
    match = _SAID.match(text)
    return match[1] if match else NO_ID


def _call(id: str, rest: list[Any]) -> Call:
    if len(rest) != 2:
        raise Garbled("a call is [2, id, action, payload]", id=id)
    action, payload = rest
    if not isinstance(action, str):
        raise Garbled("an action is named by a string", id=id)
    if payload is None:  # as good as empty (OCPP-J 1.6 §4.2.1)
        payload = {}
    if not isinstance(payload, dict):
        raise Garbled("a payload is an object", id=id)
    return Call(id, action, payload)


def _send(id: str, rest: list[Any]) -> Send:
    call = _call(id, rest)
    return Send(call.id, call.action, call.payload)


def _result(id: str, rest: list[Any]) -> CallResult | CallError:
    match rest:
        case [None]:
            return CallResult(id, {})
        case [dict() as payload]:
            return CallResult(id, payload)
    return CallError(id, ErrorCode.FORMATION_VIOLATION, "the answer is not [3, id, payload]")


def _error(id: str, rest: list[Any]) -> CallError:
    """Stations leave out what they have nothing to say in; a missing code is a GenericError."""
    code, description, details = (*rest, None, None, None)[:3]
    return CallError(
        id,
        code if isinstance(code, str) else ErrorCode.GENERIC_ERROR,
        description if isinstance(description, str) else "",
        details if isinstance(details, dict) else {},
    )


_READERS = {
    MessageType.CALL: _call,
    MessageType.CALL_RESULT: _result,
    MessageType.CALL_ERROR: _error,
    MessageType.SEND: _send,
}
