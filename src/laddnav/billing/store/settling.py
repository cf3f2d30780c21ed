"""How it is kept which entry of the ledger settles which invoice; the database lets none settle more than it moved."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from laddnav.billing.open_items import MAKE_DEBTS, MatchedBy, OpenItem, SettledBy, Share
from laddnav.db.unit import Record, Unit
from laddnav.kit.ids import PartyId

SETTLE = """
insert into settled (holder, id, source, entry_id, debtor_id, currency, invoice_ref, amount, why, by, at)
select $1, id, $2, $3, $4, $5, invoice_ref, amount, why, $6, $7
from unnest($8::text[], $9::text[], $10::numeric[], $11::text[]) as added(id, invoice_ref, amount, why)
"""
OF_SOURCE = """
select source, invoice_ref, amount, why, by, at from settled where holder = $1 and source = $2 order by at, id
"""
# Without it an invoice is settled between nothing and what is to pay, whoever else settled or opened it since.
STILL_SETTLED = """
select s.currency, s.invoice_ref, i.settled -
  greatest(least(i.settled - sum(s.amount), greatest(i.to_pay, 0)), least(i.to_pay, 0)) as amount
from settled s join invoice i on i.holder = s.holder and i.ref = s.invoice_ref
where s.holder = $1 and s.source = $2 group by s.currency, s.invoice_ref, i.settled, i.to_pay order by s.invoice_ref
"""
OF_INVOICE = """
select source, invoice_ref, amount, why, by, at from settled where holder = $1 and invoice_ref = $2 order by at, id
"""

ITEM = """
select i.holder, i.ref, i.number, i.debtor_id, d.name as debtor_name, i.currency, i.issued_at, i.due_at, i.to_pay,
  i.settled
from invoice i join debtor d on d.holder = i.holder and d.id = i.debtor_id
"""
OPEN = f"""{ITEM}
where i.holder = $1 and i.debtor_id = $2 and i.settled <> i.to_pay and ($3::text is null or i.currency = $3)
order by i.due_at, i.number
"""
NUMBERED = f"{ITEM} where i.holder = $1 and i.number = any($2::text[]) and i.issued_at is not null order by i.due_at"
# What may be open again, and what we owe: the newest, all that these name, and credit notes that are open.
SETTLED_OR_OWED = f"""{ITEM}
where i.holder = $1 and i.debtor_id = $2 and i.currency = $3 and i.issued_at is not null and (
  i.ref = any($4::text[]) or i.number = any($5::text[]) or (i.to_pay < 0 and i.settled <> i.to_pay)
  or i.ref in (select s.ref from invoice s
               where s.holder = $1 and s.debtor_id = $2 and s.currency = $3 and s.to_pay > 0 and s.settled <> 0
               order by s.due_at desc, s.number desc limit 100))
order by i.due_at desc, i.number desc
"""
# Of what lowered a debtor's account and made no debt, what settles nothing yet; what came first, first.
UNSETTLED = """
select came.key, came.id, came.amount - coalesce(gone.amount, 0) as rest
from (select e.key, e.id, -sum(p.amount) as amount
      from ledger_posting p join ledger_entry e on e.holder = p.holder and e.id = p.entry_id
      where p.holder = $1 and p.account_id = 'receivable:' || $2 and p.currency = $3
        and not e.key ^@ any($4::text[])
      group by e.key, e.id) as came
  left join lateral (select sum(s.amount) as amount from settled s
                     where s.holder = $1 and s.source = came.key and s.entry_id = came.id) as gone on true
where came.amount > coalesce(gone.amount, 0) and came.amount > 0
order by came.id
"""
# What was written off, and that was not taken back.
LOST = """
select distinct i.number from settled s join invoice i on i.holder = s.holder and i.ref = s.invoice_ref
where s.holder = $1 and i.debtor_id = $2 and s.debtor_id = $2 and s.why = 'LOST'
  and not exists (select from ledger_entry e where e.holder = s.holder and e.reverses = s.entry_id)
order by i.number
"""
BY_REF = f"{ITEM} where i.holder = $1 and i.ref = $2 and i.issued_at is not null"
ALL_OPEN = f"""{ITEM}
where i.settled <> i.to_pay and ($1::text is null or i.holder = $1) and (i.due_at < $2 or not $3)
  and ($4::text is null or (i.due_at, i.ref) > (
    select o.due_at, o.ref from invoice o where o.ref = $4 and o.issued_at is not null))
order by i.due_at, i.ref limit $5
"""
NOT_INVOICED = """
select coalesce((select amount from debt_not_invoiced where holder = $1 and debtor_id = $2 and currency = $3), 0)
"""
CURRENCIES = "select distinct currency from invoice where holder = $1 and debtor_id = $2 order by currency"


def settle(
    unit: Unit,
    holder: PartyId,
    source: str,
    entry_id: str | None,
    debtor_id: str,
    currency: str,
    shares: tuple[Share, ...],
    by: str,
) -> None:
    if not shares:
        return
    unit.write(
        SETTLE,
        str(holder),
        source,
        entry_id,
        debtor_id,
        currency,
        by,
        unit.now,
        [unit.new_id() for _ in shares],
        [share.ref for share in shares],
        [share.amount for share in shares],
        [share.why for share in shares],
    )


async def by_ref(unit: Unit, holder: PartyId, ref: str) -> OpenItem | None:
    row = await unit.fetch_one(BY_REF, str(holder), ref)
    return None if row is None else open_item(row)


async def of_source(unit: Unit, holder: PartyId, source: str) -> tuple[SettledBy, ...]:
    return tuple(_settled(row) for row in await unit.fetch(OF_SOURCE, str(holder), source))


async def still_settled(unit: Unit, holder: PartyId, source: str) -> dict[str, list[tuple[str, Decimal]]]:
    """currency → (invoice, what this source settled of it and is settled still); below zero, what it opened again."""
    found: dict[str, list[tuple[str, Decimal]]] = {}
    for row in [one for one in await unit.fetch(STILL_SETTLED, str(holder), source) if one["amount"]]:
        found.setdefault(row["currency"], []).append((row["invoice_ref"], row["amount"]))
    return found


async def lost(unit: Unit, holder: PartyId, debtor_id: str) -> tuple[str, ...]:
    return tuple(row["number"] for row in await unit.fetch(LOST, str(holder), debtor_id))


async def of_invoice(unit: Unit, holder: PartyId, invoice_ref: str) -> tuple[SettledBy, ...]:
    return tuple(_settled(row) for row in await unit.fetch(OF_INVOICE, str(holder), invoice_ref))


async def open_items(unit: Unit, holder: PartyId, debtor_id: str, currency: str | None = None) -> tuple[OpenItem, ...]:
    """What is due longest first."""
    return tuple(open_item(row) for row in await unit.fetch(OPEN, str(holder), debtor_id, currency))


async def numbered(unit: Unit, holder: PartyId, numbers: list[str]) -> tuple[OpenItem, ...]:
    """Issued invoices, open or not, what is due longest first."""
    return tuple(open_item(row) for row in await unit.fetch(NUMBERED, str(holder), numbers))


async def settled_or_owed(
    unit: Unit, holder: PartyId, debtor_id: str, currency: str, refs: list[str], numbers: list[str]
) -> tuple[OpenItem, ...]:
    """Invoices of which something is settled, these among them, and credit notes that are open; the newest first."""
    rows = await unit.fetch(SETTLED_OR_OWED, str(holder), debtor_id, currency, refs, numbers)
    return tuple(open_item(row) for row in rows)


async def unsettled(unit: Unit, holder: PartyId, debtor_id: str, currency: str) -> tuple[tuple[str, str, Decimal], ...]:
    """(key, id, rest) of each entry that could settle something still, the oldest first."""
    rows = await unit.fetch(UNSETTLED, str(holder), debtor_id, currency, list(MAKE_DEBTS))
    return tuple((row["key"], row["id"], row["rest"]) for row in rows)


async def all_open(
    unit: Unit, holder: PartyId | None, *, due_before: datetime, only_due: bool, after: str | None, limit: int
) -> tuple[OpenItem, ...]:
    rows = await unit.fetch(ALL_OPEN, holder and str(holder), due_before, only_due, after, limit)
    return tuple(open_item(row) for row in rows)


async def not_invoiced(unit: Unit, holder: PartyId, debtor_id: str, currency: str) -> Decimal:
    """Charges and items on invoices that are not issued yet."""
    return Decimal(await unit.value(NOT_INVOICED, str(holder), debtor_id, currency))


async def currencies(unit: Unit, holder: PartyId, debtor_id: str) -> tuple[str, ...]:
    return tuple(row["currency"] for row in await unit.fetch(CURRENCIES, str(holder), debtor_id))


def open_item(row: Record) -> OpenItem:
    return OpenItem(**{**row, "holder": PartyId.parse(row["holder"])})


def _settled(row: Record) -> SettledBy:
    return SettledBy(**{**row, "why": MatchedBy(row["why"])})
