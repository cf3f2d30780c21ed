"""Customers and their contracts as they are kept."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from laddnav.customers.model import Contract, Customer, Note
from laddnav.customers.rules import FIRST_NUMBER
from laddnav.db import turns
from laddnav.db.unit import Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId, fold

NEXT_NUMBER = """
insert into customer_count (holder, last) values ($1, $2)
on conflict (holder) do update set last = customer_count.last + 1 returning last
"""
PUT = """
insert into customer (holder, ref, number, body, last_updated) values ($1, $2, $3, $4, $5)
on conflict (holder, ref) do update set body = excluded.body, last_updated = excluded.last_updated
"""
FETCH = "select body from customer where ref = $1"
LOCK = f"{FETCH} for update"
MANY = "select body from customer where holder = $1 and ref = any($2::text[])"
PAGE = """
select body from customer
where ($1::text is null or holder = $1) and ($2::text is null or body ilike $2) and ($3::text is null or ref > $3)
order by ref limit $4
"""
BY_EMAIL = "select body from customer where lower(body::json ->> 'email') = lower($1) order by ref limit $2"
ASK_TO_LEAVE = """
insert into customer_leaving (customer, holder, asked_at) values ($1, $2, $3)
on conflict (customer) do update set asked_at = excluded.asked_at, done_at = null
where customer_leaving.done_at is not null
"""
ASKED_TO_LEAVE = "select asked_at from customer_leaving where customer = $1 and done_at is null"
HAS_LEFT = "update customer_leaving set done_at = $2 where customer = $1 and done_at is null"
LEAVING = """
select c.body, l.asked_at from customer_leaving l join customer c on c.holder = l.holder and c.ref = l.customer
where l.done_at is null and ($1::text is null or l.holder = $1) order by l.asked_at limit $2
"""
INSERT_NOTE = """
insert into customer_note (holder, id, customer, at, by, text) values ($1, $2, $3, $4, $5, $6)
"""
NOTES = """
select at, by, text from customer_note where holder = $1 and customer = $2 order by id desc limit $3
"""
PUT_CONTRACT = """
insert into customer_contract (holder, contract_key, customer, body) values ($1, $2, $3, $4)
on conflict (holder, contract_key) do update set customer = excluded.customer, body = excluded.body
"""
DROP_CONTRACT = "delete from customer_contract where holder = $1 and contract_key = $2"
CONTRACT = "select body from customer_contract where holder = $1 and contract_key = $2"
LOCK_CONTRACT = f"{CONTRACT} for update"
CONTRACTS = "select body from customer_contract where holder = $1 and customer = $2 order by contract_key"
OF_CONTRACT = """
select customer.body from customer_contract contract
join customer on customer.holder = contract.holder and customer.ref = contract.customer
where contract.holder = $1 and contract.contract_key = $2
"""


async def next_number(unit: Unit, holder: PartyId) -> int:
    """One row of numbers a holder."""
    return int(await unit.value(NEXT_NUMBER, str(holder), FIRST_NUMBER))


def put(unit: Unit, one: Customer) -> None:
    unit.write(PUT, str(one.holder), one.ref, one.number, json.encode(one).decode(), one.last_updated)


async def find(unit: Unit, ref: str, *, lock: bool = False) -> Customer | None:
    row = await unit.fetch_one(LOCK if lock else FETCH, ref)
    return None if row is None else json.decode(row["body"], Customer)


async def many(unit: Unit, holder: PartyId, refs: Iterable[str]) -> list[Customer]:
    rows = await unit.fetch(MANY, str(holder), list(refs))
    return [json.decode(row["body"], Customer) for row in rows]


async def page(unit: Unit, holder: PartyId | None, words: str | None, after: str | None, limit: int) -> list[Customer]:
    pattern = None if not words else "%" + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    rows = await unit.fetch(PAGE, holder and str(holder), pattern, after, limit)
    return [json.decode(row["body"], Customer) for row in rows]


async def by_email(unit: Unit, email: str, limit: int) -> list[Customer]:
    rows = await unit.fetch(BY_EMAIL, email, limit)
    return [json.decode(row["body"], Customer) for row in rows]


def want_to_leave(unit: Unit, one: Customer) -> None:
    unit.write(ASK_TO_LEAVE, one.ref, str(one.holder), unit.now)


async def asked_to_leave(unit: Unit, one: Customer) -> datetime | None:
    at: datetime | None = await unit.value(ASKED_TO_LEAVE, one.ref)
    return at


async def has_left(unit: Unit, one: Customer) -> bool:
    return bool(await unit.execute(HAS_LEFT, one.ref, unit.now))


async def leaving(unit: Unit, holder: PartyId | None, limit: int) -> list[tuple[Customer, datetime]]:
    rows = await unit.fetch(LEAVING, holder and str(holder), limit)
    return [(json.decode(row["body"], Customer), row["asked_at"]) for row in rows]


def insert_note(unit: Unit, one: Customer, note: Note) -> None:
    unit.write(INSERT_NOTE, str(one.holder), unit.new_id(), one.ref, note.at, note.by, note.text)


async def notes(unit: Unit, one: Customer, limit: int) -> list[Note]:
    return [Note(**row) for row in await unit.fetch(NOTES, str(one.holder), one.ref, limit)]


def put_contract(unit: Unit, one: Contract) -> None:
    unit.write(PUT_CONTRACT, str(one.holder), fold(one.contract_id), one.customer, json.encode(one).decode())


def drop_contract(unit: Unit, one: Contract) -> None:
    unit.write(DROP_CONTRACT, str(one.holder), fold(one.contract_id))


async def contract(unit: Unit, holder: PartyId, contract_id: str, *, lock: bool = False) -> Contract | None:
    """With `lock` it is to be written, also where there is none yet."""
    key = str(holder), fold(contract_id)
    row = await (turns.to_write(unit, LOCK_CONTRACT, *key) if lock else unit.fetch_one(CONTRACT, *key))
    return None if row is None else json.decode(row["body"], Contract)


async def contracts(unit: Unit, customer: Customer) -> list[Contract]:
    rows = await unit.fetch(CONTRACTS, str(customer.holder), customer.ref)
    return [json.decode(row["body"], Contract) for row in rows]


async def of_contract(unit: Unit, holder: PartyId, contract_id: str) -> Customer | None:
    row = await unit.fetch_one(OF_CONTRACT, str(holder), fold(contract_id))
    return None if row is None else json.decode(row["body"], Customer)
