"""How Settlements and their Items are kept; what is not fixed yet is asked of the CDRs themselves."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.energy import Energy
from laddnav.kit.ids import PartyId, fold
from laddnav.kit.money import minor_unit
from laddnav.settlement.model import Counts, InvoiceOf, Item, Settlement, Side, SideSum, State

# One at a time for each partner: months are opened and proposed in their order.
ONE_BY_ONE = "select pg_advisory_xact_lock(hashtextextended($1, 0))"
BY_REF = "select body from settlement where ref = $1"
PAGE = """
select body from settlement
where ($1::text is null or holder = $1) and ($2::text is null or state = $2) and ($3::text is null or partner = $3)
  and ($4::text is null or (month, ref) < ($4, $5))
order by month desc, ref desc limit $6
"""
COUNT = "select state, count(*) as many from settlement where ($1::text is null or holder = $1) group by state"
OPEN_ONES = "select body from settlement where state = 'OPEN' and ($1::text is null or holder = $1) order by month, ref"
OPEN_BEFORE = """
select body from settlement
where holder = $1 and partner = $2 and currency = $3 and month < $4 and state = 'OPEN' order by month
"""
LAST_FIXED = """
select currency, max(month) as month, max((body::json ->> 'end_at')::timestamptz) as end_at from settlement
where holder = $1 and partner = $2 and state <> 'OPEN' group by currency
"""
INSERT = """
insert into settlement (holder, ref, partner, month, currency, state, body, last_updated)
values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (holder, partner, month, currency) do nothing
"""
UPDATE = "update settlement set state = $3, body = $4, last_updated = $5 where holder = $1 and ref = $2"

# Before VAT and in coins, as it is billed: half up, and a credit below zero whatever sign its sender told.
_COINS = "case when d.credit then -abs(round(d.total_excl, $6)) else round(d.total_excl, $6) end"
# What of both sides is in no settlement yet, from the first month that is settled to the end of this one. What is held
# or refused is told in its own month only; what counts and is older came late.
_DUE = f"""
due as (
  select d.cdr_owner as owner, d.id_key as due_key, d.cdr_id as id, d.cdr_ref as ref, d.ended_at, d.energy_wh, d.credit,
    {_COINS} as amount, case when d.cdr_owner = d.holder or r.standing = 'ACCEPTED' then 'COUNTED'
      when r.standing in ('REJECTED', 'SETTLED') then 'REFUSED' else 'HELD' end as counts
  from settlement_due d
    left join cdr_review r on r.holder = d.holder and r.owner = d.cdr_owner and r.id_key = d.id_key
      and d.cdr_owner <> d.holder
  where d.holder = $1 and d.partner = $2 and d.currency = $3 and d.ended_at >= $4 and d.ended_at < $5
    and (d.cdr_owner = d.holder or r.standing = 'ACCEPTED' or d.ended_at >= $7)
)"""
_LATE = "case when ended_at < $7 then to_char(ended_at at time zone $8, 'YYYY-MM') end"
_PUT_OFF = """(
  select p.why from settlement_put_off p
  where p.holder = $1 and p.cdr_owner = owner and p.id_key = due_key order by p.at desc limit 1)"""
_SUMS = """
  count(*) as many, sum(amount) as amount, sum(case when credit then -energy_wh else energy_wh end) as energy_wh,
  count(*) filter (where credit) as credits, coalesce(sum(amount) filter (where credit), 0) as credited"""
DUE_SUMS = f"""
with {_DUE}
select owner, counts, {_SUMS}, count(*) filter (where ended_at < $7) as late,
  coalesce(sum(amount) filter (where ended_at < $7), 0) as late_amount
from due group by owner, counts
"""
DUE_PAGE = f"""
with {_DUE}
select owner, id, ref, ended_at, energy_wh, credit, amount, counts, {_LATE} as ended_in, {_PUT_OFF} as put_off
from due
where ($9::text is null or (owner, ref) > ($9, $10)) and ($11::text is null or owner = $11)
  and ($12::text is null or ($12 = 'late' and ended_at < $7) or ($12 = 'held' and counts <> 'COUNTED')
    or ($12 = 'credits' and credit))
order by owner, ref limit $13
"""
FIX = f"""
with {_DUE}, fixed as (
  delete from settlement_due d using due
  where d.holder = $1 and d.cdr_owner = due.owner and d.id_key = due.due_key and due.counts = 'COUNTED'
  returning due.owner, due.due_key, due.id, due.ref, due.ended_at, due.energy_wh, due.amount, due.credit
)
insert into settlement_item (holder, cdr_owner, id_key, settlement_ref, cdr_id, cdr_ref, ended_at, energy_wh, amount,
  credit, ended_in, put_off)
select $1, owner, due_key, $9, id, ref, ended_at, energy_wh, amount, credit, {_LATE}, {_PUT_OFF}
from fixed
"""
CURRENCIES_DUE = """
select distinct d.currency from settlement_due d
  left join cdr_review r on r.holder = d.holder and r.owner = d.cdr_owner and r.id_key = d.id_key
where d.holder = $1 and d.partner = $2 and d.ended_at >= $3 and d.ended_at < $4
  and coalesce(r.standing, '') not in ('REJECTED', 'SETTLED')
"""
MONTHS_DUE = """
select distinct currency, to_char(ended_at at time zone $5, 'YYYY-MM') as month from settlement_due
where holder = $1 and partner = $2 and ended_at >= $3 and ended_at < $4
"""
FIXED_SUMS = f"""
select cdr_owner as owner, 'COUNTED' as counts, {_SUMS}, count(*) filter (where ended_in is not null) as late,
  coalesce(sum(amount) filter (where ended_in is not null), 0) as late_amount
from settlement_item where holder = $1 and settlement_ref = $2 group by cdr_owner
"""
FIXED_PAGE = """
select cdr_owner as owner, cdr_id as id, cdr_ref as ref, ended_at, energy_wh, credit, amount, 'COUNTED' as counts,
  ended_in, put_off
from settlement_item
where holder = $1 and settlement_ref = $2 and ($3::text is null or (cdr_owner, cdr_ref) > ($3, $4))
  and ($5::text is null or cdr_owner = $5)
  and ($6::text is null or ($6 = 'late' and ended_in is not null) or ($6 = 'credits' and credit))
order by cdr_owner, cdr_ref limit $7
"""
TAKE_OUT = """
delete from settlement_item where holder = $1 and settlement_ref = $2 and cdr_owner = $3 and id_key = $4
"""
DUE_AGAIN = """
insert into settlement_due (holder, partner, cdr_owner, id_key, cdr_id, cdr_ref, ended_at, currency, energy_wh,
  total_excl, credit)
select holder, $4, owner, id_key, id, ref, ended_at, currency, energy_wh, total_excl, credit
from cdr where holder = $1 and owner = $2 and id_key = $3
"""
PUT_OFF = """
insert into settlement_put_off (holder, cdr_owner, id_key, settlement_ref, why, by, at)
values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing
"""

# Of its CDRs, and of those of earlier ones that were not billed yet when these were fixed.
_OF_CDRS = """
from (
    select cdr_owner, cdr_id from settlement_item where holder = $1 and settlement_ref = $2 and cdr_owner = $1
    union
    select cdr_owner, cdr_id from settlement_unbilled where holder = $1 and partner = $3 and currency = $4
  ) as c
  join billed b on b.holder = $1 and b.cdr_owner = c.cdr_owner and b.cdr_id = c.cdr_id
  join invoice i on i.holder = b.holder and i.ref = b.invoice_ref"""
NOT_ISSUED = f"select distinct i.ref {_OF_CDRS} where i.issued_at is null order by i.ref"
TAKE_INVOICES = f"""
insert into settlement_invoice (holder, invoice_ref, settlement_ref)
select distinct $1, i.ref, $2 {_OF_CDRS} where i.issued_at is not null on conflict do nothing
"""
_IS_TAKEN = """
from billed b join settlement_invoice t on t.holder = b.holder and t.invoice_ref = b.invoice_ref
where b.holder = u.holder and b.cdr_owner = u.cdr_owner and b.cdr_id = u.cdr_id"""
BILLED_BY_NOW = f"""
delete from settlement_unbilled u
where u.holder = $1 and u.partner = $2 and u.currency = $3 and exists (select {_IS_TAKEN})
"""
NOT_BILLED_YET = f"""
insert into settlement_unbilled (holder, partner, currency, cdr_owner, cdr_id)
select u.holder, $3, $4, u.cdr_owner, u.cdr_id from settlement_item u
where u.holder = $1 and u.settlement_ref = $2 and u.cdr_owner = $1 and u.amount <> 0
  and not exists (select {_IS_TAKEN}) on conflict do nothing
"""
# What an invoice asks for beside its charges: VAT, and what it is rounded by.
VAT = """
select coalesce(sum(i.total_tax + coalesce((i.body::json ->> 'rounding')::numeric, 0)), 0)
from settlement_invoice s join invoice i on i.holder = s.holder and i.ref = s.invoice_ref
where s.holder = $1 and s.settlement_ref = $2
"""
# Those of its CDRs, and those whose VAT counts here.
_ITS_INVOICES = """
from (
    select b.invoice_ref as ref, count(*) as cdrs
    from settlement_item s
      join billed b on b.holder = s.holder and b.cdr_owner = s.cdr_owner and b.cdr_id = s.cdr_id
    where s.holder = $1 and s.settlement_ref = $2 and s.cdr_owner = $1 group by b.invoice_ref
  ) as o
  full join (
    select invoice_ref as ref from settlement_invoice where holder = $1 and settlement_ref = $2
  ) as t on t.ref = o.ref
  join invoice i on i.holder = $1 and i.ref = coalesce(o.ref, t.ref)"""
INVOICES = f"""
select i.ref, i.number, coalesce(o.cdrs, 0) as cdrs, i.total_excl,
  i.total_tax + coalesce((i.body::json ->> 'rounding')::numeric, 0) as vat
{_ITS_INVOICES} order by i.ref limit $3
"""
NUMBERS = f"select i.number {_ITS_INVOICES} where i.number is not null order by i.ref"
LISTED = """
select count(*) from settlement_item
where holder = $1 and settlement_ref = $2 and cdr_owner = $3 and id_key = any($4)
"""


# ---- Settlements


async def hold(unit: Unit, holder: PartyId, partner: PartyId) -> None:
    """Nobody else opens or moves a settlement with this partner before the Unit ends."""
    await unit.value(ONE_BY_ONE, f"settlement {holder} {partner}")


async def by_ref(unit: Unit, ref: str) -> Settlement | None:
    row = await unit.fetch_one(BY_REF, ref)
    return None if row is None else json.decode(row["body"], Settlement)


async def page(
    unit: Unit,
    holder: PartyId | None,
    state: State | None,
    partner: PartyId | None,
    before: tuple[str, str] | None,
    limit: int,
) -> list[Settlement]:
    """`before` is (month, ref) of the last one of the page before."""
    month, ref = before or (None, None)
    rows = await unit.fetch(PAGE, holder and str(holder), state, partner and str(partner), month, ref, limit)
    return [json.decode(row["body"], Settlement) for row in rows]


async def counts(unit: Unit, holder: PartyId | None) -> dict[State, int]:
    return {State(row["state"]): row["many"] for row in await unit.fetch(COUNT, holder and str(holder))}


async def open_ones(unit: Unit, holder: PartyId | None) -> list[Settlement]:
    return [json.decode(row["body"], Settlement) for row in await unit.fetch(OPEN_ONES, holder and str(holder))]


async def open_before(unit: Unit, one: Settlement) -> list[Settlement]:
    rows = await unit.fetch(OPEN_BEFORE, str(one.holder), str(one.partner), one.currency, one.month)
    return [json.decode(row["body"], Settlement) for row in rows]


async def last_fixed(unit: Unit, holder: PartyId, partner: PartyId) -> dict[str, tuple[str, datetime]]:
    """currency → (the last month whose CDRs are fixed, its end)."""
    rows = await unit.fetch(LAST_FIXED, str(holder), str(partner))
    return {row["currency"]: (row["month"], row["end_at"]) for row in rows}


async def insert(unit: Unit, one: Settlement) -> bool:
    """False where there is one."""
    row = (str(one.holder), one.ref, str(one.partner), one.month, one.currency, one.state)
    return bool(await unit.execute(INSERT, *row, json.encode(one).decode(), one.last_updated))


def update(unit: Unit, one: Settlement) -> None:
    unit.write(UPDATE, str(one.holder), one.ref, one.state, json.encode(one).decode(), one.last_updated)


async def currencies_due(unit: Unit, holder: PartyId, partner: PartyId, since: datetime, until: datetime) -> list[str]:
    rows = await unit.fetch(CURRENCIES_DUE, str(holder), str(partner), since, until)
    return [row["currency"] for row in rows]


async def months_due(
    unit: Unit, holder: PartyId, partner: PartyId, since: datetime, until: datetime, zone: str
) -> list[tuple[str, str]]:
    """(month, currency) in which there were charges that are in no settlement."""
    rows = await unit.fetch(MONTHS_DUE, str(holder), str(partner), since, until, zone)
    return sorted((row["month"], row["currency"]) for row in rows)


# ---- What counts


def _due(one: Settlement, since: datetime) -> tuple[object, ...]:
    digits = -int(minor_unit(one.currency).as_tuple().exponent)
    return (str(one.holder), str(one.partner), one.currency, since, one.end_at, digits, one.begin_at)


async def due_sums(unit: Unit, one: Settlement, since: datetime) -> tuple[SideSum, SideSum]:
    """Of what would be fixed now."""
    return _sums(one, await unit.fetch(DUE_SUMS, *_due(one, since)))


async def fixed_sums(unit: Unit, one: Settlement) -> tuple[SideSum, SideSum]:
    return _sums(one, await unit.fetch(FIXED_SUMS, str(one.holder), one.ref))


async def due_page(
    unit: Unit,
    one: Settlement,
    since: datetime,
    *,
    after: tuple[str, str] | None,
    owner: PartyId | None,
    show: str | None,
    limit: int,
) -> list[Item]:
    rows = await unit.fetch(
        DUE_PAGE,
        *_due(one, since),
        one.time_zone,
        *(after or (None, None)),
        owner and str(owner),
        show,
        limit,
    )
    return [_item(one, row) for row in rows]


async def fixed_page(
    unit: Unit, one: Settlement, *, after: tuple[str, str] | None, owner: PartyId | None, show: str | None, limit: int
) -> list[Item]:
    rows = await unit.fetch(
        FIXED_PAGE, str(one.holder), one.ref, *(after or (None, None)), owner and str(owner), show, limit
    )
    return [_item(one, row) for row in rows]


async def fix(unit: Unit, one: Settlement, since: datetime) -> int:
    """What counts now counts here, for ever; how many CDRs that are."""
    return await unit.execute(FIX, *_due(one, since), one.time_zone, one.ref)


async def put_off(unit: Unit, one: Settlement, owner: PartyId, cdr_id: str, why: str, by: str) -> bool:
    """False where it is not in the settlement."""
    if not await unit.execute(TAKE_OUT, str(one.holder), one.ref, str(owner), fold(cdr_id)):
        return False
    unit.write(DUE_AGAIN, str(one.holder), str(owner), fold(cdr_id), str(one.partner))
    unit.write(PUT_OFF, str(one.holder), str(owner), fold(cdr_id), one.ref, why, by, unit.now)
    return True


# ---- Invoices


async def not_issued(unit: Unit, one: Settlement) -> list[str]:
    rows = await unit.fetch(NOT_ISSUED, str(one.holder), one.ref, str(one.partner), one.currency)
    return [row["ref"] for row in rows]


async def take_invoices(unit: Unit, one: Settlement) -> Decimal:
    """The VAT, and rounding, of the invoices that count here; what is not billed yet is noted for the next one."""
    whose = (str(one.partner), one.currency)
    await unit.execute(TAKE_INVOICES, str(one.holder), one.ref, *whose)
    unit.write(BILLED_BY_NOW, str(one.holder), *whose)
    unit.write(NOT_BILLED_YET, str(one.holder), one.ref, *whose)
    return Decimal(await unit.value(VAT, str(one.holder), one.ref))


async def numbers(unit: Unit, one: Settlement) -> list[str]:
    """Of all its invoices that are issued, the oldest first."""
    return [row["number"] for row in await unit.fetch(NUMBERS, str(one.holder), one.ref)]


async def invoices(unit: Unit, one: Settlement, limit: int) -> list[InvoiceOf]:
    rows = await unit.fetch(INVOICES, str(one.holder), one.ref, limit)
    return [InvoiceOf(side=Side.OURS, **row) for row in rows]


async def listed(unit: Unit, one: Settlement, owner: PartyId, cdrs: Iterable[str]) -> int:
    """How many of these are in it."""
    return int(await unit.value(LISTED, str(one.holder), one.ref, str(owner), [fold(id) for id in cdrs]))


# ---- From rows


def _sums(one: Settlement, rows: Iterable[Record]) -> tuple[SideSum, SideSum]:
    found: dict[Side, dict[str, object]] = {Side.OURS: {}, Side.THEIRS: {}}
    for row in rows:
        facts = found[Side.OURS if row["owner"] == str(one.holder) else Side.THEIRS]
        if row["counts"] == Counts.COUNTED:
            facts |= {name: row[name] for name in _COUNTED}
        else:
            name = row["counts"].lower()
            facts |= {name: row["many"], f"{name}_amount": row["amount"]}
    ours, theirs = (SideSum(side=side, **facts) for side, facts in found.items())  # type: ignore[arg-type]  # by name
    return ours, theirs


_COUNTED = ("many", "amount", "energy_wh", "credits", "credited", "late", "late_amount")


def _item(one: Settlement, row: Record) -> Item:
    owner = PartyId.parse(row["owner"])
    return Item(
        side=Side.OURS if owner == one.holder else Side.THEIRS,
        counts=Counts(row["counts"]),
        cdr_owner=owner,
        cdr_id=row["id"],
        cdr_ref=row["ref"],
        ended_at=row["ended_at"],
        energy=Energy(row["energy_wh"]),
        amount=row["amount"],
        credit=row["credit"],
        ended_in=row["ended_in"],
        put_off=row["put_off"],
    )
