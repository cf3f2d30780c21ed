"""Holds on stored cards as they are kept."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.payments.card_hold import CardHold

INSERT = """
insert into card_hold (holder, ref, session_id, customer, payment, state, invoice, next_at, body)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
UPDATE = "update card_hold set state = $3, invoice = $4, next_at = $5, body = $6 where holder = $1 and ref = $2"
LATER = "update card_hold set next_at = $2 where ref = $1"
BY_REF = "select body from card_hold where ref = $1"
LOCK = f"{BY_REF} for update"
OF_SESSION = "select body from card_hold where holder = $1 and session_id = $2"
LOCK_SESSION = f"{OF_SESSION} for update"
OF_PAYMENT = "select body from card_hold where holder = $1 and payment = $2"
OF_PAYMENTS = "select body from card_hold where holder = $1 and payment = any($2::text[])"
ON_INVOICES = "select body from card_hold where holder = $1 and invoice = any($2::text[]) order by ref"
OF_CUSTOMER = "select body from card_hold where holder = $1 and customer = $2 order by ref desc limit $3"
DUE = "select ref from card_hold where next_at <= $1 order by next_at limit $2"


def insert(unit: Unit, one: CardHold, next_at: datetime | None) -> None:
    row = (str(one.holder), one.ref, one.session_id, one.customer, one.payment, one.state, one.invoice, next_at)
    unit.write(INSERT, *row, json.encode(one).decode())


def update(unit: Unit, one: CardHold, next_at: datetime | None) -> None:
    unit.write(UPDATE, str(one.holder), one.ref, one.state, one.invoice, next_at, json.encode(one).decode())


def later(unit: Unit, one: CardHold, next_at: datetime | None) -> None:
    """Nothing of it is different but when it is looked at next."""
    unit.write(LATER, one.ref, next_at)


async def by_ref(unit: Unit, ref: str, *, lock: bool = False) -> CardHold | None:
    return _hold(await unit.fetch_one(LOCK if lock else BY_REF, ref))


async def of_session(unit: Unit, holder: PartyId, session_id: str, *, lock: bool = False) -> CardHold | None:
    return _hold(await unit.fetch_one(LOCK_SESSION if lock else OF_SESSION, str(holder), session_id))


async def of_payment(unit: Unit, holder: PartyId, payment: str) -> CardHold | None:
    return _hold(await unit.fetch_one(OF_PAYMENT, str(holder), payment))


async def of_payments(unit: Unit, holder: PartyId, payments: Iterable[str]) -> list[CardHold]:
    return [json.decode(row["body"], CardHold) for row in await unit.fetch(OF_PAYMENTS, str(holder), list(payments))]


async def on_invoices(unit: Unit, holder: PartyId, invoices: Iterable[str]) -> list[CardHold]:
    """In the order in which their charges began."""
    return [json.decode(row["body"], CardHold) for row in await unit.fetch(ON_INVOICES, str(holder), list(invoices))]


async def of_customer(unit: Unit, holder: PartyId, customer: str, limit: int) -> list[CardHold]:
    """The newest first."""
    rows = await unit.fetch(OF_CUSTOMER, str(holder), customer, limit)
    return [json.decode(row["body"], CardHold) for row in rows]


async def due(unit: Unit, limit: int) -> list[str]:
    return [row["ref"] for row in await unit.fetch(DUE, unit.now, limit)]


def _hold(row: Record | None) -> CardHold | None:
    return None if row is None else json.decode(row["body"], CardHold)
