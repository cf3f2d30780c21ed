"""How commands say what came of them: JSON for programs, a table or a few lines for people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any


def one(words: dict[str, Any], *, as_json: bool) -> None:
    """One thing, on standard output."""
    if as_json:
        _json(words)
        return
    width = max(len(name) for name in words)
    for name, value in words.items():
        print(f"{name:{width}}  {_plain(value)}")


def many(things: Iterable[dict[str, Any]], columns: Sequence[str], *, as_json: bool) -> None:
    """Several things alike: an object a line, or a table of the columns a person asks for first."""
    if as_json:
        for words in things:
            _json(words)
        return
    rows = [[_plain(words.get(column)) for column in columns] for words in things]
    for row in table([columns, *rows]):
        print(row)


def table(rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> list[str]:
    """Columns as wide as they need to be; those in `right` end where the others begin."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if place in right else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def spelt(kind: type) -> Callable[[Any], dict[str, Any]]:
    """How the operator API spells this noun."""
    from laddnav.server.words import Speller

    show: Callable[[Any], dict[str, Any]] | None = Speller().of(kind).show
    assert show is not None, "a noun is a struct"
    return show


def _json(words: dict[str, Any]) -> None:
    from laddnav.kit import json

    print(json.encode(words).decode())


def _plain(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, (list, tuple)):
        return ",".join(_plain(one) for one in value) or "-"
    if isinstance(value, dict):
        return " ".join(_plain(one) for one in value.values())
    return str(value)
