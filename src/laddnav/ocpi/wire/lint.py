"""What is wrong with a Tariff as it is written: first the words, then what they mean (`pricing/lint/rules.py`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import islice
from typing import Any

from msgspec import Struct

from laddnav.kit.json import Unreadable
from laddnav.ocpi.wire import terms
from laddnav.ocpi.wire.codec import parsed
from laddnav.pricing.lint.findings import MOST_FINDINGS, Code, Fact, Finding, Found, Severity, told
from laddnav.pricing.lint.rules import gravest_first, linted
from laddnav.tariffs.model import TariffDimension, TariffType, Weekday


def findings(body: bytes, version: str | None = None, language: str = "en") -> tuple[Finding, ...]:
    """Of one Tariff as JSON, the gravest first. Without `version` its words say which it is. Raises Unreadable."""
    words = parsed(body)
    version = version or terms.version_of(words)
    in_words = linted_words(words, version, language)
    try:
        tariff = terms.read_tariff(body, version)
    except Unreadable as unreadable:
        if any(one.severity is Severity.ERROR for one in in_words):
            return in_words
        found = Found(code=Code.UNREADABLE, pointer="", facts={"said": str(unreadable)})
        return (told(found, language), *in_words)
    return gravest_first((*in_words, *linted(tariff, language)))


def linted_words(words: Any, version: str, language: str = "en") -> tuple[Finding, ...]:
    """What only the JSON shows, once it is parsed. Raises Unreadable for a version that nobody knows."""
    if version not in SHAPES:
        raise Unreadable(f"OCPI {version!r:.20} is not known; {', '.join(SHAPES)} are")
    found = islice(_Walk(version).part(SHAPES[version], words, "", "the tariff"), MOST_FINDINGS)
    return gravest_first(tuple(told(one, language) for one in found))


# How OCPI writes a Tariff ---------------------------------------------------------------------------------------------


class Text(Struct, frozen=True):
    """At most so many characters; `example` where it has a form, which `form` matches."""

    most: int = 255
    form: str = ""
    example: str = ""


class Number(Struct, frozen=True):
    whole: bool = False


class Truth(Struct, frozen=True):
    pass


class OneOf(Struct, frozen=True):
    values: tuple[str, ...]


class ListOf(Struct, frozen=True):
    item: Any
    needed: bool = False


class Part(Struct, frozen=True):
    """An object: what kind each field is of, and those that must be there. `open` where any other field may be too."""

    fields: Mapping[str, Any]
    required: tuple[str, ...] = ()
    open: bool = False


CLOCK = Text(form=r"([01]\d|2[0-3]):[0-5]\d", example="HH:MM, 00:00–23:59")
DAY = Text(form=r"\d{4}-\d\d-\d\d", example="YYYY-MM-DD")
INSTANT = Text(form=r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?", example="YYYY-MM-DDThh:mm:ssZ")
CURRENCY = Text(most=3, form=r"[A-Z]{3}", example="EUR, SEK, …")

_COMPONENT = {"type": OneOf(tuple(TariffDimension)), "price": Number(), "step_size": Number(whole=True)}
_RESTRICTIONS = {
    **dict.fromkeys(("start_time", "end_time"), CLOCK),
    **dict.fromkeys(("start_date", "end_date"), DAY),
    **dict.fromkeys(("min_kwh", "max_kwh", "min_power", "max_power"), Number()),
    **dict.fromkeys(("min_duration", "max_duration"), Number(whole=True)),
    "day_of_week": ListOf(OneOf(tuple(Weekday))),
}
_TARIFF = {
    "id": Text(most=36),
    "currency": CURRENCY,
    "tariff_alt_text": ListOf(Part({"language": Text(most=2), "text": Text(most=512)}, ("language", "text"))),
    "tariff_alt_url": Text(),
    "energy_mix": Part({"is_green_energy": Truth()}, ("is_green_energy",), open=True),
    "last_updated": INSTANT,
}
_OWNED = {"country_code": Text(most=2), "party_id": Text(most=3)}
_REQUIRED = ("id", "currency", "elements", "last_updated")


def _elements(component: Mapping[str, Any], restrictions: Mapping[str, Any]) -> ListOf:
    components = ListOf(Part(component, ("type", "price", "step_size")), needed=True)
    element = Part({"price_components": components, "restrictions": Part(restrictions)}, ("price_components",))
    return ListOf(element, needed=True)


def _limits(before: str, after: str) -> dict[str, Any]:
    limit = Part({before: Number(), after: Number()}, (before,))
    return {"min_price": limit, "max_price": limit}


_SINCE_2_2_1 = {
    **_TARIFF,
    **_OWNED,
    "type": OneOf(tuple(TariffType)),
    "start_date_time": INSTANT,
    "end_date_time": INSTANT,
}
_COMPONENT_2_2_1 = {**_COMPONENT, "vat": Number()}
# What a reservation or booking may be is judged by what it means: `pricing/lint/rules.py`.
_RESTRICTIONS_2_2_1 = {**_RESTRICTIONS, "min_current": Number(), "max_current": Number(), "reservation": Text()}

SHAPES: Mapping[str, Part] = {
    "2.1.1": Part({**_TARIFF, "elements": _elements(_COMPONENT, _RESTRICTIONS)}, _REQUIRED),
    "2.2.1": Part(
        {
            **_SINCE_2_2_1,
            **_limits("excl_vat", "incl_vat"),
            "elements": _elements(_COMPONENT_2_2_1, _RESTRICTIONS_2_2_1),
        },
        (*_OWNED, *_REQUIRED),
    ),
    "2.3.0": Part(
        {
            **_SINCE_2_2_1,
            **_limits("before_taxes", "after_taxes"),
            "tax_included": OneOf(("YES", "NO", "N/A")),
            "preauthorize_amount": Number(),
            "elements": _elements(_COMPONENT_2_2_1, {**_RESTRICTIONS_2_2_1, "booking": Text()}),
        },
        (*_OWNED, *_REQUIRED, "tax_included"),
    ),
}


# The walk -------------------------------------------------------------------------------------------------------------


class _Walk:
    """Through words and shape side by side."""

    def __init__(self, version: str) -> None:
        self._version = version

    def part(self, shape: Part, said: Any, pointer: str, name: str) -> Iterator[Found]:
        if not isinstance(said, dict):
            yield _wrong_type(pointer, name, said, "object")
            return
        for required in shape.required:
            if said.get(required) is None:
                code = Code.MISSING_TAX_INCLUDED if required == "tax_included" else Code.MISSING_FIELD
                yield _found(code, pointer, field=required)
        for field, value in said.items():
            where = f"{pointer}/{_escaped(field)}"
            if field in shape.fields:
                yield from self.value(shape.fields[field], value, where, field, required=field in shape.required)
            elif not shape.open:
                yield _found(Code.UNKNOWN_FIELD, where, field=field[:60], version=self._version)

    def value(self, shape: Any, said: Any, pointer: str, name: str, *, required: bool = False) -> Iterator[Found]:
        if said is None:
            if not required:
                yield _found(Code.NEEDLESS_NULL, pointer, field=name)
            return
        match shape:
            case Part():
                yield from self.part(shape, said, pointer, name)
            case ListOf():
                yield from self._list(shape, said, pointer, name)
            case Number():
                yield from _number(shape, said, pointer, name)
            case Truth():
                if not isinstance(said, bool):
                    yield _wrong_type(pointer, name, said, "boolean")
            case OneOf() | Text() if not isinstance(said, str):
                yield _wrong_type(pointer, name, said, "string")
            case OneOf():
                yield from _choice(shape, said, pointer)
            case Text():
                yield from _text(shape, said, pointer, name)

    def _list(self, shape: ListOf, said: Any, pointer: str, name: str) -> Iterator[Found]:
        if not isinstance(said, list):
            yield _wrong_type(pointer, name, said, "array")
            return
        if not said:
            yield _found(Code.MISSING_FIELD if shape.needed else Code.EMPTY_LIST, pointer, field=name)
        for place, item in enumerate(said):
            yield from self.value(shape.item, item, f"{pointer}/{place}", name)


def _number(shape: Number, said: Any, pointer: str, name: str) -> Iterator[Found]:
    if isinstance(said, bool) or not isinstance(said, (int, Decimal)):
        yield _wrong_type(pointer, name, said, "integer" if shape.whole else "number")
    elif shape.whole and not isinstance(said, int):
        yield _wrong_type(pointer, name, said, "integer")
    elif shape.whole and said < 0:
        yield _found(Code.MALFORMED, pointer, said=str(said), wanted="0, 1, 2, …")


def _choice(shape: OneOf, said: str, pointer: str) -> Iterator[Found]:
    if said in shape.values:
        return
    if said.strip().upper() in shape.values:
        yield _found(Code.WRONG_CASE, pointer, said=said, wanted=said.strip().upper())
    else:
        yield _found(Code.UNKNOWN_VALUE, pointer, said=said[:60], wanted=", ".join(shape.values))


def _text(shape: Text, said: str, pointer: str, name: str) -> Iterator[Found]:
    if shape is CURRENCY and said != said.upper():
        yield _found(Code.WRONG_CASE, pointer, said=said[:60], wanted=said[:60].upper())
    elif shape.form and not re.fullmatch(shape.form, said):
        yield _found(Code.MALFORMED, pointer, said=said[:60], wanted=_as_clock(said) or shape.example)
    elif len(said) > shape.most:
        yield _found(Code.TOO_LONG, pointer, field=name, count=len(said), most=shape.most)


def _as_clock(said: str) -> str | None:
    """What somebody who wrote 24:00, 7:00 or 07:00:00 meant."""
    written = re.fullmatch(r"(\d{1,2}):([0-5]\d)(:00)?", said)
    if written is None or int(written[1]) > 24 or (int(written[1]) == 24 and written[2] != "00"):
        return None
    return f"{int(written[1]) % 24:02}:{written[2]}"


def _found(code: Code, pointer: str, **facts: Fact) -> Found:
    return Found(code=code, pointer=pointer, facts=facts)


def _wrong_type(pointer: str, name: str, said: Any, wanted: str) -> Found:
    return _found(Code.WRONG_TYPE, pointer, field=name, said=_json_type(said), wanted=wanted)


def _json_type(said: Any) -> str:
    match said:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | Decimal():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def _escaped(name: str) -> str:
    """As a part of a JSON pointer (RFC 6901 §3)."""
    return name[:60].replace("~", "~0").replace("/", "~1")
