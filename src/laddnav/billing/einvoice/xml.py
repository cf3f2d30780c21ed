"""XML written from names with their prefixes, nested as it reads; nothing in it is ever read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from xml.sax.saxutils import escape, quoteattr

# What XML 1.0 cannot hold, even escaped.
_UNSAYABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Node = str | None


def element(name: str, *children: Node | Iterable[Node], **attributes: str) -> str:
    """Of other elements; those that are None are left out, and so is one of which nothing is left."""
    inside = "".join(_flat(children))
    return f"<{name}{_written(attributes)}>{inside}</{name}>" if inside else ""


def text(name: str, words: object, **attributes: str) -> str:
    """Of words; nothing where there are none, or blanks alone."""
    said = "" if words is None else f"{words:f}" if isinstance(words, Decimal) else _UNSAYABLE.sub(" ", str(words))
    return f"<{name}{_written(attributes)}>{escape(said)}</{name}>" if said.strip() else ""


def written(root: str) -> bytes:
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + root + "\n").encode()


def _flat(children: Iterable[Node | Iterable[Node]]) -> Iterable[str]:
    for child in children:
        if isinstance(child, str):
            yield child
        elif child is not None:
            yield from _flat(child)


def _written(attributes: dict[str, str]) -> str:
    return "".join(f" {name.replace('__', ':')}={quoteattr(value)}" for name, value in attributes.items())
