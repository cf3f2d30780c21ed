"""One look at a whole body instead of one at each text in it: nearly all that is said is printable ASCII throughout."""

from __future__ import annotations

from functools import cache, reduce
from operator import or_
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, cast, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, Meta, Struct

from laddnav.ocpi.wire.shared.scalars import ASCII, PRINTABLE

W = TypeVar("W", bound=Struct)


def is_printable(body: bytes) -> bool:
    """Whether every text in this JSON matches ASCII and PRINTABLE: what else it may hold, it says with an escape."""
    return body.isascii() and b"\\" not in body and b"\x7f" not in body


def unlooked(wire: type[W]) -> type[W]:
    """The same shape, for bodies that are printable: its texts are not looked at again."""
    return cast("type[W]", _made(cast("Any", wire)))


@cache
def _made(wire: Any) -> Any:
    fields = [(one.name, _unlooked(one.type), one) for one in msgspec.structs.fields(wire)]
    others = [(name, kind, _default(one)) for name, kind, one in fields if kind != one.type]
    return msgspec.defstruct(wire.__name__, others, bases=(wire,), kw_only=True) if others else wire


def _unlooked(kind: Any) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if isinstance(kind, type) and issubclass(kind, Struct):
        return _made(kind)
    if origin is Annotated:
        about = [one for one in map(_without_pattern, kind.__metadata__) if one is not None]
        inner = _unlooked(kind.__origin__)
        return Annotated[(inner, *about)] if about else inner
    if origin is None or origin is Literal:
        return kind
    if origin is UnionType:
        return reduce(or_, map(_unlooked, arguments))
    return origin[tuple(map(_unlooked, arguments))]


def _without_pattern(meta: Any) -> Any:
    if not isinstance(meta, Meta) or meta.pattern not in (ASCII, PRINTABLE):
        return meta
    if meta.min_length is None and meta.max_length is None:
        return None
    return Meta(min_length=meta.min_length, max_length=meta.max_length)


def _default(field: msgspec.structs.FieldInfo) -> Any:
    if field.default_factory is not NODEFAULT:
        return msgspec.field(name=field.encode_name, default_factory=field.default_factory)
    return msgspec.field(name=field.encode_name, default=field.default)
