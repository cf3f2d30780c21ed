"""Selects by key, which are one statement for however many keys are looked up at once."""

from __future__ import annotations

import re

NUMBER = "number of the question"
_SEVERAL: dict[str, str] = {}
_ARGUMENT = re.compile(r"\$(\d+)")


def lookup(sql: str, *types: str) -> str:
    """This select, whose arguments have these types, and for which many keys at once are to be looked up one by one.

    It has no limit, and finds what it finds by an index: another way would be taken for each key again.
    """
    arrays = [f"${number}::{kind}[]" for number, kind in enumerate(types, 1)]
    # How many there are is kept from the planner, or it would plan anew for each group of few.
    arrays[0] = f"(select {arrays[0]})"
    names = [f"argument_{number}" for number in range(1, len(types) + 1)]
    one = _ARGUMENT.sub(r"asked.argument_\1", sql.strip())
    _SEVERAL[sql] = (
        f'select q.*, asked.number::integer - 1 as "{NUMBER}" from unnest({", ".join(arrays)}) '
        f"with ordinality as asked({', '.join(names)}, number) cross join lateral ({one}) q"
    )
    return sql


def several(sql: str) -> str | None:
    """What takes each argument as an array, and says of each row to which member it belongs."""
    return _SEVERAL.get(sql)
