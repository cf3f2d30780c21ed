"""One look at a whole body instead of one at each text in it: nearly all that is said is plain letters throughout."""

from __future__ import annotations

from collections.abc import Iterator
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
FOREIGN_MOST = 16  # texts with an ö in them: where there are more, each text is looked at


def held(body: bytes, in_ascii: frozenset[bytes]) -> frozenset[str]:
    """Of ASCII and PRINTABLE, what every text in this JSON matches that has to; `in_ascii` are the fields asked for so.

    A control character could only be an escape.
    """
    if BACKSLASH in body or DELETE in body:
        return NOTHING
    return _PLAIN if body.isascii() or _elsewhere(body, in_ascii) else _ANY_LETTER


def _elsewhere(body: bytes, in_ascii: frozenset[bytes]) -> bool:
    """Whether all that is not ASCII is in other fields. Where no backslash is, each quote begins or ends a text."""
    for _ in range(FOREIGN_MOST):
        if body.isascii():
            return True
        try:
            body.decode("ascii")
        except UnicodeDecodeError as foreign:
            at = foreign.start
        before, _, _ = body[:at].rpartition(b'"')
        name, _, between = before.rpartition(b'"')
        if between.strip() != b":" or name.rpartition(b'"')[2] in in_ascii:
            return False
        body = body[at:].partition(b'"')[2]
    return False


@cache
def in_ascii(wire: type[Struct]) -> frozenset[bytes]:
    """The names of its fields, at any depth, of which something has to be ASCII."""
    found = set[bytes]()
    for field in msgspec.structs.fields(wire):
        for part in _parts(field.type):
            if isinstance(part, Meta):
                found |= {field.encode_name.encode()} if part.pattern == ASCII else set()
            else:
                found |= in_ascii(part)
    return frozenset(found)


def _parts(kind: Any) -> Iterator[Any]:
    """What a type says about its texts, and the shapes in it."""
    if isinstance(kind, type) and issubclass(kind, Struct):
        yield kind
    for one in getattr(kind, "__metadata__", ()):
        if isinstance(one, Meta):
            yield one
    inside = (kind.__origin__,) if get_origin(kind) is Annotated else get_args(kind)
    for one in inside:
        yield from _parts(one)


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
