"""Sites as they are kept: what was set up, measured and limited, the plan in force, and what stations were told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId, fold
from laddnav.scheduling.beside import Beside
from laddnav.scheduling.notes import Note, Said
from laddnav.sites.model import (
    BatteryTold,
    Expected,
    Measurement,
    Member,
    OutsideLimit,
    Place,
    Quarter,
    RoofTold,
    Site,
    SitePlan,
    Standing,
)
from laddnav.sites.priced import ToldKind, ToldPrice
from laddnav.sites.quarters import Share

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
    for table in (
        "site_member",
        "site_measurement",
        "site_limit",
        "site_price",
        "site_plan",
        "site_quarter",
        "site_expected",
    )
]

# Who keeps a site within its limits is one process at a time.
CLAIM = """
update site set watched_by = $1 where (holder, id_key) in (
  select holder, id_key from site where watched_by is null order by ref limit $2 for update skip locked)
returning holder, id_key, ref
"""
WANT_PLAN = """
update site set plan_wanted = $2
where holder = $1 and ($3::text is null or body::jsonb ->> 'bidding_zone' = $3)
  and ($4::text is null or lower(body::jsonb ->> 'grid_tariff_id') = lower($4))
  and ($5::text is null or id_key = $5)
"""
TOLD = "select battery_told, roof_told from site where holder = $1 and id_key = $2"
PUT_BATTERY_TOLD = "update site set battery_told = $3 where holder = $1 and id_key = $2"
PUT_ROOF_TOLD = "update site set roof_told = $3 where holder = $1 and id_key = $2"
BESIDE = "select beside from site where holder = $1 and id_key = $2"
PUT_BESIDE = "update site set beside = $3 where holder = $1 and id_key = $2"
PLAN_BEGUN = "update site set plan_wanted = null where holder = $1 and id_key = $2 and plan_wanted is not null"
RELEASE = "update site set watched_by = null where watched_by = $1"
WATCHED = """
select body, plan_wanted from site where holder = $1 and id_key = $2 and watched_by = $3 for no key update
"""

MEMBERS = "select standing from site_member where holder = $1 and site_key = $2 order by station_id, evse_no"
MEMBER = """
select site_key, standing from site_member where holder = $1 and station_id = $2 and evse_no = $3
"""
OUTS = """
select m.holder, s.ref, m.standing from site_member m join site s on s.holder = m.holder and s.id_key = m.site_key
where ($1::text is null or m.holder = $1) and m.standing::jsonb ? 'ban' order by m.holder, m.station_id, m.evse_no
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
# Of the word that was read and no other: it may have been taken back, or changed, since.
OBEYED = """
update site_limit set body = $6 where holder = $1 and site_key = $2 and by = $3 and id = $4
  and (body::jsonb ->> 'told_at')::timestamptz = $5
"""
LIMITS = """
select body from site_limit where holder = $1 and site_key = $2 and (end_at is null or end_at > $3) order by by, id
"""
LIMIT = "select body from site_limit where holder = $1 and site_key = $2 and by = $3 and id = $4 for update"
DROP_LIMIT = "delete from site_limit where holder = $1 and site_key = $2 and by = $3 and id = $4"

PUT_PRICE = """
insert into site_price (holder, site_key, by, kind, begin_at, end_at, value, currency)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (holder, site_key, by, kind, begin_at) do update set end_at = excluded.end_at, value = excluded.value,
  currency = excluded.currency
"""
# What has begun was so until now; what has not never was.
DROP_PRICES = """
delete from site_price where holder = $1 and site_key = $2 and by = $3 and begin_at >= $4
"""
END_PRICES = """
update site_price set end_at = $4 where holder = $1 and site_key = $2 and by = $3 and (end_at is null or end_at > $4)
"""
PRICES = """
select kind, begin_at, end_at, value, currency from site_price
where holder = $1 and site_key = $2 and ($3::text is null or by = $3)
  and ($5::timestamptz is null or begin_at < $5) and (end_at is null or end_at > $4)
order by by, kind, begin_at
"""
FORGET_PRICES = """
delete from site_price where ctid = any(array(select ctid from site_price where end_at < $1 limit $2))
"""

PUT_PLAN = """
insert into site_plan (holder, site_key, number, made_at, body) values ($1, $2, $3, $4, $5)
on conflict (holder, site_key) do update set number = excluded.number, made_at = excluded.made_at, body = excluded.body
where site_plan.number < excluded.number
"""
PLAN = "select body from site_plan where holder = $1 and site_key = $2"
NEWER_PLAN = """
select number, case when number is distinct from $3 then body end as body from site_plan
where holder = $1 and site_key = $2
"""

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
QUARTERS = """
select at, planned_kw, planned_grid_kw, limit_kw, grid_kwh, grid_seconds, building_kwh, building_seconds, solar_kwh,
  solar_seconds, battery_kwh, battery_seconds
from site_quarter where holder = $1 and site_key = $2 and at >= $3 and at < $4 order by at
"""
PUT_FORECAST = """
insert into site_forecast (holder, site_key, place, at, kw)
select $1, $2, $3, x.at, x.kw from unnest($4::timestamptz[], $5::double precision[]) x (at, kw)
on conflict (holder, site_key, place, at) do update set kw = excluded.kw
"""
FORECASTS = """
select place, at, kw from site_forecast where holder = $1 and site_key = $2 and at >= $3 and at < $4 order by place, at
"""
FORGET_FORECASTS = """
delete from site_forecast where ctid = any(array(select ctid from site_forecast where at < $1 limit $2))
"""
PUT_EXPECTED = """
insert into site_expected (holder, site_key, told_by, body) values ($1, $2, $3, $4)
on conflict (holder, site_key, told_by) do update set body = excluded.body where site_expected.body <> excluded.body
"""
EXPECTED = "select body from site_expected where holder = $1 and site_key = $2 order by told_by"
NOT_EXPECTED = "delete from site_expected where holder = $1 and told_by = $2 and site_key <> all($3)"
BEHIND = """
select site.body from site
where holder = $1 and id_key in (select site_key from site_member where holder = $1 and station_id = any($2))
"""
PLAN_ANEW = "update site set plan_wanted = $3 where holder = $1 and id_key = $2"
FORGET_QUARTERS = """
delete from site_quarter where ctid = any(array(select ctid from site_quarter where at < $1 order by at limit $2))
"""
FORGET_LIMITS = """
delete from site_limit where ctid = any(array(select ctid from site_limit where end_at < $1 limit $2))
"""


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


async def behind(unit: Unit, holder: PartyId, station_ids: Sequence[str]) -> list[Site]:
    """The sites that feed any of these Stations."""
    rows = await unit.fetch(BEHIND, str(holder), list(station_ids))
    return [json.decode(row["body"], Site) for row in rows]


def remove(unit: Unit, site: Site) -> None:
    for statement in (REMOVE, *REMOVE_ALL):
        unit.write(statement, str(site.holder), fold(site.id))


def _site(row: Record | None) -> Site | None:
    return None if row is None else json.decode(row["body"], Site)


# ---- Who watches it


async def claim(unit: Unit, process: str, limit: int) -> list[tuple[PartyId, str, str]]:
    """(holder, key, ref) of sites that nobody watched."""
    rows = await unit.fetch(CLAIM, process, limit)
    return [(PartyId.parse(row["holder"]), row["id_key"], row["ref"]) for row in rows]


async def release(unit: Unit, process: str) -> None:
    await unit.execute(RELEASE, process)


async def watched(unit: Unit, holder: PartyId, key: str, process: str) -> tuple[Site, Said | None] | None:
    """(the site, why another plan is wanted of it), and nobody else does anything about it before the Unit ends.

    None: it is gone, or somebody else watches it.
    """
    row = await unit.fetch_one(WATCHED, str(holder), key, process)
    return None if row is None else (json.decode(row["body"], Site), _said(row["plan_wanted"]))


def _said(kept: str | None) -> Said | None:
    """A sentence is from before notes had kinds."""
    return json.decode(kept, Note) if kept is not None and kept.startswith("{") else kept


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


async def outs(unit: Unit, holder: PartyId | None) -> list[tuple[PartyId, str, Standing]]:
    """(holder, the ref of its site, how it stands) of each that is taken out."""
    rows = await unit.fetch(OUTS, holder and str(holder))
    return [(PartyId.parse(row["holder"]), row["ref"], json.decode(row["standing"], Standing)) for row in rows]


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


async def beside(unit: Unit, site: Site) -> Beside | None:
    body = await unit.value(BESIDE, str(site.holder), fold(site.id))
    return None if body is None else json.decode(body, Beside)


def put_beside(unit: Unit, site: Site, one: Beside) -> None:
    unit.write(PUT_BESIDE, str(site.holder), fold(site.id), json.encode(one).decode())


async def told(unit: Unit, site: Site) -> tuple[BatteryTold | None, RoofTold | None]:
    """What battery and roof were told last."""
    if site.battery is None and site.solar_kwp is None and not site.solar_follows:
        return None, None
    row = await unit.fetch_one(TOLD, str(site.holder), fold(site.id))
    if row is None:
        return None, None
    battery, roof = row["battery_told"], row["roof_told"]
    return (
        None if battery is None else json.decode(battery, BatteryTold),
        None if roof is None else json.decode(roof, RoofTold),
    )


def put_battery_told(unit: Unit, site: Site, one: BatteryTold | None) -> None:
    body = None if one is None else json.encode(one).decode()
    unit.write(PUT_BATTERY_TOLD, str(site.holder), fold(site.id), body)


def put_roof_told(unit: Unit, site: Site, one: RoofTold | None) -> None:
    body = None if one is None else json.encode(one).decode()
    unit.write(PUT_ROOF_TOLD, str(site.holder), fold(site.id), body)


def put_limit(unit: Unit, site: Site, one: OutsideLimit) -> None:
    body = json.encode(one).decode()
    unit.write(PUT_LIMIT, str(site.holder), fold(site.id), one.by, one.id, one.end_at, body)


def limit_obeyed(unit: Unit, site: Site, one: OutsideLimit) -> None:
    """It says since when; nothing where somebody said something else since."""
    body = json.encode(one).decode()
    unit.write(OBEYED, str(site.holder), fold(site.id), one.by, one.id, one.told_at, body)


async def limits(unit: Unit, site: Site, since: datetime) -> list[OutsideLimit]:
    """Those that are not over by then."""
    rows = await unit.fetch(LIMITS, str(site.holder), fold(site.id), since)
    return [json.decode(row["body"], OutsideLimit) for row in rows]


async def limit(unit: Unit, site: Site, by: str, id: str) -> OutsideLimit | None:
    row = await unit.fetch_one(LIMIT, str(site.holder), fold(site.id), by, id)
    return None if row is None else json.decode(row["body"], OutsideLimit)


def drop_limit(unit: Unit, site: Site, by: str, id: str) -> None:
    unit.write(DROP_LIMIT, str(site.holder), fold(site.id), by, id)


async def told_prices(
    unit: Unit, site: Site, since: datetime, until: datetime | None, by: str | None = None
) -> list[ToldPrice]:
    """That hold at some time between the two, in the order of who told them."""
    rows = await unit.fetch(PRICES, str(site.holder), fold(site.id), by, since, until)
    return [ToldPrice(**dict(row) | {"kind": ToldKind(row["kind"])}) for row in rows]


async def put_prices(unit: Unit, site: Site, by: str, some: Iterable[ToldPrice]) -> None:
    """In place of all that they had told of what is to come."""
    await unit.execute(DROP_PRICES, str(site.holder), fold(site.id), by, unit.now)
    await unit.execute(END_PRICES, str(site.holder), fold(site.id), by, unit.now)
    for one in some:
        unit.write(
            PUT_PRICE,
            *(str(site.holder), fold(site.id), by, one.kind.value),
            *(one.begin_at, one.end_at, one.value, one.currency),
        )


async def put_forecast(unit: Unit, site: Site, place: Place, kw: Mapping[datetime, float]) -> None:
    """Of these quarters; what was expected of others stays so."""
    await unit.execute(PUT_FORECAST, str(site.holder), fold(site.id), place.value, list(kw), list(kw.values()))


async def forecasts(unit: Unit, site: Site, since: datetime, until: datetime) -> dict[Place, dict[datetime, float]]:
    """kW by the quarter, of each place of which anybody expects anything."""
    found: dict[Place, dict[datetime, float]] = {}
    for row in await unit.fetch(FORECASTS, str(site.holder), fold(site.id), since, until):
        found.setdefault(Place(row["place"]), {})[row["at"]] = row["kw"]
    return found


async def put_expected(unit: Unit, holder: PartyId, told_by: str, at: Mapping[str, Expected]) -> None:
    """By the key of the site, in place of all that they had told of any."""
    await unit.execute(NOT_EXPECTED, str(holder), told_by, list(at))
    for site_key, one in at.items():
        unit.write(PUT_EXPECTED, str(holder), site_key, told_by, json.encode(one).decode())


async def expected(unit: Unit, site: Site) -> list[Expected]:
    rows = await unit.fetch(EXPECTED, str(site.holder), fold(site.id))
    return [json.decode(row["body"], Expected) for row in rows]


# ---- The plan in force


def put_plan(unit: Unit, site: Site, plan: SitePlan) -> None:
    """The newest stays."""
    unit.write(PUT_PLAN, str(site.holder), fold(site.id), plan.number, plan.made_at, json.encode(plan).decode())


async def plan(unit: Unit, site: Site) -> SitePlan | None:
    row = await unit.fetch_one(PLAN, str(site.holder), fold(site.id))
    return None if row is None else json.decode(row["body"], SitePlan)


async def want_plan(
    unit: Unit,
    holder: PartyId,
    *,
    why: Note,
    zone: str | None = None,
    tariff_id: str | None = None,
    site_id: str | None = None,
) -> None:
    """Of all sites of a holder in a bidding zone, or of those with a grid tariff, or of one."""
    key = None if site_id is None else fold(site_id)
    await unit.execute(WANT_PLAN, str(holder), json.encode(why).decode(), zone, tariff_id, key)


async def want_one_plan(unit: Unit, site: Site, why: Note) -> None:
    await unit.execute(PLAN_ANEW, str(site.holder), fold(site.id), json.encode(why).decode())


def plan_begun(unit: Unit, site: Site) -> None:
    """Whoever wants one from now on wants another."""
    unit.write(PLAN_BEGUN, str(site.holder), fold(site.id))


async def newer_plan(unit: Unit, site: Site, known: SitePlan | None) -> SitePlan | None:
    """The plan in force, read only where it is not the one that is known."""
    number = -1 if known is None else known.number
    row = await unit.fetch_one(NEWER_PLAN, str(site.holder), fold(site.id), number)
    if row is None:
        return None
    return known if row["body"] is None else json.decode(row["body"], SitePlan)


# ---- What happened


def put_planned(unit: Unit, site: Site, at: datetime, cars: float, grid: float, limit: float) -> None:
    """Of a quarter that has begun; what was planned for it before stays so."""
    unit.write(PLANNED, str(site.holder), fold(site.id), at, cars, grid, limit)


def count(unit: Unit, site: Site, place: Place, shares: Iterable[Share]) -> None:
    for one in shares:
        unit.write(COUNTED[place], str(site.holder), fold(site.id), one.at, one.kwh, one.seconds)


async def quarters(unit: Unit, site: Site, since: datetime, until: datetime) -> list[Quarter]:
    """Those of which anything was planned or measured, in order of time; without what the cars drew."""
    rows = await unit.fetch(QUARTERS, str(site.holder), fold(site.id), since, until)
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


async def forget_quarters(unit: Unit, before: datetime, many: int) -> int:
    return await unit.execute(FORGET_QUARTERS, before, many)


async def forget_prices(unit: Unit, before: datetime, many: int) -> int:
    """What was told of a time before then; says how many they were."""
    return await unit.execute(FORGET_PRICES, before, many)


async def forget_forecasts(unit: Unit, before: datetime, many: int) -> int:
    return await unit.execute(FORGET_FORECASTS, before, many)


async def forget_limits(unit: Unit, before: datetime, many: int) -> int:
    """Those that were over by then."""
    return await unit.execute(FORGET_LIMITS, before, many)


def several(many: Sequence[Standing]) -> dict[tuple[str, int], Standing]:
    """By Station and its number."""
    return {(one.station_id, one.evse_no): one for one in many}
