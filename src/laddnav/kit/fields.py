"""JSON of which every field has to mean something: one that does not may be a slip, and what was meant is not done.

No more is an instant of the year 1, by which programs say that they know of none.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, TypeVar

from msgspec import inspect

from laddnav.kit import json
from laddnav.kit.json import Unreadable
from laddnav.kit.refusal import Refusal
from laddnav.kit.time import EARLIEST

T = TypeVar("T")


class UnknownField(Refusal):
    """The body has a field that means nothing here; it may be a slip, so nothing is done."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(f"The body has a field {name!r} that means nothing here; there are {', '.join(known)}")


def decode(body: bytes | str, kind: type[T], under: str = "") -> T:
    """As json.decode, and no field is passed over, however deep; `under` is what the body is a part of.

    Raises Unreadable, UnknownField.
    """
    _look(json.decode(body, Any), _described(kind), under)  # type: ignore[arg-type]  # a type can be hashed
    return json.decode(body, kind)


@cache
def _described(kind: Any) -> inspect.Type:
    return inspect.type_info(kind)


def _look(words: Any, kind: inspect.Type, at: str) -> None:
    """Raises UnknownField, Unreadable; words that do not fit are left to whoever reads them."""
    match kind:
        case inspect.Metadata():
            _look(words, kind.type, at)
        case inspect.StructType() if isinstance(words, dict):
            fields = {field.encode_name: field.type for field in kind.fields}
            for name, value in words.items():
                path = f"{at}.{name}" if at else name
                if name in fields:
                    _look(value, fields[name], path)
                elif name != kind.tag_field:
                    raise UnknownField(path, fields)
        case inspect.DictType() if isinstance(words, dict):
            for name, value in words.items():
                _look(value, kind.value_type, f"{at}.{name}" if at else name)
        case inspect.CollectionType() if isinstance(words, list):
            for number, value in enumerate(words):
                _look(value, kind.item_type, f"{at}[{number}]")
        case inspect.TupleType() if isinstance(words, list):
            for number, (value, one) in enumerate(zip(words, kind.item_types, strict=False)):
                _look(value, one, f"{at}[{number}]")
        case inspect.DateTimeType() if isinstance(words, str) and words[:4] < str(EARLIEST):
            raise Unreadable(f"An instant before {EARLIEST} cannot be meant - at `$.{at}`")
        case inspect.UnionType() if isinstance(words, str):
            for one in kind.types:
                _look(words, one, at)
        case inspect.UnionType():
            _look_at_any(words, kind.types, at)


def _look_at_any(words: Any, kinds: Iterable[inspect.Type], at: str) -> None:
    """Raises UnknownField where it is one for each that these words may be."""
    may_be = (
        (inspect.StructType, inspect.DictType)
        if isinstance(words, dict)
        else (inspect.CollectionType, inspect.TupleType)
    )
    slips = list[UnknownField]()
    for kind in kinds:
        if isinstance(kind, may_be) and not _tagged_otherwise(words, kind):
            try:
                return _look(words, kind, at)
            except UnknownField as slip:
                slips.append(slip)
    if slips:
        raise slips[0]
    return None


def _tagged_otherwise(words: Any, kind: inspect.Type) -> bool:
    tagged = isinstance(kind, inspect.StructType) and kind.tag_field is not None
    return tagged and words.get(kind.tag_field) != kind.tag  # type: ignore[attr-defined]  # a struct has both
