"""What is said of a thing as a kind with its values, so that a page words it in the language of its reader."""

from __future__ import annotations

from msgspec import Struct

from laddnav.kit import json

Value = int | float | str


class Note(Struct, frozen=True, omit_defaults=True):
    """`values` are what the sentence of its kind names; `text` is it in English, for whoever reads no other language.

    A text that counts something has the unit at the end of its name (`billed_kwh`, `before_wh`), an instant `_at`, and
    how long something took `_length`.
    """

    kind: str
    values: dict[str, Value] = {}
    text: str = ""

    def __str__(self) -> str:
        return self.text


def as_kept(note: Note | None) -> str | None:
    """As it stands in a row."""
    return None if note is None else json.encode(note).decode()


def as_read(kept: str | None) -> Note | None:
    return None if kept is None else json.decode(kept, Note)
