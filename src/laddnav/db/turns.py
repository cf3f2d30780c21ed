"""One after another, also for what is not there yet: no row can be locked that nobody has made."""

from __future__ import annotations

from typing import Any

from laddnav.db.unit import Record, Unit

TURN = "select pg_advisory_xact_lock(hashtextextended($1, 0))"


async def taken(unit: Unit, turn: str) -> None:
    """Whoever takes a turn of this name next waits until this Unit has ended."""
    await unit.value(TURN, turn)


async def to_write(unit: Unit, sql: str, *key: Any) -> Record | None:
    """The row that this select locks; where there is none yet, whoever else asks for it to write it waits.

    Else of two who make the same at the same instant both would find that it is new, and each give it a ref.
    """
    row = await unit.fetch_one(sql, *key)
    if row is None:
        await taken(unit, " ".join((sql, *map(str, key))))
        row = await unit.fetch_one(sql, *key)
    return row
