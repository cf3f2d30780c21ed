"""Our accounts at providers as they are kept, with what opens them sealed."""

from __future__ import annotations

from laddnav.db.unit import Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.payments.payment import Account

PUT = """
insert into payment_account (holder, ref, body, secrets) values ($1, $2, $3, $4)
on conflict (holder, ref) do update set body = excluded.body, secrets = excluded.secrets
"""
BY_REF = "select body, secrets from payment_account where ref = $1"
LISTED = """
select body from payment_account
where ($1::text is null or holder = $1) and ($2::text is null or ref > $2) order by ref limit $3
"""

Kept = tuple[Account, str]  # with its sealed secrets


def put(unit: Unit, one: Account, sealed: str) -> None:
    unit.write(PUT, str(one.holder), one.ref, json.encode(one).decode(), sealed)


async def account(unit: Unit, ref: str) -> Kept | None:
    row = await unit.fetch_one(BY_REF, ref)
    return None if row is None else (json.decode(row["body"], Account), row["secrets"])


async def listed(unit: Unit, holder: PartyId | None, after: str | None, limit: int) -> list[Account]:
    rows = await unit.fetch(LISTED, holder and str(holder), after, limit)
    return [json.decode(row["body"], Account) for row in rows]
