"""What can be told of a statement by its words: whether it only reads, and how it is asked for many at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any

import asyncpg

from laddnav.db.lookups import NUMBER

# What no statement has that only reads. A word too many here costs a round trip, one too few would cost a lock.
_TOUCHES = re.compile(r"\b(insert|update|delete|merge|for|call|notify|truncate|create|drop|alter)\b|lock|nextval", re.I)


@lru_cache(maxsize=4096)
def only_reads(sql: str) -> bool:
    return sql.lstrip().lower().startswith(("select", "with")) and _TOUCHES.search(sql) is None


def distinct(many: Sequence[tuple[Any, ...]]) -> Sequence[tuple[Any, ...]]:
    try:
        return list(dict.fromkeys(many))
    except TypeError:  # a list among them
        return many


@lru_cache(maxsize=4096)
def selects(sql: str) -> bool:
    """What can stand in a from clause."""
    return sql.lstrip().lower().startswith("select") or only_reads(sql)


@lru_cache(maxsize=4096)
def returns(sql: str) -> bool:
    """A write that ends with the columns of what it wrote."""
    return _WRITES_AND_RETURNS.fullmatch(sql.strip()) is not None


_WRITES_AND_RETURNS = re.compile(r"(insert|update|delete)\b.*\breturning\b.*", re.I | re.S)


@lru_cache(maxsize=4096)
def numbered(sql: str, last: int) -> str:
    """The driver hands out the rows of all questions in one list, so each says which it answers."""
    number = f'${last}::int as "{NUMBER}"'
    if returns(sql):
        return f"{sql.strip()}, {number}"
    return f"select q.*, {number} from ({sql.strip().rstrip(';')}) q"


class Numbered(asyncpg.Record):
    """A Record that does not show its last column."""

    def __iter__(self) -> Iterator[Any]:
        return self.values()

    def __len__(self) -> int:
        return super().__len__() - 1

    def keys(self) -> Iterator[str]:
        return islice(super().keys(), len(self))

    def values(self) -> Iterator[Any]:
        return islice(super().values(), len(self))

    def items(self) -> Iterator[tuple[str, Any]]:
        return islice(super().items(), len(self))
