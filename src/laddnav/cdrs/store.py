"""CDRs as they are kept: inserted once, never changed."""

from __future__ import annotations

from datetime import datetime

from laddnav.cdrs.model import Cdr
from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId, fold

FETCH = "select body from cdr where holder = $1 and owner = $2 and id_key = $3"
DIGEST = "select digest from cdr where holder = $1 and owner = $2 and id_key = $3"
OF_SESSION = "select body from cdr where holder = $1 and owner = $2 and session_key = $3 and not credit"
BY_REF = "select body from cdr where ref = $1"
PAGE = """
select body from cdr
where ($1::text is null or holder = $1) and ($2::text is null or owner = $2) and ($3::text is null or ref < $3)
order by ref desc limit $4
"""
INSERT = """
insert into cdr (holder, owner, id_key, id, ref, session_key, token_owner, token_uid_key, location_id, evse_uid,
  started_at, ended_at, energy_wh, currency, total_excl, total_incl, credit, body, digest, last_updated)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
on conflict do nothing
"""
SUMS = """
select currency, count(*) as many, sum(energy_wh) as energy_wh, sum(total_excl) as total_excl from cdr
where ($1::text is null or holder = $1) and ended_at >= $2 group by currency order by currency
"""


async def find(unit: Unit, holder: PartyId, owner: PartyId, id: str) -> Cdr | None:
    row = await unit.fetch_one(FETCH, str(holder), str(owner), fold(id))
    return None if row is None else json.decode(row["body"], Cdr)


async def digest_of(unit: Unit, holder: PartyId, owner: PartyId, id: str) -> str | None:
    value: str | None = await unit.value(DIGEST, str(holder), str(owner), fold(id))
    return value


async def of_session(unit: Unit, holder: PartyId, owner: PartyId, session_id: str) -> Cdr | None:
    row = await unit.fetch_one(OF_SESSION, str(holder), str(owner), fold(session_id))
    return None if row is None else json.decode(row["body"], Cdr)


async def by_ref(unit: Unit, ref: str) -> Cdr | None:
    row = await unit.fetch_one(BY_REF, ref)
    return None if row is None else json.decode(row["body"], Cdr)


async def page(unit: Unit, holder: PartyId | None, owner: PartyId | None, before: str | None, limit: int) -> list[Cdr]:
    rows = await unit.fetch(PAGE, holder and str(holder), owner and str(owner), before, limit)
    return [json.decode(row["body"], Cdr) for row in rows]


async def sums_since(unit: Unit, holder: PartyId | None, since: datetime) -> list[Record]:
    return await unit.fetch(SUMS, holder and str(holder), since)


async def insert(unit: Unit, cdr: Cdr, digest: str) -> bool:
    """False when this CDR, or the one CDR of its Session of ours, is kept already."""
    return bool(
        await unit.execute(
            INSERT,
            str(cdr.holder),
            str(cdr.owner),
            fold(cdr.id),
            cdr.id,
            cdr.ref,
            cdr.session_id and fold(cdr.session_id),
            str(cdr.token.owner),
            fold(cdr.token.uid),
            cdr.location.id,
            cdr.location.evse_uid,
            cdr.started_at,
            cdr.ended_at,
            cdr.energy.wh,
            cdr.currency,
            cdr.costs.total.before_taxes,
            cdr.costs.total.after_taxes,
            cdr.credit,
            json.encode(cdr).decode(),
            digest,
            cdr.last_updated,
        )
    )
