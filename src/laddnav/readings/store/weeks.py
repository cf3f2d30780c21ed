"""The parts in which readings lie, one for each week; what has none lies among the others until its part is made."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId

WEEK = timedelta(days=7)
_NAMED = "reading_%Y%m%d"

# Weeks are made, summed and dropped by one process at a time; nobody who keeps or reads readings waits for this.
HOLD = "insert into reading_progress default values on conflict (one) do update set one = true"
MADE = """
select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
where i.inhparent = 'reading'::regclass and c.relname ~ '^reading_[0-9]{8}$' order by c.relname
"""
STRAYS = """
select distinct date_trunc('week', at at time zone 'UTC')::date as monday from reading_other
where at >= coalesce($1::timestamptz, '-infinity') and at < $2 order by 1
"""
# Of what was added since its index was last summarised the index says nothing, so that all of it is looked at; left to
# itself that is up to a fifth of the week.
SUMMARISE = """
select brin_summarize_new_values(h.inhrelid)
from pg_inherits h join pg_index i on i.indexrelid = h.inhrelid join pg_class c on c.oid = i.indrelid
where h.inhparent = 'reading_by_time'::regclass and c.relname = any($1::text[])
"""
# The planner has never heard of how times lie in a week that is new, and would read all of it.
BY_TIME = "set local enable_seqscan = off"
# Whose readings they are that lie among the others.
LATE = """
select distinct holder, session_id, station_id from reading_other where at >= $1 and at < $2 order by 1, 2, 3
"""
# Of clocks that are ahead: it would be years before their weeks are as old as what is forgotten.
AHEAD = """
select distinct date_trunc('week', at at time zone 'UTC')::date as monday from reading_other
where at >= $1 and recorded_at < $2 order by 1
"""
FORGET_AHEAD = "delete from reading_other where at >= $1 and at < $2 and recorded_at < $3"
FORGET_STRAYS = "delete from reading_other where at >= $1 and at < $2"
FORGOTTEN = "update reading_progress set forgotten_until = greatest(forgotten_until, $1)"
FORGOTTEN_UNTIL = "select forgotten_until from reading_progress"


def hold(unit: Unit) -> None:
    """Until the Unit ends nobody else makes, sums or drops weeks."""
    unit.write(HOLD)


def monday_of(at: datetime) -> date:
    day = at.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())


def span(monday: date) -> tuple[datetime, datetime]:
    """The week's beginning, and that of the next."""
    since = datetime.combine(monday, time(), UTC)
    return since, since + WEEK


async def made(unit: Unit) -> list[date]:
    """The Mondays of the weeks that have a part, in order of time."""
    return [datetime.strptime(row["relname"], _NAMED).replace(tzinfo=UTC).date() for row in await unit.fetch(MADE)]


async def strays(unit: Unit, since: datetime | None, until: datetime) -> list[date]:
    """The Mondays of weeks of this time in which something was read that lies among the others."""
    return [row["monday"] for row in await unit.fetch(STRAYS, since, until)]


async def ahead(unit: Unit, since: datetime, recorded_before: datetime) -> list[date]:
    """The Mondays of weeks since then of which something was recorded so long ago and lies among the others."""
    return [row["monday"] for row in await unit.fetch(AHEAD, since, recorded_before)]


def drop_ahead(unit: Unit, monday: date, recorded_before: datetime) -> None:
    """What of this week, which is still to come, was recorded so long ago."""
    unit.write(FORGET_AHEAD, *span(monday), recorded_before)


async def summarise(unit: Unit, mondays: Iterable[date]) -> None:
    """The index by time knows all that these weeks hold."""
    await unit.fetch(SUMMARISE, [monday.strftime(_NAMED) for monday in mondays])


def by_time(unit: Unit) -> None:
    """What follows in this Unit finds readings by their time, whatever else is known of them."""
    unit.write(BY_TIME)


def make(unit: Unit, monday: date) -> None:
    """What of this week lies among the others moves over; whoever adds to those waits meanwhile."""
    name, (since, until) = monday.strftime(_NAMED), span(monday)
    unit.write("lock table reading_other in share row exclusive mode")
    unit.write(f"create table {name} (like reading)")
    unit.write(f"insert into {name} select * from reading_other where at >= $1 and at < $2", since, until)
    unit.write(FORGET_STRAYS, since, until)
    unit.write(f"alter table reading attach partition {name} for values from ('{since}') to ('{until}')")


async def late(unit: Unit, monday: date) -> list[tuple[PartyId, str, str]]:
    """(holder, charge, Station) of what of this week lies among the others."""
    rows = await unit.fetch(LATE, *span(monday))
    return [(PartyId.parse(row["holder"]), row["session_id"], row["station_id"]) for row in rows]


def close(unit: Unit, monday: date) -> None:
    """Nothing more is added to this week before the Unit ends."""
    unit.write(f"lock table {monday.strftime(_NAMED)} in share mode")


def drop(unit: Unit, monday: date) -> None:
    """Its part, and what of it lies among the others."""
    since, until = span(monday)
    unit.write(f"drop table if exists {monday.strftime(_NAMED)}")
    unit.write(FORGET_STRAYS, since, until)
    unit.write(FORGOTTEN, until)


async def forgotten_until(unit: Unit) -> datetime | None:
    found = await unit.fetch_one(FORGOTTEN_UNTIL)
    return None if found is None else found["forgotten_until"]
