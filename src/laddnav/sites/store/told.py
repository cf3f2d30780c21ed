"""What a site is told from outside: what its meters measure, and what others limit, ask as a price and expect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from laddnav.db.unit import Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId, fold
from laddnav.sites.model.site import Site
from laddnav.sites.model.told import Expected, Measurement, OutsideLimit, Place
from laddnav.sites.priced import ToldKind, ToldPrice

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
FORGET_LIMITS = """
delete from site_limit where ctid = any(array(select ctid from site_limit where end_at < $1 limit $2))
"""

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


async def forget_limits(unit: Unit, before: datetime, many: int) -> int:
    """Those that were over by then."""
    return await unit.execute(FORGET_LIMITS, before, many)


async def prices(
    unit: Unit, site: Site, since: datetime, until: datetime | None, by: str | None = None
) -> list[ToldPrice]:
    """Those that hold at some time between the two, in the order of who told them."""
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


async def forget_prices(unit: Unit, before: datetime, many: int) -> int:
    """What was told of a time before then; says how many they were."""
    return await unit.execute(FORGET_PRICES, before, many)


async def put_forecast(unit: Unit, site: Site, place: Place, kw: Mapping[datetime, float]) -> None:
    """Of these quarters; what was expected of others stays so."""
    await unit.execute(PUT_FORECAST, str(site.holder), fold(site.id), place.value, list(kw), list(kw.values()))


async def forecasts(unit: Unit, site: Site, since: datetime, until: datetime) -> dict[Place, dict[datetime, float]]:
    """kW by the quarter, of each place of which anybody expects anything."""
    found: dict[Place, dict[datetime, float]] = {}
    for row in await unit.fetch(FORECASTS, str(site.holder), fold(site.id), since, until):
        found.setdefault(Place(row["place"]), {})[row["at"]] = row["kw"]
    return found


async def forget_forecasts(unit: Unit, before: datetime, many: int) -> int:
    return await unit.execute(FORGET_FORECASTS, before, many)


async def put_expected(unit: Unit, holder: PartyId, told_by: str, at: Mapping[str, Expected]) -> None:
    """By the key of the site, in place of all that they had told of any."""
    await unit.execute(NOT_EXPECTED, str(holder), told_by, list(at))
    for site_key, one in at.items():
        unit.write(PUT_EXPECTED, str(holder), site_key, told_by, json.encode(one).decode())


async def expected(unit: Unit, site: Site) -> list[Expected]:
    rows = await unit.fetch(EXPECTED, str(site.holder), fold(site.id))
    return [json.decode(row["body"], Expected) for row in rows]
