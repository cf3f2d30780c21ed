"""What Stations say they are, as it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from laddnav.db.unit import Record, Unit
from laddnav.kit.ids import PartyId
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
NAMED = f"""
select {_NAME}, value, mutability, type, unit, "values", at from ocpp_variable
where holder = $1 and station_id = $2 and lower(name) = any($3) and attribute = 'Actual' order by {_NAME}
"""
FORGET = "delete from ocpp_variable where holder = $1 and station_id = $2 and report is distinct from $3"


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


async def named(unit: Unit, holder: PartyId, station_id: str, names: Sequence[str]) -> list[Variable]:
    """Those of these names, in whatever case they are written; what is said of the whole Station first."""
    return [_variable(row) for row in await unit.fetch(NAMED, str(holder), station_id, list(names))]


def forget_others(unit: Unit, station: Station, report: int) -> None:
    """What the whole report does not name is not there any more."""
    unit.write(FORGET, str(station.holder), station.id, report)


def _variable(row: Record) -> Variable:
    fields = dict(row)
    del fields["at"]
    mutability = fields.pop("mutability")
    about = {field: fields.pop(field) for field in ("value", "type", "unit", "values")}
    name = VariableName(**fields | {"attribute": Attribute(row["attribute"])})
    return Variable(name=name, mutability=mutability and Mutability(mutability), **about)
