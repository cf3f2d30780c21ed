"""What Stations say they are, and how far their reports have come, as it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from laddnav.db.unit import Record, Unit
from laddnav.locations.model import Station
from laddnav.ocpp.wire.variables import Attribute, Mutability, Variable, VariableName

_NAME = "component, component_instance, evse_no, connector_no, name, instance, attribute"
KEEP = f"""
insert into ocpp_variable as v (holder, station_id, {_NAME}, value, mutability, type, unit, "values", at, report)
select $1, $2, one.*, $3, $4 from unnest($5::text[], $6::text[], $7::integer[], $8::integer[], $9::text[], $10::text[],
  $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[]) one
on conflict (holder, station_id, {_NAME}) do update set value = excluded.value,
  mutability = coalesce(excluded.mutability, v.mutability), type = coalesce(excluded.type, v.type),
  unit = coalesce(excluded.unit, v.unit), "values" = coalesce(excluded."values", v."values"), at = excluded.at,
  report = coalesce(excluded.report, v.report)
"""
KEPT = f"""
select {_NAME}, value, mutability, type, unit, "values", at from ocpp_variable
where holder = $1 and station_id = $2 order by {_NAME}
"""
FORGET = "delete from ocpp_variable where holder = $1 and station_id = $2 and report is distinct from $3"
ASKED = """
insert into ocpp_report (holder, station_id, number, firmware, asked_at) values ($1, $2, $3, $4, $5)
on conflict (holder, station_id) do update set number = excluded.number, firmware = excluded.firmware,
  asked_at = excluded.asked_at, parts = '{}', last_part = null, whole_at = null
"""
_REPORT = "number, firmware, asked_at, whole_at"
REPORT = f"select {_REPORT} from ocpp_report where holder = $1 and station_id = $2"
# True when this part was the last one missing.
HEAR_PART = """
with heard as (
  select parts + int4multirange(int4range($4::integer, $4, '[]')) as parts,
    coalesce($5::integer, last_part) as last_part
  from ocpp_report where holder = $1 and station_id = $2 and number = $3 for update)
update ocpp_report r set parts = h.parts, last_part = h.last_part,
  whole_at = case when h.parts = int4multirange(int4range(0, h.last_part, '[]')) then $6::timestamptz end
from heard h where r.holder = $1 and r.station_id = $2 returning r.whole_at is not null
"""


class Report(Struct, frozen=True, kw_only=True):
    """The newest report that a Station was asked for; `whole_at` None: it is not all here."""

    number: int
    firmware: str | None
    asked_at: datetime
    whole_at: datetime | None


def keep(unit: Unit, station: Station, variables: Sequence[Variable], report: int | None) -> None:
    """The last word on each counts, should one be told twice at once."""
    last = list({one.name: one for one in variables}.values())
    if not last:
        return
    rows = [
        (
            *(one.name.component, one.name.component_instance, one.name.evse_no, one.name.connector_no),
            *(one.name.name, one.name.instance, one.name.attribute.value),
            *(one.value, one.mutability and one.mutability.value, one.type, one.unit, one.values),
        )
        for one in last
    ]
    columns = (list(column) for column in zip(*rows, strict=True))
    unit.write(KEEP, str(station.holder), station.id, unit.now, report, *columns)


async def kept(unit: Unit, station: Station) -> list[tuple[Variable, datetime]]:
    """Each with when it was last said, in the order of their names."""
    return [(_variable(row), row["at"]) for row in await unit.fetch(KEPT, str(station.holder), station.id)]


def forget_others(unit: Unit, station: Station, report: int) -> None:
    """What the whole report does not name is not there any more."""
    unit.write(FORGET, str(station.holder), station.id, report)


def asked(unit: Unit, station: Station, number: int) -> None:
    unit.write(ASKED, str(station.holder), station.id, number, station.firmware, unit.now)


async def report(unit: Unit, station: Station) -> Report | None:
    row = await unit.fetch_one(REPORT, str(station.holder), station.id)
    return None if row is None else Report(**dict(row))


async def hear_part(unit: Unit, station: Station, number: int, part: int, *, last: bool) -> bool | None:
    """Whether the report is whole now; None: nobody waits for a report of this number."""
    at = part if last else None
    whole: bool | None = await unit.value(HEAR_PART, str(station.holder), station.id, number, part, at, unit.now)
    return whole


def _variable(row: Record) -> Variable:
    fields = dict(row)
    del fields["at"]
    mutability = fields.pop("mutability")
    about = {field: fields.pop(field) for field in ("value", "type", "unit", "values")}
    name = VariableName(**fields | {"attribute": Attribute(row["attribute"])})
    return Variable(name=name, mutability=mutability and Mutability(mutability), **about)
