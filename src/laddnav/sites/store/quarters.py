"""Each quarter of an hour of a site that has begun: what was planned for it, and what its meters counted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from laddnav.db.unit import Record, Unit
from laddnav.kit.ids import fold
from laddnav.sites.model.plan import Quarter
from laddnav.sites.model.site import Site
from laddnav.sites.model.told import Place
from laddnav.sites.quarters import Share

PLANNED = """
insert into site_quarter (holder, site_key, at, planned_kw, planned_grid_kw, limit_kw) values ($1, $2, $3, $4, $5, $6)
on conflict (holder, site_key, at) do update set
  planned_kw = coalesce(site_quarter.planned_kw, excluded.planned_kw),
  planned_grid_kw = coalesce(site_quarter.planned_grid_kw, excluded.planned_grid_kw),
  limit_kw = least(site_quarter.limit_kw, excluded.limit_kw)
"""
COUNTED = {
    place: f"""
insert into site_quarter (holder, site_key, at, {place.lower()}_kwh, {place.lower()}_seconds)
values ($1, $2, $3, $4, $5)
on conflict (holder, site_key, at) do update set
  {place.lower()}_kwh = coalesce(site_quarter.{place.lower()}_kwh, 0) + excluded.{place.lower()}_kwh,
  {place.lower()}_seconds = site_quarter.{place.lower()}_seconds + excluded.{place.lower()}_seconds
"""
    for place in Place
}
BETWEEN = """
select at, planned_kw, planned_grid_kw, limit_kw, grid_kwh, grid_seconds, building_kwh, building_seconds, solar_kwh,
  solar_seconds, battery_kwh, battery_seconds
from site_quarter where holder = $1 and site_key = $2 and at >= $3 and at < $4 order by at
"""
FORGET = """
delete from site_quarter where ctid = any(array(select ctid from site_quarter where at < $1 order by at limit $2))
"""


def put_planned(unit: Unit, site: Site, at: datetime, cars: float, grid: float, limit: float) -> None:
    """Of a quarter that has begun; what was planned for it before stays so."""
    unit.write(PLANNED, str(site.holder), fold(site.id), at, cars, grid, limit)


def count(unit: Unit, site: Site, place: Place, shares: Iterable[Share]) -> None:
    for one in shares:
        unit.write(COUNTED[place], str(site.holder), fold(site.id), one.at, one.kwh, one.seconds)


async def between(unit: Unit, site: Site, since: datetime, until: datetime) -> list[Quarter]:
    """Those of which anything was planned or measured, in order of time; without what the cars drew."""
    rows = await unit.fetch(BETWEEN, str(site.holder), fold(site.id), since, until)
    return [
        Quarter(
            at=row["at"],
            planned=row["planned_kw"],
            planned_grid=row["planned_grid_kw"],
            limit=row["limit_kw"],
            grid=_mean(row, "grid"),
            grid_seconds=row["grid_seconds"],
            building=_mean(row, "building"),
            solar=_mean(row, "solar"),
            battery=_mean(row, "battery"),
        )
        for row in rows
    ]


def _mean(row: Record, place: str) -> float | None:
    seconds = row[f"{place}_seconds"]
    return row[f"{place}_kwh"] * 3600 / seconds if seconds else None


async def forget(unit: Unit, before: datetime, many: int) -> int:
    return await unit.execute(FORGET, before, many)
