"""How Records are kept; one that was withdrawn stays, so that nobody is told twice that it is gone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from laddnav.db import turns
from laddnav.db.unit import Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId, fold
from laddnav.reconciliation.model import Record

FIND = "select body from reconciliation where holder = $1 and owner = $2 and id_key = $3 and withdrawn_at is null"
# Also of one that was withdrawn: it may come again.
LOCK = "select body, withdrawn_at from reconciliation where holder = $1 and owner = $2 and id_key = $3 for update"
BY_REF = "select body from reconciliation where ref = $1 and withdrawn_at is null"
PAGE = """
select body from reconciliation
where withdrawn_at is null and ($1::text is null or holder = $1) and ($2::text is null or ref < $2)
order by ref desc limit $3
"""
LISTING = """
select body from reconciliation
where holder = $1 and cpo = $2 and cdr_keys && $3 and withdrawn_at is null and ref <> $4 order by ref
"""
OF_OWNER = """
select body from reconciliation
where holder = $1 and owner = $2 and withdrawn_at is null and last_updated >= $3 order by ref desc limit $4
"""
PUT = """
insert into reconciliation as r (holder, owner, id_key, ref, receiver, cpo, cdr_keys, body, revision, last_updated)
values ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9)
on conflict (holder, owner, id_key) do update set receiver = excluded.receiver, cpo = excluded.cpo,
  cdr_keys = excluded.cdr_keys, body = excluded.body, revision = r.revision + 1, withdrawn_at = null,
  last_updated = excluded.last_updated
"""
WITHDRAW = """
update reconciliation set withdrawn_at = $4, revision = revision + 1, last_updated = $4
where holder = $1 and owner = $2 and id_key = $3 and withdrawn_at is null
"""


async def find(unit: Unit, holder: PartyId, owner: PartyId, id: str) -> Record | None:
    row = await unit.fetch_one(FIND, str(holder), str(owner), fold(id))
    return None if row is None else json.decode(row["body"], Record)


async def find_locked(unit: Unit, holder: PartyId, owner: PartyId, id: str) -> tuple[Record, bool] | None:
    """(Record, whether it is withdrawn)."""
    row = await turns.to_write(unit, LOCK, str(holder), str(owner), fold(id))
    return None if row is None else (json.decode(row["body"], Record), row["withdrawn_at"] is not None)


async def by_ref(unit: Unit, ref: str) -> Record | None:
    row = await unit.fetch_one(BY_REF, ref)
    return None if row is None else json.decode(row["body"], Record)


async def page(unit: Unit, holder: PartyId | None, before: str | None, limit: int) -> list[Record]:
    return [json.decode(row["body"], Record) for row in await unit.fetch(PAGE, holder and str(holder), before, limit)]


async def listing(unit: Unit, record: Record, cdrs: Iterable[str]) -> list[Record]:
    """The others that list any of these CDRs of its CPO."""
    keys = [fold(id) for id in cdrs]
    rows = await unit.fetch(LISTING, str(record.holder), str(record.cpo), keys, record.ref)
    return [json.decode(row["body"], Record) for row in rows]


async def of_owner(unit: Unit, holder: PartyId, owner: PartyId, since: datetime, limit: int) -> list[Record]:
    rows = await unit.fetch(OF_OWNER, str(holder), str(owner), since, limit)
    return [json.decode(row["body"], Record) for row in rows]


def put(unit: Unit, record: Record) -> None:
    unit.write(
        PUT,
        str(record.holder),
        str(record.owner),
        fold(record.id),
        record.ref,
        str(record.receiver),
        str(record.cpo),
        [fold(id) for id in record.cdrs],
        json.encode(record).decode(),
        record.last_updated,
    )


async def withdraw(unit: Unit, holder: PartyId, owner: PartyId, id: str) -> bool:
    return bool(await unit.execute(WITHDRAW, str(holder), str(owner), fold(id), unit.now))
