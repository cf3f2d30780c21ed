"""Rates of interest, and what of each invoice was charged, as they are kept."""

from __future__ import annotations

from laddnav.billing.interest import Charged, LateRate
from laddnav.db.unit import Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId

PUT_RATE = """
insert into late_rate (holder, currency, business, since, body) values ($1, $2, $3, $4, $5)
on conflict (holder, currency, business, since) do update set body = excluded.body
"""
RATES = """
select body from late_rate where ($1::text is null or holder = $1) order by holder, currency, business desc, since desc
"""
RATES_FOR = """
select body from late_rate where holder = $1 and currency = $2 and business = $3 order by since
"""
CHARGED = "select until, charged, number from late_interest where holder = $1 and invoice_ref = $2"
CHARGE = """
insert into late_interest (holder, invoice_ref, until, charged, number) values ($1, $2, $3, $4, $5)
on conflict (holder, invoice_ref) do update
set until = excluded.until, charged = excluded.charged, number = excluded.number
"""


def put_rate(unit: Unit, one: LateRate) -> None:
    unit.write(PUT_RATE, str(one.holder), one.currency, one.business, one.since, json.encode(one).decode())


async def rates(unit: Unit, holder: PartyId | None) -> list[LateRate]:
    return [json.decode(row["body"], LateRate) for row in await unit.fetch(RATES, holder and str(holder))]


async def rates_for(unit: Unit, holder: PartyId, currency: str, *, business: bool) -> list[LateRate]:
    """The first first."""
    rows = await unit.fetch(RATES_FOR, str(holder), currency, business)
    return [json.decode(row["body"], LateRate) for row in rows]


async def charged(unit: Unit, holder: PartyId, invoice_ref: str) -> Charged | None:
    row = await unit.fetch_one(CHARGED, str(holder), invoice_ref)
    return None if row is None else Charged(until=row["until"], amount=row["charged"], number=row["number"])


def charge(unit: Unit, holder: PartyId, invoice_ref: str, one: Charged) -> None:
    unit.write(CHARGE, str(holder), invoice_ref, one.until, one.amount, one.number)
