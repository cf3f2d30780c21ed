"""The catalogue: every requirement of the OCPI texts that can be tested, in our own words, each with its id.

`catalogue.tsv` beside this file is the only copy; the coverage table and the tests read it from here too.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files

from msgspec import Struct


class Level(StrEnum):
    """How strongly the text asks for it."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


class Requirement(Struct, frozen=True, kw_only=True):
    """`side` says whom it binds: a role (`CPO`), an interface (`receiver`), both (`CPO/sender`), or `any`."""

    id: str
    versions: tuple[str, ...]
    module: str
    side: str
    level: Level
    text: str


@cache
def catalogue() -> Mapping[str, Requirement]:
    """Every requirement by its id, in the order of the table."""
    table = files(__package__).joinpath("catalogue.tsv").read_text(encoding="utf-8")
    _, *rows = table.splitlines()
    return {one.id: one for one in map(_requirement, rows)}


def _requirement(row: str) -> Requirement:
    id, versions, module, side, level, text = row.split("\t")
    return Requirement(
        id=id, versions=tuple(versions.split(",")), module=module, side=side, level=Level(level), text=text
    )
