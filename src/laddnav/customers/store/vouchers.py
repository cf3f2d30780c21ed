"""Vouchers as they are kept: by a hash, for their codes are shown once."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from laddnav.customers.model import Customer
from laddnav.customers.vouchers import Batch, Counted, Voucher
from laddnav.db import turns
from laddnav.db.unit import Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId

INSERT_BATCH = "insert into voucher_batch (holder, ref, body, made_at) values ($1, $2, $3, $4)"
INSERT = "insert into voucher (holder, hash, batch) values ($1, $2, $3)"
BATCH = "select body from voucher_batch where ref = $1"
LOCK_BATCH = BATCH + " for update"
HOLD = "select ref from voucher_batch where holder = $1 and ref = $2 for update"
BATCHES = """
select batch.body, count(voucher.customer) as redeemed, coalesce(sum(voucher.spent), 0) as spent
from voucher_batch batch join voucher on voucher.holder = batch.holder and voucher.batch = batch.ref
where $1::text is null or batch.holder = $1 group by batch.holder, batch.ref, batch.body order by batch.ref desc
"""
LOCK = """
select voucher.customer, batch.body from voucher
join voucher_batch batch on batch.holder = voucher.holder and batch.ref = voucher.batch
where voucher.holder = $1 and voucher.hash = $2 for update of voucher
"""
HAS = "select exists (select from voucher where holder = $1 and batch = $2 and customer = $3)"
REDEEM = "update voucher set customer = $3, redeemed_at = $4 where holder = $1 and hash = $2"
OF_CUSTOMER = """
select voucher.hash, voucher.spent, voucher.redeemed_at, batch.body from voucher
join voucher_batch batch on batch.holder = voucher.holder and batch.ref = voucher.batch
where voucher.holder = $1 and voucher.customer = $2 order by voucher.redeemed_at, voucher.hash for update of voucher
"""
WITH_SOME = """
select distinct voucher.customer, batch.body from voucher
join voucher_batch batch on batch.holder = voucher.holder and batch.ref = voucher.batch
where voucher.holder = $1 and voucher.customer = any($2::text[])
  and voucher.spent < (batch.body::json ->> 'worth')::numeric
"""
SPEND = "update voucher set spent = spent + $3 where holder = $1 and hash = $2"


def insert(unit: Unit, batch: Batch, hashes: Iterable[str]) -> None:
    unit.write(INSERT_BATCH, str(batch.holder), batch.ref, json.encode(batch).decode(), batch.made_at)
    for one in hashes:
        unit.write(INSERT, str(batch.holder), one, batch.ref)


async def batch(unit: Unit, ref: str, *, lock: bool = False) -> Batch | None:
    """With `lock` it is to be written, also where there is none yet."""
    row = await (turns.to_write(unit, LOCK_BATCH, ref) if lock else unit.fetch_one(BATCH, ref))
    return None if row is None else json.decode(row["body"], Batch)


async def hold(unit: Unit, holder: PartyId, ref: str) -> None:
    """Locked until the Unit ends."""
    await unit.fetch_one(HOLD, str(holder), ref)


async def batches(unit: Unit, holder: PartyId | None) -> list[Counted]:
    """The newest first."""
    found = []
    for row in await unit.fetch(BATCHES, holder and str(holder)):
        one = json.decode(row["body"], Batch)
        found.append(Counted(holder=one.holder, batch=one, redeemed=row["redeemed"], spent=row["spent"]))
    return found


async def lock(unit: Unit, holder: PartyId, hash: str) -> tuple[Batch, str | None] | None:
    """(its batch, the customer who has it)."""
    row = await unit.fetch_one(LOCK, str(holder), hash)
    return None if row is None else (json.decode(row["body"], Batch), row["customer"])


async def has_one(unit: Unit, customer: Customer, batch: Batch) -> bool:
    return bool(await unit.value(HAS, str(customer.holder), batch.ref, customer.ref))


def redeem(unit: Unit, customer: Customer, hash: str) -> None:
    unit.write(REDEEM, str(customer.holder), hash, customer.ref, unit.now)


async def of_customer(unit: Unit, customer: Customer) -> tuple[Voucher, ...]:
    """The first one first; locked."""
    rows = await unit.fetch(OF_CUSTOMER, str(customer.holder), customer.ref)
    return tuple(
        Voucher(
            hash=row["hash"],
            batch=json.decode(row["body"], Batch),
            spent=row["spent"],
            redeemed_at=row["redeemed_at"],
        )
        for row in rows
    )


async def with_some(unit: Unit, holder: PartyId, customers: Iterable[str]) -> list[tuple[str, Batch]]:
    """Which of these customers has something left of a voucher, and of which batch."""
    rows = await unit.fetch(WITH_SOME, str(holder), list(customers))
    return [(row["customer"], json.decode(row["body"], Batch)) for row in rows]


def spend(unit: Unit, holder: PartyId, voucher: Voucher, amount: Decimal) -> None:
    unit.write(SPEND, str(holder), voucher.hash, amount)
