"""Readings, marks and doubts as they are kept; a fact that comes twice is kept once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from laddnav.db.unit import Record, Unit
from laddnav.kit.ids import PartyId
from laddnav.metering.model import Activity, Doubt, DoubtKind, Mark, Reading
from laddnav.readings.model import KeptDoubt, Said

APPEND = """
insert into reading (holder, station_id, evse_no, session_id, at, measurand, phase, place, context, value, signed,
  recorded_at)
select *, $12 from unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::timestamptz[], $6::text[], $7::text[],
  $8::text[], $9::text[], $10::numeric[], $11::text[])
on conflict do nothing
"""
OF_SESSION = """
select at, measurand, phase, place, context, value, signed from reading
where holder = $1 and session_id = $2 order by at, recorded_at
"""
MARK = "insert into activity_mark (holder, session_id, at, activity) values ($1, $2, $3, $4) on conflict do nothing"
MARKS = "select at, activity from activity_mark where holder = $1 and session_id = $2 order by at"
DOUBT = """
insert into doubt (holder, id, session_id, station_id, kind, at, detail, raised_at)
values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (holder, session_id, station_id, kind, at, detail) do nothing
"""
_DOUBT = "holder, id, session_id, station_id, kind, at, detail, raised_at, settled_at"
DOUBTS_OF = f"select {_DOUBT} from doubt where holder = $1 and session_id = $2 order by at, id"
OPEN_DOUBTS = f"""
select {_DOUBT} from doubt
where settled_at is null and ($1::text is null or holder = $1) and ($2::text is null or id < $2)
order by id desc limit $3
"""
SETTLE = "update doubt set settled_at = $3 where holder = $1 and id = $2 and settled_at is null"
SETTLE_KIND = """
update doubt set settled_at = $4 where holder = $1 and session_id = $2 and kind = $3 and settled_at is null
"""


def append(unit: Unit, said: Sequence[Said]) -> None:
    """All of a tick's readings in one statement."""
    rows = sorted(
        (
            str(one.holder),
            one.station_id,
            one.evse_no,
            one.session_id,
            reading.at,
            reading.measurand,
            reading.phase or "",
            reading.location,
            reading.context,
            reading.value,
            reading.signed,
        )
        for one in said
        for reading in one.readings
    )
    if rows:
        unit.write(APPEND, *(list(column) for column in zip(*rows, strict=True)), unit.now)


async def of_session(unit: Unit, holder: PartyId, session_id: str) -> tuple[Reading, ...]:
    return tuple(_reading(row) for row in await unit.fetch(OF_SESSION, str(holder), session_id))


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


async def marks(unit: Unit, holder: PartyId, session_id: str) -> tuple[Mark, ...]:
    rows = await unit.fetch(MARKS, str(holder), session_id)
    return tuple(Mark(at=row["at"], activity=Activity(row["activity"])) for row in rows)


def doubt(unit: Unit, holder: PartyId, id: str, session_id: str, station_id: str, one: Doubt) -> None:
    unit.write(DOUBT, str(holder), id, session_id, station_id, one.kind, one.at, one.detail, unit.now)


async def doubts_of(unit: Unit, holder: PartyId, session_id: str) -> list[KeptDoubt]:
    return [_doubt(row) for row in await unit.fetch(DOUBTS_OF, str(holder), session_id)]


async def open_doubts(unit: Unit, holder: PartyId | None, before: str | None, limit: int) -> list[KeptDoubt]:
    return [_doubt(row) for row in await unit.fetch(OPEN_DOUBTS, holder and str(holder), before, limit)]


def _doubt(row: Record) -> KeptDoubt:
    fields = dict(row)
    return KeptDoubt(**fields | {"holder": PartyId.parse(row["holder"]), "kind": DoubtKind(row["kind"])})


async def settle(unit: Unit, holder: PartyId, id: str) -> bool:
    return bool(await unit.execute(SETTLE, str(holder), id, unit.now))


def settle_kind(unit: Unit, holder: PartyId, session_id: str, kind: DoubtKind, at: datetime) -> None:
    unit.write(SETTLE_KIND, str(holder), session_id, kind, at)
