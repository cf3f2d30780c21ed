"""Maintenance as it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from laddnav.db.unit import Record, Unit
from laddnav.kit.ids import EvseRef, PartyId
from laddnav.locations.model import Maintenance, OutageReason

_COLUMNS = "holder, ref, location_id, station_id, begin_at, end_at, reason, note, entered_by, closes"
INSERT = f"insert into maintenance ({_COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
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


_STANDS = """
s.holder = m.holder and s.moved_at is null
  and (s.id = m.station_id or (m.station_id is null and lower(s.location_id) = lower(m.location_id)))
"""
# All at its beginning, for who charges then is to be closed afterwards; later on whoever was away, or is open again.
TO_CLOSE = f"""
select m.holder, m.ref, s.id as station_id from maintenance m join station s on {_STANDS}
where m.closes and m.begin_at <= $1 and m.end_at > $1 and s.connected_to is not null
  and (m.closed_at is null or exists (
    select from station_evse a join evse e on e.holder = a.holder and e.owner = a.holder
      and e.location_key = lower(a.location_id) and e.uid_key = lower(a.evse_uid)
    where a.holder = s.holder and a.station_id = s.id and e.status in ('AVAILABLE', 'BLOCKED')))
order by m.ref, s.id
"""
CLOSED = "update maintenance set closed_at = $3 where holder = $1 and ref = $2 and closed_at is null"
IN_FORCE = "select closes and begin_at <= $3 and end_at > $3 from maintenance where holder = $1 and ref = $2"
# Its Stations, but for those that another one still keeps closed.
TO_OPEN = f"""
select m.holder, m.ref, m.entered_by, array_agg(s.id order by s.id) filter (where s.id is not null and not exists (
  select from maintenance o where o.holder = m.holder and o.ref <> m.ref and o.closes and o.begin_at <= $1
    and o.end_at > $1 and (o.station_id = s.id
      or (o.station_id is null and lower(o.location_id) = lower(s.location_id))))) as stations
from maintenance m left join station s on {_STANDS}
where m.closes and m.closed_at is not null and m.opened_at is null and m.end_at <= $1
group by m.holder, m.ref, m.entered_by order by m.ref
"""
OPENED = "update maintenance set opened_at = $3 where holder = $1 and ref = $2 and opened_at is null"


# An Evse takes its schedule along to where it goes.
OVER = """
select m.holder, m.ref, m.location_id, s.location_id as goes_on_at
from maintenance m left join station s on s.holder = m.holder and s.id = m.station_id
where m.end_at <= $1 and m.over_told_at is null order by m.end_at, m.ref limit $2
"""
TOLD_OVER = "update maintenance set over_told_at = $2 where ref = any($1)"


class Opens(NamedTuple):
    holder: PartyId
    ref: str
    entered_by: str
    stations: tuple[str, ...]


async def to_close(unit: Unit) -> list[tuple[PartyId, str, str]]:
    """(holder, ref of the Maintenance, a Station on the line that is to be closed now)."""
    rows = await unit.fetch(TO_CLOSE, unit.now)
    return [(PartyId.parse(row["holder"]), row["ref"], row["station_id"]) for row in rows]


async def over(unit: Unit, limit: int) -> tuple[list[str], set[tuple[PartyId, str]]]:
    """The refs of those that are over and not told so, and the (holder, Location) where they may stand."""
    rows = await unit.fetch(OVER, unit.now, limit)
    places = {
        (PartyId.parse(row["holder"]), location_id)
        for row in rows
        for location_id in (row["location_id"], row["goes_on_at"])
        if location_id is not None
    }
    return [row["ref"] for row in rows], places


def told_over(unit: Unit, refs: Sequence[str]) -> None:
    unit.write(TOLD_OVER, list(refs), unit.now)


def closed(unit: Unit, holder: PartyId, ref: str) -> None:
    unit.write(CLOSED, str(holder), ref, unit.now)


async def in_force(unit: Unit, holder: PartyId, ref: str) -> bool:
    return bool(await unit.value(IN_FORCE, str(holder), ref, unit.now))


async def to_open(unit: Unit) -> list[Opens]:
    return [
        Opens(PartyId.parse(row["holder"]), row["ref"], row["entered_by"], tuple(row["stations"] or ()))
        for row in await unit.fetch(TO_OPEN, unit.now)
    ]


async def opened(unit: Unit, holder: PartyId, ref: str) -> bool:
    """False where another process was first."""
    return bool(await unit.execute(OPENED, str(holder), ref, unit.now))


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
        one.closes,
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
