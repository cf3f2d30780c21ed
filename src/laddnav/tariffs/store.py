"""Tariffs as they are kept."""

from __future__ import annotations

from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId, fold
from laddnav.tariffs.model import Tariff

FETCH = "select body from tariff where holder = $1 and owner = $2 and id_key = $3 and withdrawn_at is null"
LOCK = "select body, withdrawn_at from tariff where holder = $1 and owner = $2 and id_key = $3 for update"
# Those of the driver's own group, or else of the party's, and those for everybody, the former first where there is any.
OFFERED = """
select body, price_group <> '' as own from tariff
where holder = $1 and owner = $2 and id_key = any($3) and withdrawn_at is null
  and price_group in ('', coalesce(nullif($5, ''), (select name from price_group where holder = $1 and party = $4), ''))
"""
GROUPED = """
select id_key, price_group from tariff
where holder = $1 and owner = $1 and id_key = any($2) and withdrawn_at is null and price_group <> ''
"""
GROUP = "select price_group from tariff where holder = $1 and owner = $1 and id_key = $2"
SET_GROUP = "update tariff set price_group = $3 where holder = $1 and owner = $1 and id_key = $2"
PUT_PARTY = """
insert into price_group (holder, party, name) values ($1, $2, $3)
on conflict (holder, party) do update set name = excluded.name
"""
DROP_PARTY = "delete from price_group where holder = $1 and party = $2"
SEVERAL = "select body from tariff where holder = $1 and owner = $2 and id_key = any($3) and withdrawn_at is null"
REFS = "select id_key, ref from tariff where holder = $1 and owner = $2 and id_key = any($3) and withdrawn_at is null"
VERSIONS = """
select body from (
  select body, id_key, last_updated, 0 as age from tariff where holder = $1 and owner = $2 and id_key = any($3)
  union all
  select body, id_key, last_updated, 1 from tariff_version where holder = $1 and owner = $2 and id_key = any($3)) v
order by id_key, last_updated desc, age
"""
KEEP_VERSION = """
insert into tariff_version (holder, owner, id_key, last_updated, body) values ($1, $2, $3, $4, $5)
on conflict do nothing
"""
FORGET_VERSIONS = """
delete from tariff_version where holder = $1 and owner = $2 and id_key = $3 and last_updated > $4
"""
BY_REF = "select ref, holder, body from tariff where ref = $1"
PAGE = """
select ref, holder, body from tariff
where withdrawn_at is null and ($1::text is null or holder = $1) and ($2::text is null or owner = $2)
  and ($3::text is null or ref > $3)
order by ref limit $4
"""
UPSERT = """
insert into tariff (holder, owner, id_key, id, ref, currency, body, revision, last_updated)
values ($1, $2, $3, $4, $5, $6, $7, 1, $8)
on conflict (holder, owner, id_key) do update set id = excluded.id, currency = excluded.currency, body = excluded.body,
  revision = tariff.revision + 1, withdrawn_at = null, last_updated = excluded.last_updated
"""
WITHDRAW = """
update tariff set withdrawn_at = $4, revision = revision + 1, last_updated = $4
where holder = $1 and owner = $2 and id_key = $3 and withdrawn_at is null
"""


async def find(unit: Unit, holder: PartyId, owner: PartyId, id: str) -> Tariff | None:
    row = await unit.fetch_one(FETCH, str(holder), str(owner), fold(id))
    return None if row is None else json.decode(row["body"], Tariff)


async def find_locked(unit: Unit, holder: PartyId, owner: PartyId, id: str) -> tuple[Tariff, bool] | None:
    """(Tariff, whether it is withdrawn)."""
    row = await unit.fetch_one(LOCK, str(holder), str(owner), fold(id))
    return None if row is None else (json.decode(row["body"], Tariff), row["withdrawn_at"] is not None)


async def several(unit: Unit, holder: PartyId, owner: PartyId, ids: tuple[str, ...]) -> list[Tariff]:
    rows = await unit.fetch(SEVERAL, str(holder), str(owner), [fold(one) for one in ids])
    return [json.decode(row["body"], Tariff) for row in rows]


async def versions(unit: Unit, holder: PartyId, owner: PartyId, ids: tuple[str, ...]) -> list[Tariff]:
    rows = await unit.fetch(VERSIONS, str(holder), str(owner), [fold(one) for one in ids])
    return [json.decode(row["body"], Tariff) for row in rows]


async def offered(
    unit: Unit, holder: PartyId, owner: PartyId, ids: tuple[str, ...], party: PartyId | None, group: str
) -> list[tuple[Tariff, bool]]:
    """(Tariff, whether it is for this group, or for that of this party)."""
    rows = await unit.fetch(OFFERED, str(holder), str(owner), [fold(one) for one in ids], party and str(party), group)
    return [(json.decode(row["body"], Tariff), row["own"]) for row in rows]


async def grouped(unit: Unit, holder: PartyId, ids: tuple[str, ...]) -> dict[str, str]:
    """Folded id -> group, of those that are not for everybody."""
    rows = await unit.fetch(GROUPED, str(holder), [fold(one) for one in ids])
    return {row["id_key"]: row["price_group"] for row in rows}


async def group(unit: Unit, holder: PartyId, id: str) -> str:
    return str(await unit.value(GROUP, str(holder), fold(id)) or "")


def set_group(unit: Unit, holder: PartyId, id: str, group: str) -> None:
    unit.write(SET_GROUP, str(holder), fold(id), group)


def set_party(unit: Unit, holder: PartyId, party: PartyId, group: str) -> None:
    if group:
        unit.write(PUT_PARTY, str(holder), str(party), group)
    else:
        unit.write(DROP_PARTY, str(holder), str(party))


def keep_version(unit: Unit, holder: PartyId, tariff: Tariff) -> None:
    """What it said until now; the first of several with one `last_updated` stays."""
    unit.write(
        KEEP_VERSION,
        str(holder),
        str(tariff.owner),
        fold(tariff.id),
        tariff.last_updated,
        json.encode(tariff).decode(),
    )


def forget_versions(unit: Unit, holder: PartyId, tariff: Tariff) -> None:
    """Those of a later date than this, which is the newest."""
    unit.write(FORGET_VERSIONS, str(holder), str(tariff.owner), fold(tariff.id), tariff.last_updated)


async def refs(unit: Unit, holder: PartyId, owner: PartyId, ids: tuple[str, ...]) -> dict[str, str]:
    rows = await unit.fetch(REFS, str(holder), str(owner), [fold(one) for one in ids])
    return {row["id_key"]: row["ref"] for row in rows}


async def by_ref(unit: Unit, ref: str) -> tuple[PartyId, Tariff] | None:
    row = await unit.fetch_one(BY_REF, ref)
    return None if row is None else _read(row)[1:]


async def page(
    unit: Unit, holder: PartyId | None, owner: PartyId | None, after: str | None, limit: int
) -> list[tuple[str, PartyId, Tariff]]:
    rows = await unit.fetch(PAGE, holder and str(holder), owner and str(owner), after, limit)
    return [_read(row) for row in rows]


def _read(row: Record) -> tuple[str, PartyId, Tariff]:
    return row["ref"], PartyId.parse(row["holder"]), json.decode(row["body"], Tariff)


def write(unit: Unit, holder: PartyId, tariff: Tariff) -> None:
    unit.write(
        UPSERT,
        str(holder),
        str(tariff.owner),
        fold(tariff.id),
        tariff.id,
        unit.new_id(),
        tariff.currency,
        json.encode(tariff).decode(),
        tariff.last_updated,
    )


async def withdraw(unit: Unit, holder: PartyId, owner: PartyId, id: str) -> bool:
    return bool(await unit.execute(WITHDRAW, str(holder), str(owner), fold(id), unit.now))
