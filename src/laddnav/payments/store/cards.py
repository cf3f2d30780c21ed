"""Cards that providers keep for customers, and what they call these, as it is kept."""

from __future__ import annotations

from datetime import date, datetime

from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.payments.card import StoredCard

PUT = """
insert into stored_card (holder, ref, customer, account, method, state, is_default, expires_on, next_at, body)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict (holder, ref) do update set method = excluded.method, state = excluded.state,
  is_default = excluded.is_default, expires_on = excluded.expires_on, next_at = excluded.next_at, body = excluded.body
"""
BY_REF = "select body from stored_card where ref = $1"
LOCK = BY_REF + " for update"
OF_CUSTOMER = """
select body from stored_card where holder = $1 and customer = $2 and state in ('ASKED', 'OPEN', 'STORED') order by ref
"""
# Whoever takes one has until then; nobody else asks for it meanwhile, unless a person or a provider wakes it.
TAKE = "update stored_card set next_at = $2 where ref = $1 and next_at <= $3 returning body"
DUE = "select ref from stored_card where next_at <= $1 order by next_at limit $2"
WAKE = """
update stored_card set next_at = $4 where account = $1 and (ref = $2 or method = $3) and state <> 'GIVEN_UP'
  and next_at is not null
"""
EXPIRING = """
select ref from stored_card where state = 'STORED' and expires_on <= $1 and ($2::text is null or ref > $2)
order by ref limit $3
"""
PAYER = "select payer from card_payer where holder = $1 and account = $2 and customer = $3"
KEEP_PAYER = """
insert into card_payer (holder, account, customer, payer) values ($1, $2, $3, $4)
on conflict (holder, account, customer) do update set payer = card_payer.payer returning payer
"""


def put(unit: Unit, one: StoredCard, next_at: datetime | None) -> None:
    row = (str(one.holder), one.ref, one.customer, one.account, one.method, one.state, one.default, one.expires_on)
    unit.write(PUT, *row, next_at, json.encode(one).decode())


async def card(unit: Unit, ref: str, *, lock: bool = False) -> StoredCard | None:
    return _card(await unit.fetch_one(LOCK if lock else BY_REF, ref))


async def of_customer(unit: Unit, holder: PartyId, customer: str) -> list[StoredCard]:
    """Those that are stored, or are being so, the oldest first."""
    return [json.decode(row["body"], StoredCard) for row in await unit.fetch(OF_CUSTOMER, str(holder), customer)]


async def take(unit: Unit, ref: str, until: datetime) -> StoredCard | None:
    """None: somebody else has it."""
    return _card(await unit.fetch_one(TAKE, ref, until, unit.now))


async def due(unit: Unit, limit: int) -> list[str]:
    return [row["ref"] for row in await unit.fetch(DUE, unit.now, limit)]


def wake(unit: Unit, account: str, ref: str | None, method: str | None = None) -> None:
    unit.write(WAKE, account, ref, method, unit.now)


async def expiring(unit: Unit, by: date, after: str | None, limit: int) -> list[str]:
    return [row["ref"] for row in await unit.fetch(EXPIRING, by, after, limit)]


async def payer(unit: Unit, one: StoredCard) -> str | None:
    found: str | None = await unit.value(PAYER, str(one.holder), one.account, one.customer)
    return found


async def keep_payer(unit: Unit, one: StoredCard, payer: str) -> str:
    """The first that was kept stays."""
    kept: str = await unit.value(KEEP_PAYER, str(one.holder), one.account, one.customer, payer)
    return kept


def _card(row: Record | None) -> StoredCard | None:
    return None if row is None else json.decode(row["body"], StoredCard)
