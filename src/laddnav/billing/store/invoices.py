"""Invoices as they are kept: opened, issued under a number, listed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from laddnav.billing.model import Cited, Invoice, InvoiceHeading, Period
from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId

ISSUED_AS = "select number, issued_at from invoice where holder = $1 and number = $2"

OPEN = """
select ref from invoice
where holder = $1 and debtor_id = $2 and currency = $3 and period = $4 and issued_at is null
"""
INSERT = """
insert into invoice (holder, ref, debtor_id, currency, period, closes_at, opened_at) values ($1, $2, $3, $4, $5, $6, $7)
"""
FIND = """
select holder, ref, debtor_id, currency, period, closes_at, opened_at, issued_at, body from invoice
where ref = $1 and ($2::text is null or holder = $2)
"""

STILL_OPEN = """
select holder, ref, debtor_id, currency, period, closes_at, opened_at, issued_at, null as body from invoice
where holder = $1 and ref = any($2::text[]) and issued_at is null order by closes_at, ref
"""
ISSUE = """
update invoice as i set number = n.number, issued_at = $2, due_at = n.due_at, total_excl = n.total_excl,
  total_tax = n.total_tax, total_incl = n.total_incl, body = n.body, to_pay = n.to_pay
from unnest($3::text[], $4::text[], $5::timestamptz[], $6::numeric[], $7::numeric[], $8::numeric[], $9::numeric[],
  $10::text[]) as n(ref, number, due_at, total_excl, total_tax, total_incl, to_pay, body)
where i.holder = $1 and i.ref = n.ref
"""
NEXT_NUMBER = """
insert into invoice_series as before (holder, series, last_number) values ($1, $2, $3)
on conflict (holder, series) do update set last_number = before.last_number + $3
returning last_number
"""
TO_ISSUE = (
    "select holder, ref from invoice where issued_at is null and closes_at <= $1 order by closes_at, ref limit $2"
)
PAGE = """
select i.holder, i.ref, i.number, i.debtor_id, d.name as debtor_name, i.currency, i.period, i.closes_at, i.opened_at,
  i.issued_at, i.due_at, i.total_tax, i.total_incl,
  coalesce(i.total_excl, (
    select coalesce(sum(l.amount), 0) from invoice_line l where l.holder = i.holder and l.invoice_ref = i.ref) + (
    select coalesce(sum(t.amount), 0) from invoice_item t where t.holder = i.holder and t.invoice_ref = i.ref)
  ) as total_excl,
  (select count(*) from billed b where b.holder = i.holder and b.invoice_ref = i.ref) as charges,
  (select count(*) from invoice_item t where t.holder = i.holder and t.invoice_ref = i.ref) as items
from invoice i join debtor d on d.holder = i.holder and d.id = i.debtor_id
where ($1::text is null or i.holder = $1) and ($2::text is null or i.debtor_id = $2)
  and ($3::text is null or i.ref < $3)
order by i.ref desc limit $4
"""


async def issued_as(unit: Unit, holder: PartyId, number: str) -> tuple[Cited, ...]:
    rows = await unit.fetch(ISSUED_AS, str(holder), number)
    return tuple(Cited(row["number"], row["issued_at"]) for row in rows)


class Kept(Struct, frozen=True, kw_only=True):
    """The row of an invoice; `issued` is the whole of it as it was issued, None while it is open."""

    holder: PartyId
    ref: str
    debtor_id: str
    currency: str
    period: Period
    opened_at: datetime
    issued: Invoice | None


async def opened(unit: Unit, holder: PartyId, debtor_id: str, currency: str, period: Period) -> str:
    """The ref of the open invoice for all this, opened now if need be. The debtor must be locked."""
    ref = await unit.value(OPEN, str(holder), debtor_id, currency, period.name)
    if ref is None:
        ref = unit.new_id()
        unit.write(INSERT, str(holder), ref, debtor_id, currency, period.name, period.closes_at, unit.now)
    return str(ref)


async def find(unit: Unit, holder: PartyId | None, ref: str) -> Kept | None:
    row = await unit.fetch_one(FIND, ref, holder and str(holder))
    return None if row is None else _kept(row)


async def still_open(unit: Unit, holder: PartyId, refs: Sequence[str]) -> tuple[Kept, ...]:
    """Those of them that are not issued, in the order in which they close."""
    return tuple(_kept(row) for row in await unit.fetch(STILL_OPEN, str(holder), refs))


def _kept(row: Record) -> Kept:
    return Kept(
        holder=PartyId.parse(row["holder"]),
        ref=row["ref"],
        debtor_id=row["debtor_id"],
        currency=row["currency"],
        period=Period(row["period"], row["closes_at"]),
        opened_at=row["opened_at"],
        issued=None if row["issued_at"] is None else json.decode(row["body"], Invoice),
    )


async def next_numbers(unit: Unit, holder: PartyId, series: str, many: int) -> range:
    """Locks the series until the Unit ends: numbers that are not used after all are given to the next."""
    last = int(await unit.value(NEXT_NUMBER, str(holder), series, many))
    return range(last - many + 1, last + 1)


def issue(unit: Unit, holder: PartyId, invoices: Sequence[Invoice]) -> None:
    sums = [(one.total_excl, one.total_tax, one.rounding) for one in invoices]
    unit.write(
        ISSUE,
        str(holder),
        unit.now,
        [one.ref for one in invoices],
        [one.number for one in invoices],
        [one.due_at for one in invoices],
        [excl for excl, _, _ in sums],
        [tax for _, tax, _ in sums],
        [excl + tax for excl, tax, _ in sums],
        [excl + tax + rounding for excl, tax, rounding in sums],
        [json.encode(one).decode() for one in invoices],
    )


async def to_issue(unit: Unit, limit: int) -> tuple[tuple[PartyId, str], ...]:
    rows = await unit.fetch(TO_ISSUE, unit.now, limit)
    return tuple((PartyId.parse(row["holder"]), row["ref"]) for row in rows)


async def page(
    unit: Unit, holder: PartyId | None, debtor_id: str | None, after: str | None, limit: int
) -> tuple[InvoiceHeading, ...]:
    rows = await unit.fetch(PAGE, holder and str(holder), debtor_id, after, limit)
    return tuple(InvoiceHeading(**{**row, "holder": PartyId.parse(row["holder"])}) for row in rows)
