"""The official JSON schemas, read at run time from the `ocpp` distribution and compiled when first needed."""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from jsonschema_rs import ValidationError, Validator, validator_for
from msgspec import Struct

from laddnav.kit import json
from laddnav.kit.refusal import Refusal
from laddnav.ocpp.wire.frames import ErrorCode


class Direction(StrEnum):
    """Which half of a Call: what is asked or what is answered."""

    REQUEST = "Request"
    RESPONSE = "Response"


class Version(StrEnum):
    """A version of OCPP; the value is the folder of its schemas."""

    V1_6 = "v16"
    V2_0_1 = "v201"
    V2_1 = "v21"

    @property
    def asked(self) -> str:
        """How the schema files of requests end; 1.6 names them by the action alone."""
        return "" if self is Version.V1_6 else Direction.REQUEST.value


class UnknownAction(Refusal):
    """This version of OCPP has no such action."""

    def __init__(self, action: str) -> None:
        super().__init__(f"there is no action {action[:50]!r}")
        self.action = action


class Problem(Struct, frozen=True):
    """Where a payload departs from its schema: the code a CallError would carry, the path of the field, and why."""

    code: ErrorCode
    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


# Which error each keyword of JSON Schema is: the table of OCPP-J 1.6 §4.2.3, read for one keyword after the other.
_CODES = {
    "additionalProperties": ErrorCode.FORMATION_VIOLATION,
    "required": ErrorCode.PROTOCOL_ERROR,
    "type": ErrorCode.TYPE_CONSTRAINT_VIOLATION,
    "minItems": ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION,
    "maxItems": ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION,
}


@cache
def sends(version: Version) -> frozenset[str]:
    """What is said in this version without waiting for an answer."""
    names = {file.name.removesuffix(".json") for file in _folder(version).iterdir() if file.name.endswith(".json")}
    if version.asked == "":
        return frozenset()
    return frozenset(name for name in names if not name.endswith((Direction.REQUEST, Direction.RESPONSE)))


@cache
def actions(version: Version) -> frozenset[str]:
    """Every action of this version, in either direction."""
    names = {file.name.removesuffix(".json") for file in _folder(version).iterdir() if file.name.endswith(".json")}
    answered = (name.removesuffix(Direction.RESPONSE) for name in names if name.endswith(Direction.RESPONSE))
    return frozenset(action for action in answered if action + version.asked in names)


def problems(version: Version, action: str, direction: Direction, payload: dict[str, Any]) -> tuple[Problem, ...]:
    """Every departure from the schema, in its order; empty for nearly all payloads. Raises UnknownAction."""
    schema = _schema(version, action, direction)
    try:
        if schema.is_valid(payload):
            return ()
        return tuple(_problem(error) for error in schema.iter_errors(payload))
    except ValueError as error:  # nested deeper than any word of OCPP
        return (Problem(ErrorCode.FORMATION_VIOLATION, "$", str(error)),)


def document(version: Version, action: str, direction: Direction) -> dict[str, Any]:
    """The schema itself. Raises UnknownAction."""
    if action in sends(version) and direction is Direction.REQUEST:
        ending = ""
    elif action in actions(version):
        ending = version.asked if direction is Direction.REQUEST else direction
    else:
        raise UnknownAction(action)
    return json.decode((_folder(version) / f"{action}{ending}.json").read_bytes(), dict[str, Any])


@cache
def _schema(version: Version, action: str, direction: Direction) -> Validator:
    return validator_for(document(version, action, direction), validate_formats=True)


def _folder(version: Version) -> Traversable:
    return files("ocpp") / version / "schemas"


def _problem(error: ValidationError) -> Problem:
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.instance_path)
    code = _CODES.get(error.kind.name, ErrorCode.PROPERTY_CONSTRAINT_VIOLATION)
    return Problem(code, f"${path}", error.message[:200])
