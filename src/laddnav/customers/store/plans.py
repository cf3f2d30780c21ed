"""Plans, who subscribes to them, and what of them is used and billed, as it is kept."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from laddnav.customers.calendar import month_after
from laddnav.customers.plan import Plan, Subscription, Taken, Where
from laddnav.db.unit import Unit
from laddnav.kit import json
from laddnav.kit.energy import Energy
from laddnav.kit.ids import PartyId, fold

INSERT_PLAN = """
insert into plan (holder, ref, name_key, body, last_updated) values ($1, $2, $3, $4, $5) on conflict do nothing
"""
UPDATE_PLAN = "update plan set body = $3, last_updated = $4 where holder = $1 and ref = $2"
PLAN = "select body from plan where ref = $1"
LOCK_PLAN = f"{PLAN} for update"
PLANS = "select body from plan where ($1::text is null or holder = $1) order by holder, name_key"
SEVERAL = "select body from plan where holder = $1 and ref = any($2)"

PUT = """
insert into subscription (holder, ref, customer, begins_on, ends_on, next_month, body, last_updated)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (holder, ref) do update set ends_on = excluded.ends_on, body = excluded.body,
  last_updated = excluded.last_updated
"""
NEWEST = """
select body from subscription where holder = $1 and customer = $2 order by begins_on desc, ref desc limit 1
"""
LOCK_NEWEST = f"{NEWEST} for update"
OF_CUSTOMER = "select body from subscription where holder = $1 and customer = $2 order by begins_on desc, ref desc"
ON_DAY = """
select body from subscription where holder = $1 and customer = $2 and begins_on <= $3
  and (ends_on is null or ends_on > $3) order by begins_on desc limit 1
"""
LOCK_ON_DAY = f"{ON_DAY} for update"
MANY = """
select count(*) from subscription where holder = $1 and (ends_on is null or ends_on > $3)
  and body::json->>'plan' = $2
"""
TO_BILL = """
select holder, ref from subscription
where (ends_on is null or next_month < ends_on) and next_month < $1 order by next_month, holder, ref limit $2
"""
LOCK = "select body, next_month from subscription where holder = $1 and ref = $2 for update"
BILLED = "update subscription set next_month = $3 where holder = $1 and ref = $2"

TAKEN = "select body from subscription_used where holder = $1 and owner = $2 and cdr_key = $3"
TAKE = """
insert into subscription_used (holder, owner, cdr_key, subscription, month, at_where, wh, body)
values ($1, $2, $3, $4, $5, $6, $7, $8)
"""
USED = """
select coalesce(sum(wh), 0) from subscription_used
where holder = $1 and subscription = $2 and month = $3 and at_where = any($4)
"""


# ---- Plans


async def insert_plan(unit: Unit, one: Plan) -> bool:
    """Whether its name was free."""
    body = json.encode(one).decode()
    return bool(await unit.execute(INSERT_PLAN, str(one.holder), one.ref, fold(one.name), body, one.last_updated))


def update_plan(unit: Unit, one: Plan) -> None:
    """Its name stays."""
    unit.write(UPDATE_PLAN, str(one.holder), one.ref, json.encode(one).decode(), one.last_updated)


async def plan(unit: Unit, ref: str, *, lock: bool = False) -> Plan | None:
    row = await unit.fetch_one(LOCK_PLAN if lock else PLAN, ref)
    return None if row is None else json.decode(row["body"], Plan)


async def plans(unit: Unit, holder: PartyId | None) -> list[Plan]:
    return [json.decode(row["body"], Plan) for row in await unit.fetch(PLANS, holder and str(holder))]


async def several(unit: Unit, holder: PartyId, refs: Iterable[str]) -> dict[str, Plan]:
    found = [json.decode(row["body"], Plan) for row in await unit.fetch(SEVERAL, str(holder), sorted({*refs}))]
    return {one.ref: one for one in found}


# ---- Subscriptions


def put(unit: Unit, one: Subscription) -> None:
    unit.write(
        PUT,
        str(one.holder),
        one.ref,
        one.customer,
        one.begins_on,
        one.ends_on,
        one.begins_on.replace(day=1),
        json.encode(one).decode(),
        one.last_updated,
    )


async def newest(unit: Unit, holder: PartyId, customer: str, *, lock: bool = False) -> Subscription | None:
    row = await unit.fetch_one(LOCK_NEWEST if lock else NEWEST, str(holder), customer)
    return None if row is None else json.decode(row["body"], Subscription)


async def of_customer(unit: Unit, holder: PartyId, customer: str) -> list[Subscription]:
    """The newest first."""
    rows = await unit.fetch(OF_CUSTOMER, str(holder), customer)
    return [json.decode(row["body"], Subscription) for row in rows]


async def on_day(unit: Unit, holder: PartyId, customer: str, day: date, *, lock: bool) -> Subscription | None:
    """With `lock`, of two charges at once one is counted first."""
    row = await unit.fetch_one(LOCK_ON_DAY if lock else ON_DAY, str(holder), customer, day)
    return None if row is None else json.decode(row["body"], Subscription)


async def many(unit: Unit, plan: Plan, today: date) -> int:
    """How many began with it and go on."""
    return int(await unit.value(MANY, str(plan.holder), plan.ref, today))


async def to_bill(unit: Unit, before: date, limit: int) -> list[tuple[PartyId, str]]:
    """Of which a month may be over that is not billed, which the holder's calendar says."""
    rows = await unit.fetch(TO_BILL, before, limit)
    return [(PartyId.parse(row["holder"]), row["ref"]) for row in rows]


async def locked(unit: Unit, holder: PartyId, ref: str) -> tuple[Subscription, date] | None:
    """With the first month that is not billed."""
    row = await unit.fetch_one(LOCK, str(holder), ref)
    return None if row is None else (json.decode(row["body"], Subscription), row["next_month"])


def billed(unit: Unit, one: Subscription, month: date) -> None:
    unit.write(BILLED, str(one.holder), one.ref, month_after(month))


# ---- What is used


async def taken(unit: Unit, holder: PartyId, owner: PartyId, cdr_id: str) -> Taken | None:
    row = await unit.fetch_one(TAKEN, str(holder), str(owner), fold(cdr_id))
    return None if row is None else json.decode(row["body"], Taken)


def take(unit: Unit, one: Taken) -> None:
    unit.write(
        TAKE,
        str(one.holder),
        str(one.owner),
        fold(one.cdr_id),
        one.subscription,
        one.month,
        one.where,
        one.energy.wh,
        json.encode(one).decode(),
    )


async def used(unit: Unit, one: Subscription, month: date, wheres: Iterable[Where]) -> Energy:
    amount: Decimal = await unit.value(USED, str(one.holder), one.ref, month, [*wheres])
    return Energy(amount)
