"""Everything that was announced, in an order that never changes, for pages and systems that follow along."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from laddnav.db.unit import Record, Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal

# A running transaction may still commit rows with a later position, so nobody reads at or above the oldest one.
_AFTER = """
select written_by::text as written_by, id, holder, kind, about, body, at from event
where (written_by, id) > ($1::text::xid8, $2) and written_by < pg_snapshot_xmin(pg_current_snapshot())
  and ($3::text is null or holder = $3)
order by written_by, id limit $4
"""
_LAST = """
select written_by::text as written_by, id from event
where written_by < pg_snapshot_xmin(pg_current_snapshot()) order by written_by desc, id desc limit 1
"""


_OF_THING = """
select written_by::text as written_by, id, holder, kind, about, body, at from event
where holder = $1 and about = $2 order by id
"""


_CURSOR = re.compile(r"([0-9]{1,19})-([0-9]{1,18})")  # what xid8 and bigint surely hold


class NotACursor(Refusal):
    """A cursor is what an earlier answer gave, unchanged."""


class Announced(Struct, frozen=True, kw_only=True):
    """`cursor` names its place; `body` is the event as canonical JSON."""

    cursor: str
    holder: PartyId
    kind: str
    about: str
    body: str
    at: datetime


async def after(unit: Unit, cursor: str, holder: PartyId | None = None, limit: int = 500) -> Sequence[Announced]:
    """What was announced after this place; "" is the beginning. Raises NotACursor."""
    written_by, position = _read(cursor)
    rows = await unit.fetch(_AFTER, written_by, position, None if holder is None else str(holder), limit)
    return [_announced(row) for row in rows]


async def of_thing(unit: Unit, holder: PartyId, about: str) -> Sequence[Announced]:
    """All that was announced about one thing, the oldest first."""
    return [_announced(row) for row in await unit.fetch(_OF_THING, str(holder), about)]


async def newest(unit: Unit) -> str:
    """The place from which only what happens from now on is seen."""
    row = await unit.fetch_one(_LAST)
    return "" if row is None else f"{row['written_by']}-{row['id']}"


def _announced(row: Record) -> Announced:
    return Announced(
        cursor=f"{row['written_by']}-{row['id']}",
        holder=PartyId.parse(row["holder"]),
        kind=row["kind"],
        about=row["about"],
        body=row["body"],
        at=row["at"],
    )


def _read(cursor: str) -> tuple[str, int]:
    if not cursor:
        return "0", 0
    said = _CURSOR.fullmatch(cursor)
    if said is None:
        raise NotACursor(
            f"{cursor[:40]!r} is not a cursor; take the one of an earlier answer, or none to begin at the start"
        )
    return said[1], int(said[2])
