"""What an object must look like in each version, read strictly: `shapes.tsv` has its fields, `enums.tsv` its words.

This is a second opinion on purpose: it knows nothing of the codecs that our own server reads and writes with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from msgspec import Struct


class Slip(StrEnum):
    """In which way a value is not what it should be."""

    MISSING = "missing"
    EMPTY = "empty"
    TYPE = "of the wrong type"
    LENGTH = "too long"
    CHARSET = "not printable"
    FORM = "of the wrong form"
    VALUE = "no value of its list"
    NAME = "a name that is not snake_case"


class Field(Struct, frozen=True, kw_only=True):
    """One row of an object's table; `cardinality` as the texts write it: `1`, `?`, `+`, `*`."""

    name: str
    type: str
    cardinality: str
    shows: tuple[str, ...]

    @property
    def required(self) -> bool:
        return self.cardinality in "1+"

    @property
    def several(self) -> bool:
        return self.cardinality in "*+"


class Enum(Struct, frozen=True, kw_only=True):
    """An open one may be extended by anybody."""

    open: bool
    values: frozenset[str]
    shows: tuple[str, ...]


class Vocabulary(Struct, frozen=True, kw_only=True):
    """Everything one version can say."""

    objects: Mapping[str, Mapping[str, Field]]
    enums: Mapping[str, Enum]

    @property
    def shown(self) -> frozenset[str]:
        """Every id that a field or an enum speaks for."""
        fields = (field.shows for object in self.objects.values() for field in object.values())
        return frozenset(id for ids in (*fields, *(enum.shows for enum in self.enums.values())) for id in ids)


class Seen(Struct, frozen=True, kw_only=True):
    """One value that was looked at. `slip` None: it is as it should be."""

    pointer: str
    object: str
    field: Field
    slip: Slip | None = None
    why: str = ""
    value: Any = None


@cache
def vocabulary(version: str) -> Vocabulary:
    objects: dict[str, dict[str, Field]] = {}
    for versions, object, name, type, cardinality, shows in _rows("shapes.tsv"):
        if version in versions.split(","):
            field = Field(name=name, type=type, cardinality=cardinality, shows=tuple(shows.split()))
            objects.setdefault(object, {})[name] = field
    enums = {
        name: Enum(open=open == "open", values=frozenset(values.split()), shows=tuple(shows.split()))
        for versions, name, open, values, shows in _rows("enums.tsv")
        if version in versions.split(",")
    }
    return Vocabulary(objects=objects, enums=enums)


def _rows(name: str) -> Iterator[list[str]]:
    _, *rows = files(__package__).joinpath(name).read_text(encoding="utf-8").splitlines()
    return (row.split("\t") for row in rows)


def inspected(words: Any, type: str, version: str, *, partial: bool = False, pointer: str = "") -> Iterator[Seen]:
    """Every value of an object, each judged. `partial`: the body of a PATCH, which may leave anything out."""
    known = vocabulary(version)
    if type not in known.objects:
        yield from _judged(words, Field(name="", type=type, cardinality="1", shows=()), "", known, pointer)
        return
    if not isinstance(words, dict):
        field = Field(name="", type=type, cardinality="1", shows=())
        yield _wrong(field, type, pointer, Slip.TYPE, f"a {type} is an object", words)
        return
    fields = known.objects[type]
    for name in words:
        if not re.fullmatch(r"[a-z0-9_]+", name):
            stray = Field(name=name, type="", cardinality="?", shows=())
            yield _wrong(stray, type, f"{pointer}/{name}", Slip.NAME, f"{name!r} is not snake_case", name)
    for name, field in fields.items():
        yield from _member(words, field, type, known, f"{pointer}/{name}", version, partial)


def _member(
    words: Mapping[str, Any], field: Field, object: str, known: Vocabulary, at: str, version: str, partial: bool
) -> Iterator[Seen]:
    value = words.get(field.name)
    if value is None:
        if field.required and (not partial or field.name in words):
            yield _wrong(field, object, at, Slip.MISSING, f"{field.name} of a {object} is missing", None)
        return
    if not field.several:
        yield from _value(value, field, object, known, at, version)
        return
    if not isinstance(value, list):
        yield _wrong(field, object, at, Slip.TYPE, f"{field.name} is a list", value)
        return
    if field.required and not value:
        yield _wrong(field, object, at, Slip.EMPTY, f"{field.name} of a {object} has no member", value)
        return
    yield Seen(pointer=at, object=object, field=field)
    for place, one in enumerate(value):
        yield from _value(one, field, object, known, f"{at}/{place}", version)


def _value(value: Any, field: Field, object: str, known: Vocabulary, at: str, version: str) -> Iterator[Seen]:
    if field.type not in known.objects:
        yield from _judged(value, field, object, known, at)
        return
    if isinstance(value, dict):
        yield Seen(pointer=at, object=object, field=field)
    yield from inspected(value, field.type, version, pointer=at)


def _judged(value: Any, field: Field, object: str, known: Vocabulary, at: str) -> Iterator[Seen]:
    enum = known.enums.get(field.type)
    slip = _in_enum(value, enum) if enum is not None else _as_scalar(value, field.type)
    if slip is None:
        yield Seen(pointer=at, object=object, field=field, value=value)
    else:
        yield _wrong(field, object, at, *slip, value)


def _wrong(field: Field, object: str, at: str, slip: Slip, why: str, value: Any) -> Seen:
    return Seen(pointer=at, object=object, field=field, slip=slip, why=why, value=value)


Verdict = tuple[Slip, str] | None


def _in_enum(value: Any, enum: Enum) -> Verdict:
    if not isinstance(value, str):
        return Slip.TYPE, f"{value!r} is no string"
    if not enum.open and value not in enum.values:
        return Slip.VALUE, f"{value[:60]!r} is none of its values"
    return None


_SIZED = re.compile(r"(\w+)(?:\((\d+)\))?")
DATE_TIME = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?Z?"
_FORMS = {
    "DateTime": DATE_TIME,
    "URL": r"[A-Za-z][A-Za-z0-9+.-]*://[^\s]+",
    "alpha2": r"[A-Za-z]{2}",
    "clock": r"([01]\d|2[0-3]):[0-5]\d",
    "country": r"[A-Z]{3}",
    "credential": r"[!-~]+",
    "currency": r"[A-Z]{3}",
    "date": r"[12]\d{3}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])",
    "language": r"[A-Za-z]{2}",
    "latitude": r"-?\d{1,2}\.\d{5,7}",
    "latitude(6)": r"-?\d{1,2}\.\d{6}",
    "longitude": r"-?\d{1,3}\.\d{5,7}",
    "longitude(6)": r"-?\d{1,3}\.\d{6}",
    "timezone": r"[A-Za-z]+(/[A-Za-z0-9_+-]+)*",
}
_LONGEST = {"DateTime": 25, "URL": 255, "credential": 64, "timezone": 255}
PRINTABLE_ASCII = re.compile(r"[ -~]*")


def _as_scalar(value: Any, type: str) -> Verdict:
    match = _SIZED.fullmatch(type)
    assert match is not None, f"{type} is no type of shapes.tsv"
    plain = match[1]
    if plain in ("int", "weekday"):
        return _as_int(value, plain, match[2])
    if plain == "number":
        number = isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)
        return None if number else (Slip.TYPE, f"{value!r} is no JSON number")
    if plain == "boolean":
        return None if isinstance(value, bool) else (Slip.TYPE, f"{value!r} is no boolean")
    if not isinstance(value, str):
        return Slip.TYPE, f"{value!r} is no string"
    return _as_text(value, type, plain, match[2])


def _as_int(value: Any, plain: str, digits: str | None) -> Verdict:
    if isinstance(value, bool) or not isinstance(value, int):
        return Slip.TYPE, f"{value!r} is no JSON integer"
    if plain == "weekday" and not 1 <= value <= 7:
        return Slip.VALUE, f"{value} is no day of a week"
    if digits and len(str(abs(value))) > int(digits):
        return Slip.LENGTH, f"{value} has more than {digits} digits"
    return None


def _as_text(value: str, type: str, plain: str, size: str | None) -> Verdict:
    form = _FORMS.get(type)
    longest = _LONGEST.get(plain) or (int(size) if size and form is None else None)
    if longest is not None and len(value) > longest:
        return Slip.LENGTH, f"{value[:60]!r} has {len(value)} characters, {longest} are allowed"
    if form is not None and not re.fullmatch(form, value):
        return Slip.FORM, f"{value[:60]!r} is no {plain}"
    if plain == "CiString" and not PRINTABLE_ASCII.fullmatch(value):
        return Slip.CHARSET, f"{value[:60]!r} has a character that is no printable ASCII"
    if plain == "string" and not value.isprintable():
        return Slip.CHARSET, f"{value[:60]!r} has a character that cannot be printed"
    return None
