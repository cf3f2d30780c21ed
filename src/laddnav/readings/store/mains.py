"""Readings of the mains of places and exchanges of their meters, as they are kept.

Of two at one instant the later word counts.
"""

from __future__ import annotations

from collections.abc import Iterable

from laddnav.db.unit import Record, Unit
from laddnav.kit.energy import Energy
from laddnav.kit.ids import PartyId, fold
from laddnav.readings.model import MainsExchange, MainsReading

KEEP = """
insert into mains_reading (holder, location_key, meter, at, register_wh) values ($1, $2, $3, $4, $5)
on conflict (holder, location_key, meter, at) do update set register_wh = excluded.register_wh
"""
WAS_READ = "select exists (select from mains_reading where holder = $1 and location_key = $2 and meter = $3)"
EXCHANGE = """
insert into mains_exchange (holder, ref, location_key, meter, at, before_wh, after_wh, noted_at, noted_by)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (holder, location_key, meter, at) do update set ref = excluded.ref, before_wh = excluded.before_wh,
  after_wh = excluded.after_wh, noted_at = excluded.noted_at, noted_by = excluded.noted_by
"""
_EXCHANGE = """
select x.holder, x.ref, coalesce(l.id, x.location_key) as location_id, x.meter, x.at, x.before_wh, x.after_wh,
  x.noted_at, x.noted_by
from mains_exchange x left join location l on l.holder = x.holder and l.owner = x.holder and l.id_key = x.location_key
"""
EXCHANGES = f"""
{_EXCHANGE} where ($1::text is null or x.holder = $1) and ($2::text is null or x.ref < $2) order by x.ref desc limit $3
"""
EXCHANGED = f"{_EXCHANGE} where x.ref = $1"
WITHDRAW = "delete from mains_exchange where holder = $1 and ref = $2"


def keep(unit: Unit, readings: Iterable[MainsReading]) -> None:
    for one in readings:
        unit.write(KEEP, str(one.holder), fold(one.location_id), one.meter, one.at, one.register.wh)


async def was_read(unit: Unit, holder: PartyId, location_id: str, meter: str) -> bool:
    return bool(await unit.value(WAS_READ, str(holder), fold(location_id), meter))


def exchange(unit: Unit, one: MainsExchange) -> None:
    before, after = one.before.wh, one.after.wh
    place = (str(one.holder), one.ref, fold(one.location_id), one.meter)
    unit.write(EXCHANGE, *place, one.at, before, after, one.noted_at, one.noted_by)


async def exchanges(unit: Unit, holder: PartyId | None, before: str | None, limit: int) -> list[MainsExchange]:
    """The last to be noted first."""
    return [_exchange(row) for row in await unit.fetch(EXCHANGES, holder and str(holder), before, limit)]


async def exchanged(unit: Unit, ref: str) -> MainsExchange | None:
    row = await unit.fetch_one(EXCHANGED, ref)
    return None if row is None else _exchange(row)


def withdraw(unit: Unit, one: MainsExchange) -> None:
    unit.write(WITHDRAW, str(one.holder), one.ref)


def _exchange(row: Record) -> MainsExchange:
    said = dict(row)
    registers = {"before": Energy(said.pop("before_wh")), "after": Energy(said.pop("after_wh"))}
    return MainsExchange(**said | registers | {"holder": PartyId.parse(row["holder"])})
