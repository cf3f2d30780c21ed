"""Frames that somebody looks for, among all that passed between a Station and us."""

from __future__ import annotations

from laddnav.db.unit import Unit
from laddnav.locations.model import Station
from laddnav.ocpp.model import Looked, Message
from laddnav.ocpp.store.frames import COLUMNS, read

_FITTING = f"""
select {COLUMNS} from ocpp_frame
where holder = $1 and station_id = $2 and ($3::text is null or direction = $3)
  and ($4 = '' or lower(action) = lower($4)) and ($5::timestamptz is null or at >= $5)
  and ($6::timestamptz is null or at < $6) and (not $7 or kind in ('error', 'unreadable') or quirk is not null)
  and ($8 = '' or message_id = $8 or position(lower($8) in lower(body)) > 0)
"""
AFTER = f"{_FITTING} and id > $9 order by id limit $10"
BEFORE = f"{_FITTING} and ($9::bigint is null or id < $9) order by id desc limit $10"


async def after(unit: Unit, station: Station, looked: Looked, after: int, limit: int) -> list[Message]:
    """The oldest first."""
    return [read(row) for row in await unit.fetch(AFTER, *_wanted(station, looked), after, limit)]


async def before(unit: Unit, station: Station, looked: Looked, before: int | None, limit: int) -> list[Message]:
    """The newest first."""
    return [read(row) for row in await unit.fetch(BEFORE, *_wanted(station, looked), before, limit)]


def _wanted(station: Station, looked: Looked) -> tuple[object, ...]:
    return (
        *(str(station.holder), station.id, looked.direction, looked.action),
        *(looked.since, looked.until, looked.failed, looked.words),
    )
