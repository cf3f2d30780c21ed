"""What guards the lines to partners beyond the usual; keys only sealed."""

from __future__ import annotations

from laddnav.db.unit import Unit
from laddnav.kit import json
from laddnav.ocpi.model import Tls

FIND = "select profile, key_sealed from ocpi_tls where line = $1"
PUT = """
insert into ocpi_tls (line, profile, key_sealed) values ($1, $2, $3)
on conflict (line) do update set profile = excluded.profile, key_sealed = excluded.key_sealed
"""
DROP = "delete from ocpi_tls where line = $1"
CHANGED = "update ocpi_line set tls_changed_at = $2 where id = $1"


async def find(unit: Unit, line: str) -> tuple[Tls, str | None] | None:
    """(what is no secret, the sealed key of our certificate)."""
    row = await unit.fetch_one(FIND, line)
    return None if row is None else (json.decode(row["profile"], Tls), row["key_sealed"])


def put(unit: Unit, line: str, tls: Tls | None, key_sealed: str | None) -> None:
    """None: the line is guarded as every line."""
    if tls is None:
        unit.write(DROP, line)
    else:
        unit.write(PUT, line, json.encode(tls).decode(), key_sealed)
    unit.write(CHANGED, line, unit.now)
