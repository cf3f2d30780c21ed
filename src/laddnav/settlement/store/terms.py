"""How Terms are kept, and with whom there are none."""

from __future__ import annotations

from datetime import datetime

from laddnav.db.unit import Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.settlement.model import Terms

TERMS = "select body from settlement_terms where ($1::text is null or holder = $1) order by holder, partner, since desc"
PUT_TERMS = """
insert into settlement_terms (holder, partner, since, body) values ($1, $2, $3, $4)
on conflict (holder, partner, since) do update set body = excluded.body
"""
# With whom there were charges, either way, and nobody said how to settle: one look into the index for each partner.
WITHOUT_TERMS = """
with recursive known as (
  (select holder, partner from settlement_due where $1::text is null or holder = $1 order by holder, partner limit 1)
  union all
  select next.holder, next.partner from known k, lateral (
    select d.holder, d.partner from settlement_due d
    where (d.holder, d.partner) > (k.holder, k.partner) and ($1::text is null or d.holder = $1)
    order by d.holder, d.partner limit 1) as next
)
select k.holder, k.partner from known k
where exists (
    select from settlement_due d where d.holder = k.holder and d.partner = k.partner and d.ended_at >= $2)
  and not exists (select from settlement_terms t where t.holder = k.holder and t.partner = k.partner)
order by 1, 2 limit 50
"""


async def terms(unit: Unit, holder: PartyId | None) -> list[Terms]:
    """Of each partner the newest first."""
    return [json.decode(row["body"], Terms) for row in await unit.fetch(TERMS, holder and str(holder))]


def put_terms(unit: Unit, one: Terms) -> None:
    unit.write(PUT_TERMS, str(one.holder), str(one.partner), one.since, json.encode(one).decode())


async def without_terms(unit: Unit, holder: PartyId | None, since: datetime) -> list[tuple[PartyId, PartyId]]:
    rows = await unit.fetch(WITHOUT_TERMS, holder and str(holder), since)
    return [(PartyId.parse(row["holder"]), PartyId.parse(row["partner"])) for row in rows]
