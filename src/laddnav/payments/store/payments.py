"""Payments, their calls, refunds and what was heard of them, as they are kept; whose turn it is with each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.payments.payment import Call, Payment, Refund, Told

INSERT = """
insert into payment (holder, ref, account, about, state, provider_id, troubled, next_at, body)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
UPDATE = """
update payment set state = $3, provider_id = $4, troubled = $5, next_at = $6, body = $7 where holder = $1 and ref = $2
"""
BY_REF = "select body from payment where ref = $1"
LOCK = BY_REF + " for update"
# Whoever takes a turn has until its end; nobody else works on this payment meanwhile, and whoever comes next does then.
TAKE = """
update payment set turn = $2, turn_until = $3, next_at = $3 where ref = $1 and (turn_until is null or turn_until <= $4)
returning body
"""
HAS_TURN = "select body from payment where ref = $1 and turn = $2 for update"
END_TURN = """
update payment set state = $3, provider_id = $4, troubled = $5, next_at = $6, body = $7, turn = null, turn_until = null
where holder = $1 and ref = $2
"""
DUE = """
select ref from payment where next_at <= $1 and (turn_until is null or turn_until <= $1) order by next_at limit $2
"""
WAKE = "update payment set next_at = $2 where ref = $1"
LISTED = """
select body from payment
where ($1::text is null or holder = $1) and ($2::text is null or ref < $2) and ($3::text is null or about = $3)
  and ($4 is false or troubled) and ($5 is false or state = 'HELD')
order by ref desc limit $6
"""
CREDITING = """
select body from payment where holder = $1 and body::json ->> 'credits' = any($2) order by ref desc limit $3
"""
BY_CARD = """
select body from payment
where right(body::json ->> 'paid_with', 4) = $2 and body::json ->> 'paid_with' is not null
  and ($1::text is null or holder = $1)
order by ref desc limit $3
"""
NAMED = "select body from payment where account = $1 and (ref = $2 or provider_id = $3)"

PUT_CALL = """
insert into payment_call (holder, payment, number, open, body) values ($1, $2, $3, $4, $5)
on conflict (holder, payment, number) do update set open = excluded.open, body = excluded.body
"""
OPEN_CALL = "select body from payment_call where holder = $1 and payment = $2 and open"
CALLS = "select body from payment_call where holder = $1 and payment = $2 order by number"

PUT_REFUND = """
insert into payment_refund (holder, ref, payment, state, body) values ($1, $2, $3, $4, $5)
on conflict (holder, ref) do update set state = excluded.state, body = excluded.body
"""
LOCK_REFUND = "select body from payment_refund where ref = $1 for update"
REFUNDS = "select body from payment_refund where holder = $1 and payment = $2 order by ref"
REFUNDS_WAITING = """
select body from payment_refund where ($1::text is null or holder = $1) and state = 'WAITING' order by ref
"""

INSERT_HEARD = """
insert into payment_heard (holder, payment, id, what, at) values ($1, $2, $3, $4, $5)
on conflict (holder, payment, id) do nothing
"""
HEARD = "select id, what, at from payment_heard where holder = $1 and payment = $2 order by at, id"


# ---- Payments


def insert(unit: Unit, one: Payment, next_at: datetime) -> None:
    unit.write(INSERT, str(one.holder), one.ref, one.account, one.about, *_columns(one, next_at))


def update(unit: Unit, one: Payment, next_at: datetime | None) -> None:
    unit.write(UPDATE, str(one.holder), one.ref, *_columns(one, next_at))


def _columns(one: Payment, next_at: datetime | None) -> tuple[object, ...]:
    return one.state, one.provider_id, one.trouble is not None, next_at, json.encode(one).decode()


async def payment(unit: Unit, ref: str, *, lock: bool = False) -> Payment | None:
    return _payment(await unit.fetch_one(LOCK if lock else BY_REF, ref))


async def take(unit: Unit, ref: str, turn: str, until: datetime) -> Payment | None:
    """None: somebody else's turn has not ended."""
    return _payment(await unit.fetch_one(TAKE, ref, turn, until, unit.now))


async def with_turn(unit: Unit, ref: str, turn: str) -> Payment | None:
    """As it is by now, locked; None: another has taken over."""
    return _payment(await unit.fetch_one(HAS_TURN, ref, turn))


def end_turn(unit: Unit, one: Payment, next_at: datetime | None) -> None:
    """As it is by now; whoever has the turn holds its lock."""
    unit.write(END_TURN, str(one.holder), one.ref, *_columns(one, next_at))


async def due(unit: Unit, limit: int) -> list[str]:
    return [row["ref"] for row in await unit.fetch(DUE, unit.now, limit)]


def wake(unit: Unit, ref: str) -> None:
    unit.write(WAKE, ref, unit.now)


async def listed(
    unit: Unit,
    holder: PartyId | None,
    *,
    before: str | None,
    about: str | None,
    troubled: bool,
    held: bool,
    limit: int,
) -> list[Payment]:
    rows = await unit.fetch(LISTED, holder and str(holder), before, about, troubled, held, limit)
    return [json.decode(row["body"], Payment) for row in rows]


async def by_card(unit: Unit, holder: PartyId | None, digits: str, limit: int) -> Sequence[Payment]:
    rows = await unit.fetch(BY_CARD, holder and str(holder), digits, limit)
    return [json.decode(row["body"], Payment) for row in rows]


async def crediting(unit: Unit, holder: PartyId, accounts: Collection[str], limit: int) -> list[Payment]:
    rows = await unit.fetch(CREDITING, str(holder), list(accounts), limit)
    return [json.decode(row["body"], Payment) for row in rows]


async def named(unit: Unit, account: str, ref: str | None, provider_id: str | None) -> Payment | None:
    """By our word for it, or by its provider's."""
    return _payment(await unit.fetch_one(NAMED, account, ref, provider_id))


def _payment(row: Record | None) -> Payment | None:
    return None if row is None else json.decode(row["body"], Payment)


# ---- Calls


def put_call(unit: Unit, one: Call) -> None:
    body = json.encode(one).decode()
    unit.write(PUT_CALL, str(one.holder), one.payment, one.number, one.answered_at is None, body)


async def open_call(unit: Unit, one: Payment) -> Call | None:
    row = await unit.fetch_one(OPEN_CALL, str(one.holder), one.ref)
    return None if row is None else json.decode(row["body"], Call)


async def calls(unit: Unit, one: Payment) -> Sequence[Call]:
    return [json.decode(row["body"], Call) for row in await unit.fetch(CALLS, str(one.holder), one.ref)]


# ---- Refunds


def put_refund(unit: Unit, one: Refund) -> None:
    unit.write(PUT_REFUND, str(one.holder), one.ref, one.payment, one.state, json.encode(one).decode())


async def lock_refund(unit: Unit, ref: str) -> Refund | None:
    row = await unit.fetch_one(LOCK_REFUND, ref)
    return None if row is None else json.decode(row["body"], Refund)


async def refunds(unit: Unit, one: Payment) -> Sequence[Refund]:
    return [json.decode(row["body"], Refund) for row in await unit.fetch(REFUNDS, str(one.holder), one.ref)]


async def refunds_waiting(unit: Unit, holder: PartyId | None) -> Sequence[Refund]:
    return [json.decode(row["body"], Refund) for row in await unit.fetch(REFUNDS_WAITING, holder and str(holder))]


# ---- Heard


async def insert_heard(unit: Unit, one: Payment, id: str, what: str) -> bool:
    """Whether it was new."""
    return bool(await unit.execute(INSERT_HEARD, str(one.holder), one.ref, id, what, unit.now))


async def heard(unit: Unit, one: Payment) -> Sequence[Told]:
    rows = await unit.fetch(HEARD, str(one.holder), one.ref)
    return [Told(id=row["id"], what=row["what"], at=row["at"]) for row in rows]
