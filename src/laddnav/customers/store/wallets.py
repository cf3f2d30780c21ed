"""How wallets are filled, and what charges under way hold of them, as it is kept.

What rooms above know of a wallet is read from two views of the schema, which say it as it is at any time. The ids of
Sessions are kept in the form in which they are compared: a CDR may write the id of its Session in other letters.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from laddnav.customers.model import Customer
from laddnav.customers.wallet import Refill, about
from laddnav.db.unit import Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId, fold

PUT = """
insert into wallet (holder, customer, body, refills) values ($1, $2, $3, true)
on conflict (holder, customer) do update set body = excluded.body, refills = true
"""
STOP = "update wallet set refills = false where holder = $1 and customer = $2"
REFILL = "select body from wallet where holder = $1 and customer = $2 and refills"
REFILLED = """
select customer from wallet where refills and ($1::text is null or customer > $1) order by customer limit $2
"""
HELD = """
select coalesce(sum(amount), 0) from wallet_held
where holder = $1 and customer = $2 and not (owner = $3 and session_id = $4) and (until is null or until > $5)
"""
HOLD = """
insert into wallet_held (holder, owner, session_id, customer, amount, until) values ($1, $2, $3, $4, $5, $6)
on conflict (holder, owner, session_id) do update set amount = excluded.amount, until = excluded.until
"""
UNTAXED = "select amount from debt_without_vat where holder = $1 and debtor_id = $2 and currency = $3"
GOING_BACK = "select amount from going_back where holder = $1 and about = $2 and currency = $3"
LATE = "select holder, owner, session_id from wallet_held where until <= $1 order by until limit $2"
HELD_AT = "select session_id from wallet_held where holder = $1 and customer = $2 and owner = $3"
IS_HELD = "select true from wallet_held where holder = $1 and owner = $2 and session_id = $3"
RELEASE = "delete from wallet_held where holder = $1 and owner = $2 and session_id = $3"


def put_refill(unit: Unit, customer: Customer, refill: Refill | None) -> None:
    if refill is None:
        unit.write(STOP, str(customer.holder), customer.ref)
    else:
        unit.write(PUT, str(customer.holder), customer.ref, json.encode(refill).decode())


async def refill(unit: Unit, customer: Customer) -> Refill | None:
    row = await unit.fetch_one(REFILL, str(customer.holder), customer.ref)
    return None if row is None else json.decode(row["body"], Refill)


async def refilled(unit: Unit, after: str | None, limit: int) -> list[str]:
    """The refs of customers whose wallets fill themselves."""
    return [row["customer"] for row in await unit.fetch(REFILLED, after, limit)]


async def held(unit: Unit, customer: Customer, besides: tuple[PartyId, str] | None = None) -> Decimal:
    """By charges under way, one excepted, of which is said at whose place it is."""
    owner, session_id = ("", "") if besides is None else (str(besides[0]), fold(besides[1]))
    amount: Decimal = await unit.value(HELD, str(customer.holder), customer.ref, owner, session_id, unit.now)
    return amount


async def untaxed(unit: Unit, customer: Customer, currency: str) -> Decimal:
    """What they owe that is on no issued invoice, and bears no VAT yet."""
    row = await unit.fetch_one(UNTAXED, str(customer.holder), customer.debtor_id, currency)
    return Decimal(0) if row is None else row["amount"]


async def going_back(unit: Unit, customer: Customer, currency: str) -> Decimal:
    """What is to be given back of payments into it, and was not yet."""
    row = await unit.fetch_one(GOING_BACK, str(customer.holder), about(customer.ref), currency)
    return Decimal(0) if row is None else row["amount"]


def hold(
    unit: Unit, customer: Customer, owner: PartyId, session_id: str, amount: Decimal, until: datetime | None
) -> None:
    unit.write(HOLD, str(customer.holder), str(owner), fold(session_id), customer.ref, amount, until)


async def held_at(unit: Unit, customer: Customer, owner: PartyId) -> list[str]:
    """The ids of Sessions of this CPO for which something is held of it."""
    return [row["session_id"] for row in await unit.fetch(HELD_AT, str(customer.holder), customer.ref, str(owner))]


async def is_held(unit: Unit, holder: PartyId, owner: PartyId, session_id: str) -> bool:
    return bool(await unit.value(IS_HELD, str(holder), str(owner), fold(session_id)))


async def released(unit: Unit, holder: PartyId, owner: PartyId, session_id: str) -> str | None:
    """By the ref of the customer whose wallet it was; None: nothing was held."""
    row = await unit.fetch_one(f"{RELEASE} returning customer", str(holder), str(owner), fold(session_id))
    return None if row is None else row["customer"]


async def late(unit: Unit, limit: int) -> list[tuple[PartyId, PartyId, str]]:
    """(holder, owner, session): what was to be held until now."""
    rows = await unit.fetch(LATE, unit.now, limit)
    return [(PartyId.parse(row["holder"]), PartyId.parse(row["owner"]), row["session_id"]) for row in rows]


def release(unit: Unit, holder: PartyId, owner: PartyId, session_id: str) -> None:
    unit.write(RELEASE, str(holder), str(owner), fold(session_id))
