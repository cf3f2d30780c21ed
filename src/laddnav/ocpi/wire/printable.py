"""One look at a whole body instead of one at each text in it: nearly all that is said is plain letters throughout."""

from __future__ import annotations

from functools import cache, reduce
from operator import or_
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, cast, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, Meta, Struct

from laddnav.ocpi.wire.shared.scalars import ASCII, PRINTABLE

W = TypeVar("W", bound=Struct)


BACKSLASH, DELETE = b"\\\x7f"  # as numbers, which are found in a fifth of the time of a bytes of one
NOTHING: frozenset[str] = frozenset()
_ANY_LETTER, _PLAIN = frozenset({PRINTABLE}), frozenset({PRINTABLE, ASCII})


def held(body: bytes) -> frozenset[str]:
    """Of ASCII and PRINTABLE, what every text in this JSON matches: a control character could only be an escape."""
    if BACKSLASH in body or DELETE in body:
        return NOTHING
    return _PLAIN if body.isascii() else _ANY_LETTER


def unlooked(wire: type[W], held: frozenset[str]) -> type[W]:
    """The same shape, for bodies of which these patterns hold: no text is looked at for them again."""
    return cast("type[W]", _made(cast("Any", wire), held))


@cache
def _made(wire: Any, held: frozenset[str]) -> Any:
    fields = [(one.name, _unlooked(one.type, held), one) for one in msgspec.structs.fields(wire)]
    others = [(name, kind, _default(one)) for name, kind, one in fields if kind != one.type]
    return msgspec.defstruct(wire.__name__, others, bases=(wire,), kw_only=True) if others else wire


def _unlooked(kind: Any, held: frozenset[str]) -> Any:
    origin = get_origin(kind)
    if isinstance(kind, type) and issubclass(kind, Struct):
        return _made(kind, held)
    if origin is None or origin is Literal:
        return kind
    if origin is Annotated:
        about = [one for one in (_without_pattern(meta, held) for meta in kind.__metadata__) if one is not None]
        inner = _unlooked(kind.__origin__, held)
        return Annotated[(inner, *about)] if about else inner
    arguments = [_unlooked(one, held) for one in get_args(kind)]
    return reduce(or_, arguments) if origin is UnionType else origin[tuple(arguments)]


def _without_pattern(meta: Any, held: frozenset[str]) -> Any:
    if not isinstance(meta, Meta) or meta.pattern not in held:
        return meta
    if meta.min_length is None and meta.max_length is None:
        return None
    return Meta(min_length=meta.min_length, max_length=meta.max_length)


def _default(field: msgspec.structs.FieldInfo) -> Any:
    if field.default_factory is not NODEFAULT:
        return msgspec.field(name=field.encode_name, default_factory=field.default_factory)
    return msgspec.field(name=field.encode_name, default=field.default)
