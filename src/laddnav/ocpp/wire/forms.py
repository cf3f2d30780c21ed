"""What a station may be asked in its version, as forms: their fields, read off the official schemas."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from laddnav.kit.refusal import Refusal
from laddnav.kit.time import local, rfc3339
from laddnav.ocpp.wire import schemas
from laddnav.ocpp.wire.dialect import BOTH_WAYS, Dialect
from laddnav.ocpp.wire.schemas import Direction, Problem, Version

# A station has no use for what no table describes (CustomDataType).
_LEFT_OUT = "customData"


class Kind(StrEnum):
    TEXT = "TEXT"
    INTEGER = "INTEGER"
    NUMBER = "NUMBER"
    YES_NO = "YES_NO"
    CHOICE = "CHOICE"
    INSTANT = "INSTANT"
    GROUP = "GROUP"
    LIST = "LIST"


class Field(Struct, frozen=True, kw_only=True):
    """`about` is what the schema says of it. A GROUP has `fields`; a LIST what is in `item`, so and so many times."""

    name: str
    kind: Kind
    required: bool
    about: str = ""
    choices: tuple[str, ...] = ()
    length_max: int | None = None
    fields: tuple[Field, ...] = ()
    item: Field | None = None
    items_min: int = 0
    items_max: int | None = None


class Wrong(StrEnum):
    """Why what was typed is no value of its field."""

    MISSING = "MISSING"
    NO_INTEGER = "NO_INTEGER"
    NO_NUMBER = "NO_NUMBER"
    NO_INSTANT = "NO_INSTANT"


class NoForm(Refusal):
    """Nobody asks a station of this version for that."""

    def __init__(self, action: str) -> None:
        super().__init__(f"A station of this version cannot be asked {action[:50]!r}")
        self.action = action


class Filled(Struct, frozen=True, kw_only=True):
    """What a form says, and at which of its fields it says nothing that can be sent."""

    payload: dict[str, Any]
    wrong: dict[str, Wrong]


def asked_by(dialect: Dialect, action: str) -> Field:
    """The form of a request. Raises NoForm."""
    if action not in askable(dialect):
        raise NoForm(action)
    return form(dialect.version, action)


def askable(dialect: Dialect) -> tuple[str, ...]:
    """The actions of its version that are ours to ask."""
    heard = {action for action in dialect.hears if action != BOTH_WAYS}
    return tuple(sorted(schemas.actions(dialect.version) - heard))


@cache
def form(version: Version, action: str) -> Field:
    schema = schemas.document(version, action, Direction.REQUEST)
    return _field("", schema, schema.get("definitions", {}), required=True)


def _field(name: str, schema: dict[str, Any], defined: dict[str, Any], *, required: bool) -> Field:
    about = str(schema.get("description", ""))
    while "$ref" in schema:
        schema = defined[schema["$ref"].rsplit("/", 1)[-1]]
    about = _plain(about or str(schema.get("description", "")))
    match schema.get("type"):
        case "object":
            needed = schema.get("required", ())
            fields = tuple(
                _field(each, of, defined, required=each in needed)
                for each, of in schema.get("properties", {}).items()
                if each != _LEFT_OUT
            )
            # What has to be said comes first.
            fields = tuple(sorted(fields, key=lambda one: not one.required))
            return Field(name=name, kind=Kind.GROUP, required=required, about=about, fields=fields)
        case "array":
            return Field(
                name=name,
                kind=Kind.LIST,
                required=required,
                about=about,
                item=_field("", schema["items"], defined, required=True),
                items_min=max(1, schema.get("minItems", 0)) if required else 0,
                items_max=schema.get("maxItems"),
            )
        case "boolean":
            return Field(name=name, kind=Kind.YES_NO, required=required, about=about)
        case "integer":
            return Field(name=name, kind=Kind.INTEGER, required=required, about=about)
        case "number":
            return Field(name=name, kind=Kind.NUMBER, required=required, about=about)
    if "enum" in schema:
        return Field(name=name, kind=Kind.CHOICE, required=required, about=about, choices=tuple(schema["enum"]))
    if schema.get("format") == "date-time":
        return Field(name=name, kind=Kind.INSTANT, required=required, about=about)
    return Field(name=name, kind=Kind.TEXT, required=required, about=about, length_max=schema.get("maxLength"))


# Names of the model that the schemas were made from, and marks of their text.
_MARKS = re.compile(r"urn:x-\S+|\*\(2\.1\)\*|\*")
_ABOUT_MAX = 200  # characters


def _plain(text: str) -> str:
    """Its first sentences."""
    words = " ".join(_MARKS.sub("", text).split())
    whole = words[: words.rfind(". ", 0, _ABOUT_MAX) + 1] or words[:_ABOUT_MAX]
    return words if len(words) <= _ABOUT_MAX else whole


# What a form says -----------------------------------------------------------------------------------------------------

_NOTHING = object()


def open_name(path: str) -> str:
    """The field of a form that says that a GROUP which may be left out is not."""
    return f"+{path}"


def count_name(path: str) -> str:
    """The field of a form that says how many items a LIST has."""
    return f"#{path}"


def is_open(field: Field, path: str, said: Mapping[str, str]) -> bool:
    return field.required or said.get(open_name(path)) == "1"


def count(field: Field, path: str, said: Mapping[str, str]) -> int:
    text = said.get(count_name(path), "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else field.items_min


def says(path: str, said: Mapping[str, str]) -> bool:
    """Whether something is typed there, or anywhere below."""
    names = (name.lstrip("+#") for name, value in said.items() if value not in ("", "0"))
    return any(name == path or name.startswith(f"{path}.") for name in names)


def below(path: str, name: str | int) -> str:
    return f"{path}.{name}" if path else str(name)


def filled(form: Field, said: Mapping[str, str], zone: str) -> Filled:
    """`said` has a text for each field by its path; instants are those that clocks in `zone` show."""
    wrong: dict[str, Wrong] = {}
    payload = _value(form, "", said, zone, wrong)
    assert isinstance(payload, dict), "a request is an object"
    return Filled(payload=payload, wrong=wrong)


def _value(field: Field, path: str, said: Mapping[str, str], zone: str, wrong: dict[str, Wrong]) -> Any:
    if field.kind is Kind.GROUP:
        if not is_open(field, path, said):
            return _NOTHING
        values = ((one.name, _value(one, below(path, one.name), said, zone, wrong)) for one in field.fields)
        return {name: value for name, value in values if value is not _NOTHING}
    if field.kind is Kind.LIST:
        assert field.item is not None, "a list has items"
        items = [
            _value(field.item, below(path, number), said, zone, wrong) for number in range(count(field, path, said))
        ]
        return [one for one in items if one is not _NOTHING] if items else _NOTHING
    text = said.get(path, "").strip()
    if text == "":
        if field.required:
            wrong[path] = Wrong.MISSING
        return _NOTHING
    value = _read(field.kind, text, zone)
    if isinstance(value, Wrong):
        wrong[path] = value
        return _NOTHING
    return value


def _read(kind: Kind, text: str, zone: str) -> Any:
    match kind:
        case Kind.INTEGER:
            return int(text) if re.fullmatch(r"[+-]?[0-9]{1,18}", text) else Wrong.NO_INTEGER
        case Kind.NUMBER:
            return _number(text)
        case Kind.YES_NO:
            return text == "true"
        case Kind.INSTANT:
            try:
                return rfc3339(local(datetime.fromisoformat(text), zone))
            except (ValueError, OverflowError):
                return Wrong.NO_INSTANT
    return text


def _number(text: str) -> Decimal | Wrong:
    """With a comma or a point."""
    try:
        value = Decimal(text.replace(",", "."))
    except InvalidOperation:
        return Wrong.NO_NUMBER
    return value if value.is_finite() else Wrong.NO_NUMBER


def spelt(field: Field, value: Any, zone: str, path: str = "") -> Iterator[tuple[str, str]]:
    """What was sent, as a form has it."""
    if field.kind is Kind.GROUP:
        yield open_name(path), "1"
        for one in field.fields:
            if one.name in value:
                yield from spelt(one, value[one.name], zone, below(path, one.name))
    elif field.kind is Kind.LIST:
        assert field.item is not None, "a list has items"
        yield count_name(path), str(len(value))
        for number, one in enumerate(value):
            yield from spelt(field.item, one, zone, below(path, number))
    elif field.kind is Kind.INSTANT:
        yield path, shown(value, zone)
    elif field.kind is Kind.YES_NO:
        yield path, "true" if value else "false"
    else:
        yield path, str(value)


def turned(form: Field, said: Mapping[str, str], path: str, by: int) -> dict[str, str]:
    """With one item more or less in the list at this path, or with the group there, or without."""
    field, changed = _at(form, path), dict(said)
    if field is not None and field.kind is Kind.GROUP:
        changed[open_name(path)] = "1" if by > 0 else ""
    elif field is not None and field.kind is Kind.LIST:
        changed[count_name(path)] = str(max(field.items_min, count(field, path, said) + by))
    return changed


def _at(form: Field, path: str) -> Field | None:
    found: Field | None = form
    for step in path.split("."):
        if found is None:
            return None
        if found.kind is Kind.LIST:
            found = found.item
        else:
            found = next((one for one in found.fields if one.name == step), None)
    return found


def shown(instant: str, zone: str) -> str:
    """An instant of a message as a form has it: what clocks in `zone` show."""
    return datetime.fromisoformat(instant).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M:%S")


def label(name: str) -> str:
    """A field's name as people read it: `chargingRateUnit`, `Charging rate unit`."""
    first, *rest = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", " ", name).split()
    return " ".join((first[:1].upper() + first[1:], *(word if word.isupper() else word.lower() for word in rest)))


_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")


def field_of(problem: Problem) -> str:
    """At which field of its form a departure from the schema stands; "" is the whole of it."""
    return ".".join(name or number for name, number in _STEP.findall(problem.path))
