"""Reading for the sake of a price: what can be repaired is, and what no price depends on may be anything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from laddnav.kit.json import Unreadable
from laddnav.ocpi.wire.codec import parsed
from laddnav.ocpi.wire.shared.scalars import from_json

W = TypeVar("W", bound=Struct)

MOST_BYTES = 16_000_000  # of one object; more is an attack or an accident


def repaired(body: bytes) -> Any:
    """The words with every repair of quirks.py done. Raises Unreadable."""
    # Loaded only for words that need it: what repairs knows the countries of the world.
    from laddnav.ocpi.deviations.quirks import mended

    try:
        words, _ = mended(parsed(body))
    except RecursionError as error:
        raise Unreadable("The JSON is nested too deeply") from error
    return words


def converted(words: Any, wire: type[W], *, needless: frozenset[str]) -> W:
    """The words as `wire`, without those fields of `needless` that cannot be read. Raises as msgspec.convert."""
    if isinstance(words, dict):
        words = dict(_bearable(words, wire, needless))
    return msgspec.convert(words, wire, dec_hook=from_json)


def _bearable(words: dict[str, Any], wire: type[Struct], needless: frozenset[str]) -> Iterator[tuple[str, Any]]:
    kinds = {field.encode_name: field.type for field in msgspec.structs.fields(wire)}
    for name, said in words.items():
        if said is not None and not (name in needless and name in kinds and not _reads_as(said, kinds[name])):
            yield name, said


def _reads_as(said: Any, kind: Any) -> bool:
    try:
        msgspec.convert(said, kind, dec_hook=from_json)
    except (msgspec.ValidationError, RecursionError, ValueError, ArithmeticError):
        return False
    return True


def inside(error: Exception, path: str) -> Unreadable:
    """What was said of a part, with the path of the whole: `$.id` in the first of the tariffs is `$.tariffs[0].id`."""
    says = str(error)
    return Unreadable(says.replace("`$", f"`${path}", 1) if "`$" in says else f"{says} - at `${path}`")


def dicts(words: Any) -> list[dict[str, Any]]:
    """Those members of what should be a list of objects that are objects."""
    return [one for one in words if isinstance(one, dict)] if isinstance(words, list) else []
