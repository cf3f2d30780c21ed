"""Books of our accounts at providers, and their movements, as they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.payments.book import Book, Movement
from laddnav.payments.payment import Payment

PUT = """
insert into provider_book (holder, account, next_at, body) values ($1, $2, $3, $4)
on conflict (holder, account) do update set next_at = excluded.next_at, body = excluded.body
"""
OF_ACCOUNT = "select body from provider_book where account = $1"
LISTED = "select body from provider_book where $1::text is null or holder = $1 order by account"
# An account whose book was never opened is due as soon as something was paid there.
DUE = """
select a.ref from payment_account a left join provider_book b on b.holder = a.holder and b.account = a.ref
where (b.next_at is null or b.next_at <= $1) and exists (select from payment p where p.account = a.ref)
order by a.ref limit $2
"""
FIRST = "select body from payment where account = $1 order by ref limit 1"
INSERT_MOVEMENT = """
insert into provider_movement (holder, account, id, at, moved, paid, body) values ($1, $2, $3, $4, $5, $6, $7)
on conflict (holder, account, id) do nothing
"""
STRANGE = """
select body from provider_movement m where holder = $1 and account = $2 and moved in ('ELSE', 'TAKEN')
  and (moved = 'ELSE' or paid is not null and not exists (
    select from payment p where p.account = m.account and p.provider_id = m.paid))
order by at desc limit $3
"""


def put(unit: Unit, one: Book, next_at: datetime) -> None:
    unit.write(PUT, str(one.holder), one.account, next_at, json.encode(one).decode())


async def book(unit: Unit, account: str) -> Book | None:
    return _book(await unit.fetch_one(OF_ACCOUNT, account))


async def listed(unit: Unit, holder: PartyId | None) -> list[Book]:
    return [json.decode(row["body"], Book) for row in await unit.fetch(LISTED, holder and str(holder))]


async def due(unit: Unit, limit: int) -> list[str]:
    """The refs of accounts."""
    return [row["ref"] for row in await unit.fetch(DUE, unit.now, limit)]


async def first_payment(unit: Unit, account: str) -> Payment | None:
    row = await unit.fetch_one(FIRST, account)
    return None if row is None else json.decode(row["body"], Payment)


async def insert_movement(unit: Unit, book: Book, one: Movement) -> bool:
    """Whether it was new."""
    row = (str(book.holder), book.account, one.id, one.at, one.moved, one.paid, json.encode(one).decode())
    return bool(await unit.execute(INSERT_MOVEMENT, *row))


async def strange(unit: Unit, book: Book, limit: int) -> Sequence[Movement]:
    """What we know nothing of, and what was taken for no payment of ours, the newest first."""
    rows = await unit.fetch(STRANGE, str(book.holder), book.account, limit)
    return [json.decode(row["body"], Movement) for row in rows]


def _book(row: Record | None) -> Book | None:
    return None if row is None else json.decode(row["body"], Book)
