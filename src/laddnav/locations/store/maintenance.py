"""Maintenance as it is kept."""

from __future__ import annotations

from datetime import datetime

from laddnav.db.unit import Record, Unit
from laddnav.kit.ids import EvseRef, PartyId
from laddnav.locations.model import Maintenance, OutageReason

_COLUMNS = "holder, ref, location_id, station_id, begin_at, end_at, reason, note, entered_by"
INSERT = f"insert into maintenance ({_COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
FIND = f"select {_COLUMNS} from maintenance where ref = $1 for update"
PAGE = f"""
select {_COLUMNS} from maintenance
where ($1::text is null or holder = $1) and ($2::text is null or ref < $2) order by ref desc limit $3
"""
END = "update maintenance set end_at = $3 where holder = $1 and ref = $2"
DELETE = "delete from maintenance where holder = $1 and ref = $2"
OF_STATION = """
select location_id, evse_uid from station_evse where holder = $1 and station_id = $2 and lower(location_id) = lower($3)
"""


def insert(unit: Unit, one: Maintenance) -> None:
    unit.write(
        INSERT,
        str(one.holder),
        one.ref,
        one.location_id,
        one.station_id,
        one.begin_at,
        one.end_at,
        one.reason,
        one.note,
        one.entered_by,
    )


async def find(unit: Unit, ref: str) -> Maintenance | None:
    """Locked, for whoever ends it."""
    row = await unit.fetch_one(FIND, ref)
    return None if row is None else _maintenance(row)


async def page(unit: Unit, holder: PartyId | None, before: str | None, limit: int) -> list[Maintenance]:
    return [_maintenance(row) for row in await unit.fetch(PAGE, holder and str(holder), before, limit)]


def end(unit: Unit, one: Maintenance, at: datetime) -> None:
    unit.write(END, str(one.holder), one.ref, at)


def delete(unit: Unit, one: Maintenance) -> None:
    unit.write(DELETE, str(one.holder), one.ref)


async def evses(unit: Unit, holder: PartyId, station_id: str, location_id: str) -> list[EvseRef]:
    """Those of a Station that stand there."""
    rows = await unit.fetch(OF_STATION, str(holder), station_id, location_id)
    return [EvseRef(row["location_id"], row["evse_uid"]) for row in rows]


def _maintenance(row: Record) -> Maintenance:
    return Maintenance(**dict(row) | {"holder": PartyId.parse(row["holder"]), "reason": OutageReason(row["reason"])})
