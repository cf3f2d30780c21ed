"""Sites as they were set up."""

from __future__ import annotations

from collections.abc import Sequence

from laddnav.db import turns
from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId, fold
from laddnav.sites.model.site import Site

PUT = """
insert into site (holder, id_key, ref, body, last_updated) values ($1, $2, $3, $4, $5)
on conflict (holder, id_key) do update set body = excluded.body, last_updated = excluded.last_updated
"""
FETCH = "select body from site where holder = $1 and id_key = $2"
LOCK = FETCH + " for update"
BY_REF = "select body from site where ref = $1"
PAGE = """
select body from site where ($1::text is null or holder = $1) and ($2::text is null or ref > $2) order by ref limit $3
"""
REMOVE = "delete from site where holder = $1 and id_key = $2"
REMOVE_ALL = [
    f"delete from {table} where holder = $1 and site_key = $2"
    for table in (
        "site_member",
        "site_measurement",
        "site_limit",
        "site_price",
        "site_plan",
        "site_quarter",
        "site_expected",
        "site_forecast",
    )
]
BEHIND = """
select site.body from site
where holder = $1 and id_key in (select site_key from site_member where holder = $1 and station_id = any($2))
"""


def put(unit: Unit, site: Site) -> None:
    unit.write(PUT, str(site.holder), fold(site.id), site.ref, json.encode(site).decode(), site.last_updated)


async def find(unit: Unit, holder: PartyId, id: str, *, lock: bool = False) -> Site | None:
    """With `lock` it is to be written, also where there is none yet."""
    key = str(holder), fold(id)
    return _site(await (turns.to_write(unit, LOCK, *key) if lock else unit.fetch_one(FETCH, *key)))


async def by_ref(unit: Unit, ref: str) -> Site | None:
    return _site(await unit.fetch_one(BY_REF, ref))


async def page(unit: Unit, holder: PartyId | None, after: str | None, limit: int) -> list[Site]:
    rows = await unit.fetch(PAGE, holder and str(holder), after, limit)
    return [json.decode(row["body"], Site) for row in rows]


async def behind(unit: Unit, holder: PartyId, station_ids: Sequence[str]) -> list[Site]:
    """The sites that feed any of these Stations."""
    rows = await unit.fetch(BEHIND, str(holder), list(station_ids))
    return [json.decode(row["body"], Site) for row in rows]


def remove(unit: Unit, site: Site) -> None:
    for statement in (REMOVE, *REMOVE_ALL):
        unit.write(statement, str(site.holder), fold(site.id))


def _site(row: Record | None) -> Site | None:
    return None if row is None else json.decode(row["body"], Site)
