"""Readings and marks as they are kept; a fact that comes twice is kept once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from laddnav.db.rows import Lines
from laddnav.db.unit import Record, Unit
from laddnav.kit.energy import Energy
from laddnav.kit.ids import PartyId
from laddnav.metering.model import Activity, Exchanged, Mark, Measurand, Reading
from laddnav.readings.model import Said

# A line for each message, in which its readings are as they are: what they have in common is said once.
APPEND = Lines(
    """
insert into reading (holder, session_id, station_id, evse_no, at, measurand, phase, place, context, value, signed,
  recorded_at)
select rows.holder, rows.session_id, rows.station_id, rows.evse_no, one.at, one.measurand, coalesce(one.phase, ''),
  one.location, one.context, one.value, one.signed, rows.recorded_at
from {rows} cross join lateral json_to_recordset(rows.readings) as one(at timestamptz, measurand text, phase text,
  location text, context text, value numeric, signed text)
on conflict do nothing
""",
    {
        "holder": "text",
        "session_id": "text",
        "station_id": "text",
        "evse_no": "integer",
        "recorded_at": "timestamptz",
        "readings": "json",
    },
)
OF_SESSION = """
select at, measurand, phase, place, context, value, signed from reading
where holder = $1 and session_id = $2
  and at >= coalesce($3::timestamptz, '-infinity') and at < coalesce($4::timestamptz, 'infinity')
order by at, recorded_at
"""
HEARD = """
select distinct at, recorded_at from reading
where holder = $1 and session_id = $2 and at >= $3 and at < coalesce($4::timestamptz, 'infinity')
order by recorded_at, at
"""
HEARD_BESIDE = """
select distinct at, recorded_at from reading
where holder = $1 and session_id = any($2::text[]) and station_id = $3 and at >= $4 and at < $5
"""
ADOPT = """
insert into reading (holder, session_id, station_id, evse_no, at, measurand, phase, place, context, value, signed,
  recorded_at)
select holder, $2, station_id, evse_no, at, measurand, phase, place, context, value, signed, recorded_at from reading
where holder = $1 and session_id = '' and station_id = $3 and evse_no = $4 and at between $5 and $6
  and signed is not null and context <> 'Sample.Clock'
on conflict do nothing
"""
LAST_REGISTER = """
select value from reading
where holder = $1 and session_id = any($2::text[]) and station_id = $3 and evse_no = $4 and at between $5 and $6
  and measurand = $7 and phase = '' and place = 'Outlet'
order by at desc, value desc limit 1
"""
NEWEST = """
select session_id, at, measurand, phase, place, context, value, null as signed from (
  select *, row_number() over (partition by session_id, measurand, phase order by at desc) as back from reading
  where holder = $1 and session_id = any($2::text[]) and at >= $3 and measurand = any($4::text[]) and place = 'Outlet'
) counted
where back <= 2 and (phase = '' or measurand <> $5) order by at
"""
STATES_OF_CHARGE = """
select distinct on (session_id) session_id, at, value from reading
where holder = $1 and session_id = any($2::text[]) and at >= $3 and measurand = $4 order by session_id, at desc
"""
MARK = "insert into activity_mark (holder, session_id, at, activity) values ($1, $2, $3, $4) on conflict do nothing"
MARKS = """
select at, activity, null::numeric as before_wh, null::numeric as after_wh from activity_mark
where holder = $1 and session_id = $2
union all select at, null, before_wh, after_wh from register_exchange where holder = $1 and session_id = $2 order by at
"""
EXCHANGED = """
insert into register_exchange (holder, session_id, at, before_wh, after_wh) values ($1, $2, $3, $4, $5)
on conflict (holder, session_id, at) do update set before_wh = excluded.before_wh, after_wh = excluded.after_wh
"""


def append(unit: Unit, said: Sequence[Said]) -> None:
    """All of a tick's readings in one statement, in the order of their key, so that two ticks wait in no ring."""
    for one in sorted(said, key=_whose):
        if one.readings:
            readings = sorted(one.readings, key=_which)
            unit.write(APPEND, str(one.holder), one.session_id, one.station_id, one.evse_no, unit.now, readings)


def _whose(said: Said) -> tuple[str, str, str, int]:
    return str(said.holder), said.session_id, said.station_id, said.evse_no


def _which(reading: Reading) -> tuple[datetime, str, str, str, str]:
    return reading.at, reading.measurand, reading.phase or "", reading.location, reading.context


async def of_session(
    unit: Unit, holder: PartyId, session_id: str, since: datetime | None, until: datetime | None
) -> tuple[Reading, ...]:
    return tuple(_reading(row) for row in await unit.fetch(OF_SESSION, str(holder), session_id, since, until))


async def heard(
    unit: Unit, holder: PartyId, session_id: str, since: datetime, until: datetime | None
) -> list[tuple[datetime, datetime]]:
    rows = await unit.fetch(HEARD, str(holder), session_id, since, until)
    return [(row["at"], row["recorded_at"]) for row in rows]


async def heard_beside(
    unit: Unit, holder: PartyId, station_id: str, session_ids: Sequence[str], since: datetime, until: datetime
) -> list[tuple[datetime, datetime]]:
    rows = await unit.fetch(HEARD_BESIDE, str(holder), list(session_ids), station_id, since, until)
    return [(row["at"], row["recorded_at"]) for row in rows]


async def newest(unit: Unit, holder: PartyId, session_ids: Sequence[str], since: datetime) -> dict[str, list[Reading]]:
    """Of each charge the last two of each thing that says how much it draws or gives back, in order of time."""
    found: dict[str, list[Reading]] = {}
    register = Measurand.ENERGY_IMPORT_REGISTER
    kinds = [Measurand.CURRENT_IMPORT, Measurand.POWER_IMPORT, register]
    kinds += [Measurand.CURRENT_EXPORT, Measurand.POWER_EXPORT, Measurand.ENERGY_EXPORT_REGISTER]
    for row in await unit.fetch(NEWEST, str(holder), list(session_ids), since, kinds, register):
        found.setdefault(row["session_id"], []).append(_reading(row))
    return found


async def states_of_charge(
    unit: Unit, holder: PartyId, session_ids: Sequence[str], since: datetime
) -> dict[str, tuple[datetime, Decimal]]:
    rows = await unit.fetch(STATES_OF_CHARGE, str(holder), list(session_ids), since, Measurand.STATE_OF_CHARGE)
    return {row["session_id"]: (row["at"], row["value"]) for row in rows}


def adopt(
    unit: Unit, holder: PartyId, session_id: str, station_id: str, evse_no: int, since: datetime, until: datetime
) -> None:
    unit.write(ADOPT, str(holder), session_id, station_id, evse_no, since, until)


async def last_register(
    unit: Unit,
    holder: PartyId,
    session_ids: Sequence[str],
    station_id: str,
    evse_no: int,
    since: datetime,
    until: datetime,
) -> Energy | None:
    measurand = Measurand.ENERGY_IMPORT_REGISTER
    value = await unit.value(
        LAST_REGISTER, str(holder), list(session_ids), station_id, evse_no, since, until, measurand
    )
    return None if value is None else Energy(value)


def _reading(row: Record) -> Reading:
    return Reading(
        at=row["at"],
        measurand=row["measurand"],
        value=row["value"],
        phase=row["phase"] or None,
        context=row["context"],
        location=row["place"],
        signed=row["signed"],
    )


def mark(unit: Unit, holder: PartyId, session_id: str, one: Mark) -> None:
    unit.write(MARK, str(holder), session_id, one.at, one.activity)


def exchanged(unit: Unit, holder: PartyId, session_id: str, one: Exchanged) -> None:
    before, after = (None if each is None else each.wh for each in (one.before, one.after))
    unit.write(EXCHANGED, str(holder), session_id, one.at, before, after)


async def marks(unit: Unit, holder: PartyId, session_id: str) -> tuple[Mark | Exchanged, ...]:
    """What the car did, and from when another meter counted."""
    return tuple(_mark(row) for row in await unit.fetch(MARKS, str(holder), session_id))


def _mark(row: Record) -> Mark | Exchanged:
    if row["activity"] is not None:
        return Mark(at=row["at"], activity=Activity(row["activity"]))
    before, after = row["before_wh"], row["after_wh"]
    return Exchanged(
        at=row["at"],
        before=None if before is None else Energy(before),
        after=None if after is None else Energy(after),
    )
