"""Rates of interest, and what of each invoice was charged, as they are kept."""

from __future__ import annotations

from laddnav.billing.credits import key_of, lines_of
from laddnav.billing.interest import Charged, LateRate
from laddnav.billing.model import Invoice
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
# Each line is taken back by an item of a key of its own, and each charge by a Credit CDR that names it.
NOTES = """
select i.ref from invoice i where i.holder = $1 and i.issued_at is not null and i.ref in (
  select t.invoice_ref from invoice_item t where t.holder = $1 and t.key = any($2::text[])
  union all
  select b.invoice_ref from unnest($3::text[], $4::text[]) as of_it(owner, id)
  join billed b on b.holder = $1 and b.cdr_owner = of_it.owner and b.credits = of_it.id
  where b.debtor_id = $5)
order by i.issued_at, i.ref
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


async def notes(unit: Unit, invoice: Invoice) -> list[str]:
    """The refs of what was issued and takes back something of this invoice, the oldest first."""
    keys = [key_of(invoice, number) for number, *_ in lines_of(invoice)]
    owners, ids = [str(one.cdr_owner) for one in invoice.charges], [one.cdr_id for one in invoice.charges]
    rows = await unit.fetch(NOTES, str(invoice.holder), keys, owners, ids, invoice.debtor.id)
    return [row["ref"] for row in rows]


async def charged(unit: Unit, holder: PartyId, invoice_ref: str) -> Charged | None:
    row = await unit.fetch_one(CHARGED, str(holder), invoice_ref)
    return None if row is None else Charged(until=row["until"], amount=row["charged"], number=row["number"])


def charge(unit: Unit, holder: PartyId, invoice_ref: str, one: Charged) -> None:
    unit.write(CHARGE, str(holder), invoice_ref, one.until, one.amount, one.number)
