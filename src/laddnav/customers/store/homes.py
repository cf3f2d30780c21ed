"""Agreements about charging at home, and what was paid back by them, as it is kept."""

from __future__ import annotations

from datetime import date

from laddnav.customers.home import Home, PaidBack, PaidBackMonth
from laddnav.db import turns
from laddnav.db.unit import Unit
from laddnav.kit import json
from laddnav.kit.energy import Energy
from laddnav.kit.ids import PartyId, fold

PUT = """
insert into home_charging (holder, ref, employer, employee, location_key, contract_key, ends_on, body, last_updated)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (holder, ref) do update set ends_on = excluded.ends_on, body = excluded.body,
  last_updated = excluded.last_updated
"""
LOCK = "select body from home_charging where ref = $1 for update"
OF_CUSTOMER = """
select body from home_charging where holder = $1 and (employer = $2 or employee = $2) order by ref
"""
AT = """
select body from home_charging
where holder = $1 and location_key = $2 and contract_key in ('', $3) order by contract_key desc, ref
"""
TAKEN = """
select exists (select from home_charging where holder = $1 and location_key = $2 and contract_key = $3
  and (ends_on is null or ends_on > $4))
"""
INSERT_PAID = """
insert into home_paid_back (holder, owner, cdr_key, home, employer, employee, day, wh, amount, currency, body)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict do nothing
"""
PAID = "select body from home_paid_back where holder = $1 and owner = $2 and cdr_key = $3"
MONTHS = """
select p.employer, p.employee, c.body::json ->> 'name' as name, date_trunc('month', p.day)::date as month,
  count(*) filter (where p.wh > 0) - count(*) filter (where p.wh < 0) as charges, sum(p.wh) as wh,
  sum(p.amount) as amount, p.currency, p.body::json ->> 'rated_in' as rated_in
from home_paid_back p join customer c on c.holder = p.holder and c.ref = p.employee
where p.holder = $1 and (p.employer = $2 or p.employee = $2)
group by p.employer, p.employee, c.body::json ->> 'name', date_trunc('month', p.day), p.currency,
  p.body::json ->> 'rated_in'
order by month desc, name, p.employee, p.currency limit $3
"""


def put(unit: Unit, one: Home) -> None:
    unit.write(
        PUT,
        str(one.holder),
        one.ref,
        one.employer,
        one.employee,
        fold(one.location_id),
        fold(one.contract_id or ""),
        one.ends_on,
        json.encode(one).decode(),
        one.last_updated,
    )


async def locked(unit: Unit, ref: str) -> Home | None:
    row = await unit.fetch_one(LOCK, ref)
    return None if row is None else json.decode(row["body"], Home)


async def of_customer(unit: Unit, holder: PartyId, customer: str) -> list[Home]:
    """As employer or as employee."""
    return [json.decode(row["body"], Home) for row in await unit.fetch(OF_CUSTOMER, str(holder), customer)]


async def at(unit: Unit, holder: PartyId, location_id: str, contract_id: str) -> list[Home]:
    """What may pay a charge there back; those of this contract alone before those of any."""
    rows = await unit.fetch(AT, str(holder), fold(location_id), fold(contract_id))
    return [json.decode(row["body"], Home) for row in rows]


async def taken(unit: Unit, one: Home, today: date) -> bool:
    """Nobody else agrees on this Location before the Unit ends."""
    await turns.taken(unit, f"home {one.holder} {fold(one.location_id)}")
    key = fold(one.contract_id or "")
    return bool(await unit.value(TAKEN, str(one.holder), fold(one.location_id), key, today))


async def insert_paid(unit: Unit, one: PaidBack) -> bool:
    """Whether it was new."""
    return bool(
        await unit.execute(
            INSERT_PAID,
            str(one.holder),
            str(one.owner),
            fold(one.cdr_id),
            one.home,
            one.employer,
            one.employee,
            one.day,
            one.energy.wh,
            one.amount,
            one.currency,
            json.encode(one).decode(),
        )
    )


async def paid(unit: Unit, holder: PartyId, owner: PartyId, cdr_id: str) -> PaidBack | None:
    row = await unit.fetch_one(PAID, str(holder), str(owner), fold(cdr_id))
    return None if row is None else json.decode(row["body"], PaidBack)


async def months(unit: Unit, holder: PartyId, customer: str, limit: int) -> list[PaidBackMonth]:
    """The last month first."""
    found = []
    for row in await unit.fetch(MONTHS, str(holder), customer, limit):
        said = dict(row)
        found.append(PaidBackMonth(holder=holder, energy=Energy(said.pop("wh")), **said))
    return found
