"""Sites as they are kept: what was set up, measured and limited, the plan in force, and what stations were told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId, fold
from laddnav.sites.model import Measurement, Member, OutsideLimit, Site, SitePlan, Standing

PUT = """
insert into site (holder, id_key, ref, body, last_updated) values ($1, $2, $3, $4, $5)
on conflict (holder, id_key) do update set body = excluded.body, last_updated = excluded.last_updated
"""
FETCH = "select body from site where holder = $1 and id_key = $2"
BY_REF = "select body from site where ref = $1"
PAGE = """
select body from site where ($1::text is null or holder = $1) and ($2::text is null or ref > $2) order by ref limit $3
"""
REMOVE = "delete from site where holder = $1 and id_key = $2"
REMOVE_ALL = [
    f"delete from {table} where holder = $1 and site_key = $2"
    for table in ("site_member", "site_measurement", "site_limit", "site_plan", "site_quarter")
]

MEMBERS = "select standing from site_member where holder = $1 and site_key = $2 order by station_id, evse_no"
MEMBER = """
select site_key, standing from site_member where holder = $1 and station_id = $2 and evse_no = $3
"""
PUT_MEMBER = """
insert into site_member (holder, station_id, evse_no, site_key, standing) values ($1, $2, $3, $4, $5)
on conflict (holder, station_id, evse_no) do update set site_key = excluded.site_key, standing = excluded.standing
"""
DROP_MEMBER = "delete from site_member where holder = $1 and station_id = $2 and evse_no = $3"

PUT_MEASUREMENT = """
insert into site_measurement (holder, site_key, place, at, body) values ($1, $2, $3, $4, $5)
on conflict (holder, site_key, place) do update set at = excluded.at, body = excluded.body
where site_measurement.at < excluded.at
"""
MEASUREMENTS = "select body from site_measurement where holder = $1 and site_key = $2"
LAST_MEASUREMENT = "select body from site_measurement where holder = $1 and site_key = $2 and place = $3 for update"

PUT_LIMIT = """
insert into site_limit (holder, site_key, by, id, end_at, body) values ($1, $2, $3, $4, $5, $6)
on conflict (holder, site_key, by, id) do update set end_at = excluded.end_at, body = excluded.body
"""
LIMITS = """
select body from site_limit where holder = $1 and site_key = $2 and (end_at is null or end_at > $3) order by by, id
"""
LIMIT = "select body from site_limit where holder = $1 and site_key = $2 and by = $3 and id = $4 for update"
DROP_LIMIT = "delete from site_limit where holder = $1 and site_key = $2 and by = $3 and id = $4"

PUT_PLAN = """
insert into site_plan (holder, site_key, number, made_at, body) values ($1, $2, $3, $4, $5)
on conflict (holder, site_key) do update set number = excluded.number, made_at = excluded.made_at, body = excluded.body
where site_plan.number < excluded.number
"""
PLAN = "select body from site_plan where holder = $1 and site_key = $2"


# ---- What was set up


def put(unit: Unit, site: Site) -> None:
    unit.write(PUT, str(site.holder), fold(site.id), site.ref, json.encode(site).decode(), site.last_updated)


async def find(unit: Unit, holder: PartyId, id: str, *, lock: bool = False) -> Site | None:
    return _site(await unit.fetch_one(FETCH + (" for update" if lock else ""), str(holder), fold(id)))


async def by_ref(unit: Unit, ref: str) -> Site | None:
    return _site(await unit.fetch_one(BY_REF, ref))


async def page(unit: Unit, holder: PartyId | None, after: str | None, limit: int) -> list[Site]:
    rows = await unit.fetch(PAGE, holder and str(holder), after, limit)
    return [json.decode(row["body"], Site) for row in rows]


def remove(unit: Unit, site: Site) -> None:
    for statement in (REMOVE, *REMOVE_ALL):
        unit.write(statement, str(site.holder), fold(site.id))


def _site(row: Record | None) -> Site | None:
    return None if row is None else json.decode(row["body"], Site)


# ---- What its members were told


async def standings(unit: Unit, site: Site, *, lock: bool = False) -> list[Standing]:
    rows = await unit.fetch(MEMBERS + (" for update" if lock else ""), str(site.holder), fold(site.id))
    return [json.decode(row["standing"], Standing) for row in rows]


async def standing(
    unit: Unit, holder: PartyId, station_id: str, evse_no: int, *, lock: bool = False
) -> tuple[str, Standing] | None:
    """(the key of its site, how it stands)."""
    row = await unit.fetch_one(MEMBER + (" for update" if lock else ""), str(holder), station_id, evse_no)
    return None if row is None else (row["site_key"], json.decode(row["standing"], Standing))


def put_standings(unit: Unit, holder: PartyId, site_key: str, some: Iterable[Standing]) -> None:
    for one in some:
        body = json.encode(one).decode()
        unit.write(PUT_MEMBER, str(holder), one.station_id, one.evse_no, site_key, body)


def drop_member(unit: Unit, holder: PartyId, one: Member | Standing) -> None:
    unit.write(DROP_MEMBER, str(holder), one.station_id, one.evse_no)


# ---- What is measured, and what others limit


def put_measurement(unit: Unit, site: Site, one: Measurement) -> None:
    """The newest stays."""
    body = json.encode(one).decode()
    unit.write(PUT_MEASUREMENT, str(site.holder), fold(site.id), one.place.value, one.at, body)


async def measurements(unit: Unit, site: Site) -> list[Measurement]:
    rows = await unit.fetch(MEASUREMENTS, str(site.holder), fold(site.id))
    return [json.decode(row["body"], Measurement) for row in rows]


async def last_measurement(unit: Unit, site: Site, place: str) -> Measurement | None:
    row = await unit.fetch_one(LAST_MEASUREMENT, str(site.holder), fold(site.id), place)
    return None if row is None else json.decode(row["body"], Measurement)


def put_limit(unit: Unit, site: Site, one: OutsideLimit) -> None:
    body = json.encode(one).decode()
    unit.write(PUT_LIMIT, str(site.holder), fold(site.id), one.by, one.id, one.end_at, body)


async def limits(unit: Unit, site: Site, since: datetime) -> list[OutsideLimit]:
    """Those that are not over by then."""
    rows = await unit.fetch(LIMITS, str(site.holder), fold(site.id), since)
    return [json.decode(row["body"], OutsideLimit) for row in rows]


async def limit(unit: Unit, site: Site, by: str, id: str) -> OutsideLimit | None:
    row = await unit.fetch_one(LIMIT, str(site.holder), fold(site.id), by, id)
    return None if row is None else json.decode(row["body"], OutsideLimit)


def drop_limit(unit: Unit, site: Site, by: str, id: str) -> None:
    unit.write(DROP_LIMIT, str(site.holder), fold(site.id), by, id)


# ---- The plan in force


def put_plan(unit: Unit, site: Site, plan: SitePlan) -> None:
    """The newest stays."""
    unit.write(PUT_PLAN, str(site.holder), fold(site.id), plan.number, plan.made_at, json.encode(plan).decode())


async def plan(unit: Unit, site: Site) -> SitePlan | None:
    row = await unit.fetch_one(PLAN, str(site.holder), fold(site.id))
    return None if row is None else json.decode(row["body"], SitePlan)


def several(many: Sequence[Standing]) -> dict[tuple[str, int], Standing]:
    """By Station and its number."""
    return {(one.station_id, one.evse_no): one for one in many}
