"""Text as OCPI 2.1.1 can say it: printable ASCII and nothing else (OCPI 2.1.1 types §1.5)."""

from __future__ import annotations

import string
import unicodedata
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import quote

from msgspec import Struct

M = TypeVar("M")
W = TypeVar("W", bound=Struct)

# Letters and marks that Unicode does not take apart.
_NEAREST = str.maketrans("ÆæØøŒœÐðÞþĐđŁłıßẞ‘’‚“”„«»–—…", 'AaOoOoDdTtDdLlisS\'\'\'"""""--.')


def plainly(write: Callable[[M], W]) -> Callable[[M], W]:
    """What `write` says, with every text in it in ASCII; `Codec.lost` names what that changes."""

    def said(thing: M) -> W:
        wire = write(thing)
        _speak_plainly(wire)
        return wire

    return said


def plain(text: str) -> str:
    """`Göteborg` is Goteborg. Never longer than it was, so that a field still holds it; a URL is percent-encoded."""
    if text.isascii():
        return text
    if "://" in text:
        return quote(text, safe=string.punctuation)
    composed = unicodedata.normalize("NFC", text).translate(_NEAREST)
    return "".join(_letter(one) for one in composed)


def _letter(one: str) -> str:
    if one.isascii():
        return one
    apart = unicodedata.normalize("NFKD", one)
    return apart[0] if apart[0].isascii() else "?"


def _speak_plainly(wire: Struct) -> None:
    for name in wire.__struct_fields__:
        said = getattr(wire, name)
        if isinstance(said, str):
            if not said.isascii():
                setattr(wire, name, plain(said))
        elif isinstance(said, Struct):
            _speak_plainly(said)
        elif isinstance(said, tuple):
            for one in said:
                if isinstance(one, Struct):
                    _speak_plainly(one)
