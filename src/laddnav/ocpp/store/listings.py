"""How far the reports have come in which Stations tell all there is of a topic, part by part, as it is kept."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from laddnav.db.lookups import lookup
from laddnav.db.unit import Unit
from laddnav.locations.model import Station

VARIABLES = "VARIABLE"  # what no Topic is, for it is told in words of its own

ASKED = """
insert into ocpp_report (holder, station_id, topic, number, firmware, asked_at) values ($1, $2, $3, $4, $5, $6)
on conflict (holder, station_id, topic) do update set number = excluded.number, firmware = excluded.firmware,
  asked_at = excluded.asked_at, parts = '{}', last_part = null, whole_at = null, refused_at = null
"""
_REPORT = "number, firmware, asked_at, whole_at, refused_at"
REPORT = lookup(
    f"select {_REPORT} from ocpp_report where holder = $1 and station_id = $2 and topic = $3", "text", "text", "text"
)
REFUSED = """
update ocpp_report set refused_at = $5 where holder = $1 and station_id = $2 and topic = $3 and number = $4
"""
# True when this part was the last one missing.
HEAR_PART = """
with heard as (
  select parts + int4multirange(int4range($5::integer, $5, '[]')) as parts,
    coalesce($6::integer, last_part) as last_part
  from ocpp_report where holder = $1 and station_id = $2 and topic = $3 and number = $4 for update)
update ocpp_report r set parts = h.parts, last_part = h.last_part,
  whole_at = case when h.parts = int4multirange(int4range(0, h.last_part, '[]')) then $7::timestamptz end
from heard h where r.holder = $1 and r.station_id = $2 and r.topic = $3 returning r.whole_at is not null
"""


class Report(Struct, frozen=True, kw_only=True):
    """The newest report that a Station was asked for; `whole_at` None: it is not all here.

    `refused_at`: the Station said that it tells no such thing.
    """

    number: int
    firmware: str | None
    asked_at: datetime
    whole_at: datetime | None
    refused_at: datetime | None


def asked(unit: Unit, station: Station, topic: str, number: int) -> None:
    unit.write(ASKED, str(station.holder), station.id, topic, number, station.firmware, unit.now)


def refused(unit: Unit, station: Station, topic: str, number: int) -> None:
    unit.write(REFUSED, str(station.holder), station.id, topic, number, unit.now)


async def report(unit: Unit, station: Station, topic: str) -> Report | None:
    row = await unit.fetch_one(REPORT, str(station.holder), station.id, topic)
    return None if row is None else Report(**dict(row))


async def hear_part(unit: Unit, station: Station, topic: str, number: int, part: int, *, last: bool) -> bool | None:
    """Whether the report is whole now; None: nobody waits for a report of this number."""
    about = (str(station.holder), station.id, topic, number, part, part if last else None)
    whole: bool | None = await unit.value(HEAR_PART, *about, unit.now)
    return whole
