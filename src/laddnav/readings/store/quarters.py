"""What the readings of a quarter of an hour come to, as it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from laddnav.db.unit import Unit
from laddnav.kit.energy import Energy
from laddnav.kit.ids import PartyId
from laddnav.readings.model import Flow

QUARTER = timedelta(minutes=15)

SUM = """
insert into reading_quarter (holder, station_id, evse_no, measurand, phase, place, at, first, first_at, last, last_at,
  least, mean, most, many)
select holder, station_id, evse_no, measurand, phase, place, date_bin('15 minutes', at, '2000-01-01 00:00+00'),
  (array_agg(value order by at, value))[1], min(at), (array_agg(value order by at desc, value desc))[1], max(at),
  min(value), round(avg(value), 6), max(value), count(*)
from reading where at >= $1 and at < $2 group by 1, 2, 3, 4, 5, 6, 7
on conflict (holder, station_id, evse_no, measurand, phase, place, at) do update set
  first = excluded.first, first_at = excluded.first_at, last = excluded.last, last_at = excluded.last_at,
  least = excluded.least, mean = excluded.mean, most = excluded.most, many = excluded.many
"""
TOUCHED = """
select distinct date_bin('15 minutes', at, '2000-01-01 00:00+00') as at from reading
where recorded_at >= $1 and at >= $2 and at < $3 order by 1
"""
# What a register lost between two quarters was another meter, or a slip: only rises are energy.
FLOWS = """
select station_id, evse_no, at, coalesce(sum(greatest(rise, 0)) filter (where not back), 0) as drawn,
  coalesce(sum(greatest(rise, 0)) filter (where back), 0) as returned
from (
  select station_id, evse_no, q.at, q.measurand = 'Energy.Active.Export.Register' as back,
    q.last - coalesce(lag(q.last) over (partition by station_id, evse_no, q.measurand order by q.at), q.first) as rise
  from reading_quarter q join unnest($2::text[], $3::int[]) as evse(station_id, evse_no) using (station_id, evse_no)
  where q.holder = $1 and q.measurand in ('Energy.Active.Import.Register', 'Energy.Active.Export.Register')
    and q.phase = '' and q.place = 'Outlet' and q.at >= $4 and q.at < $5) risen
group by station_id, evse_no, at order by at, station_id, evse_no
"""
SUMMED_UNTIL = "select summed_until from reading_progress"
SUMMED = "update reading_progress set summed_until = $1"


async def sum_up(unit: Unit, since: datetime, until: datetime) -> None:
    """All quarters between the two, from their readings; one that was summed before is summed anew."""
    await unit.execute(SUM, since, until)


async def touched(unit: Unit, recorded_since: datetime, since: datetime, until: datetime) -> list[datetime]:
    """The quarters between the two of which something was recorded, in order of time."""
    return [row["at"] for row in await unit.fetch(TOUCHED, recorded_since, since, until)]


async def flows(
    unit: Unit, holder: PartyId, evses: Sequence[tuple[str, int]], since: datetime, until: datetime
) -> list[Flow]:
    """In order of time; what is told in longer steps counts in the quarter when it is told."""
    stations, numbers = [one[0] for one in evses], [one[1] for one in evses]
    rows = await unit.fetch(FLOWS, str(holder), stations, numbers, since, until)
    return [Flow(**dict(row) | {name: Energy(row[name]) for name in ("drawn", "returned")}) for row in rows]


async def summed_until(unit: Unit) -> datetime | None:
    found = await unit.fetch_one(SUMMED_UNTIL)
    return None if found is None else found["summed_until"]


def summed(unit: Unit, until: datetime) -> None:
    unit.write(SUMMED, until)
