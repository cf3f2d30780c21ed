"""How debtors, invoices, their charges, lines and items are kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from laddnav.billing.model import (
    Basis,
    Charge,
    Cited,
    Debtor,
    DebtorKind,
    Invoice,
    InvoiceHeading,
    InvoiceLine,
    Item,
    Period,
    Who,
)
from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.pricing.reasons import Reason

INSERT_DEBTOR = """
insert into debtor (holder, id, ref, kind, name, country, created_at) values ($1, $2, $3, $4, $5, $6, $7)
on conflict (holder, id) do nothing
"""
# Whoever bills or issues holds the debtor: one at a time, so that nothing is billed twice or onto a closed invoice.
LOCK_DEBTOR = """
select holder, id, ref, kind, name, country, address, vat_number, endpoint, reference, email, language,
  created_at
from debtor
where holder = $1 and id = $2 for update
"""
DEBTOR = """
select holder, id, ref, kind, name, country, address, vat_number, endpoint, reference, email, language,
  created_at
from debtor
where holder = $1 and id = $2
"""
DEBTOR_BY_REF = """
select holder, id, ref, kind, name, country, address, vat_number, endpoint, reference, email, language,
  created_at
from debtor
where ref = $1
"""
UPDATE_DEBTOR = """
update debtor set name = $3, country = $4, address = $5, vat_number = $6, endpoint = $7, reference = $8, email = $9,
  language = $10
where holder = $1 and id = $2
"""
DEBTORS = """
select holder, id, ref, kind, name, country, address, vat_number, endpoint, reference, email, language,
  created_at
from debtor
where $1::text is null or holder = $1 order by holder, id
"""

IS_BILLED = "select exists (select from billed where holder = $1 and cdr_owner = $2 and cdr_id = $3 and debtor_id = $4)"
BILLED_TO = "select debtor_id from billed where holder = $1 and cdr_owner = $2 and cdr_id = $3 order by at limit 1"
BILLED = "select body from billed where holder = $1 and cdr_owner = $2 and cdr_id = $3 order by at limit 1"
INSERT_BILLED = """
insert into billed (holder, cdr_owner, cdr_id, debtor_id, invoice_ref, body, at) values ($1, $2, $3, $4, $5, $6, $7)
"""
LAST_POSITION = "select coalesce(max(position), 0) from invoice_line where holder = $1 and invoice_ref = $2"
APPEND_LINE = """
insert into invoice_line (holder, invoice_ref, position, cdr_owner, cdr_id, basis, dimension, started_at, ended_at,
  quantity, unit, unit_price, amount, vat_percent, tariff_id, element, component, reason)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
"""
CHARGES = """
select invoice_ref, cdr_owner, cdr_id, body from billed where holder = $1 and invoice_ref = any($2::text[])
"""
LINES = """
select invoice_ref, cdr_owner, cdr_id, basis, dimension, started_at, ended_at, quantity, unit, unit_price, amount,
  vat_percent, tariff_id, element, component, reason
from invoice_line where holder = $1 and invoice_ref = any($2::text[]) order by invoice_ref, position
"""
BILLED_ON = """
select i.ref from billed b join invoice i on i.holder = b.holder and i.ref = b.invoice_ref
where b.holder = $1 and b.cdr_owner = $2 and b.cdr_id = $3 order by i.ref
"""
ISSUED_WITH = """
select i.number, i.issued_at from billed b join invoice i on i.holder = b.holder and i.ref = b.invoice_ref
where b.holder = $1 and b.debtor_id = $2 and b.cdr_owner = $3 and b.cdr_id = $4 and i.issued_at is not null
"""

INSERT_ITEM = """
insert into invoice_item (holder, key, debtor_id, invoice_ref, amount, cdr, body, at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
"""
ITEM = "select invoice_ref, debtor_id, body from invoice_item where holder = $1 and key = $2"
ITEMS = "select invoice_ref, body from invoice_item where holder = $1 and invoice_ref = any($2::text[]) order by key"
ISSUED_AS = "select number, issued_at from invoice where holder = $1 and number = $2"
CREDITED_LINES = "select key from invoice_item where holder = $1 and key = any($2::text[])"
ITEMS_OF_CDR = "select body from invoice_item where holder = $1 and cdr = $2 and debtor_id = $3 order by key"
CANCELLED_CDRS = """
select b.cdr_owner || '/' || one.id as cdr
from billed b, lateral (values (b.cdr_id), (b.credits)) as one(id)
where b.holder = $1 and b.debtor_id = $2 and b.credits is not null
"""
CREDIT_OF = "select debtor_id from billed where holder = $1 and cdr_owner = $2 and credits = $3 order by at limit 1"

OPEN_INVOICE = """
select ref from invoice
where holder = $1 and debtor_id = $2 and currency = $3 and period = $4 and issued_at is null
"""
INSERT_INVOICE = """
insert into invoice (holder, ref, debtor_id, currency, period, closes_at, opened_at) values ($1, $2, $3, $4, $5, $6, $7)
"""
INVOICE = """
select holder, ref, debtor_id, currency, period, closes_at, opened_at, issued_at, body from invoice
where ref = $1 and ($2::text is null or holder = $2)
"""
# In one order, as whoever bills one of them locks it too.
LOCK_DEBTORS = """
select holder, id, ref, kind, name, country, address, vat_number, endpoint, reference, email, language, created_at
from debtor
where holder = $1 and id in (select debtor_id from invoice where holder = $1 and ref = any($2::text[]))
order by id for update
"""
INVOICES = """
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


# ---- Debtors


def insert_debtor(unit: Unit, debtor: Debtor) -> None:
    """Nothing when it is there already."""
    unit.write(
        INSERT_DEBTOR,
        str(debtor.holder),
        debtor.id,
        debtor.ref,
        debtor.kind,
        debtor.name,
        debtor.country,
        debtor.created_at,
    )


async def lock_debtor(unit: Unit, holder: PartyId, debtor_id: str) -> Debtor | None:
    row = await unit.fetch_one(LOCK_DEBTOR, str(holder), debtor_id)
    return None if row is None else _debtor(row)


async def lock_debtors(unit: Unit, holder: PartyId, refs: Sequence[str]) -> Mapping[str, Debtor]:
    """By their ids, who owes these invoices."""
    return {row["id"]: _debtor(row) for row in await unit.fetch(LOCK_DEBTORS, str(holder), refs)}


async def find_debtor(unit: Unit, holder: PartyId, debtor_id: str) -> Debtor | None:
    row = await unit.fetch_one(DEBTOR, str(holder), debtor_id)
    return None if row is None else _debtor(row)


async def debtor_by_ref(unit: Unit, ref: str) -> Debtor | None:
    row = await unit.fetch_one(DEBTOR_BY_REF, ref)
    return None if row is None else _debtor(row)


def update_debtor(unit: Unit, debtor: Debtor) -> None:
    unit.write(
        UPDATE_DEBTOR,
        str(debtor.holder),
        debtor.id,
        debtor.name,
        debtor.country,
        debtor.address,
        debtor.vat_number,
        debtor.endpoint,
        debtor.reference,
        debtor.email,
        debtor.language,
    )


async def debtors(unit: Unit, holder: PartyId | None) -> tuple[Debtor, ...]:
    return tuple(_debtor(row) for row in await unit.fetch(DEBTORS, holder and str(holder)))


# ---- Charges


async def is_billed(unit: Unit, holder: PartyId, cdr_owner: PartyId, cdr_id: str, debtor_id: str) -> bool:
    return bool(await unit.value(IS_BILLED, str(holder), str(cdr_owner), cdr_id, debtor_id))


async def billed_to(unit: Unit, holder: PartyId, cdr_owner: PartyId, cdr_id: str) -> str | None:
    """Whose charge it is, by the id of the debtor."""
    found: str | None = await unit.value(BILLED_TO, str(holder), str(cdr_owner), cdr_id)
    return found


async def who_charged(unit: Unit, holder: PartyId, cdr_owner: PartyId, cdr_id: str) -> Who | None:
    """As it was kept with the charge, if that was billed."""
    row = await unit.fetch_one(BILLED, str(holder), str(cdr_owner), cdr_id)
    return None if row is None else json.decode(row["body"], Charge).who


async def credited_to(unit: Unit, holder: PartyId, cdr_owner: PartyId, cdr_id: str) -> str | None:
    """Who has the Credit CDR that takes this one back, by the id of the debtor; None: none was billed."""
    found: str | None = await unit.value(CREDIT_OF, str(holder), str(cdr_owner), cdr_id)
    return found


async def append(unit: Unit, holder: PartyId, invoice_ref: str, debtor_id: str, charge: Charge) -> None:
    position = await unit.value(LAST_POSITION, str(holder), invoice_ref)
    cdr = (str(charge.cdr_owner), charge.cdr_id)
    body = json.encode(_without_lines(charge)).decode()
    unit.write(INSERT_BILLED, str(holder), *cdr, debtor_id, invoice_ref, body, unit.now)
    for line in charge.lines:
        position += 1
        unit.write(APPEND_LINE, str(holder), invoice_ref, position, *cdr, *_columns(line))


async def charges(unit: Unit, holder: PartyId, refs: Sequence[str]) -> Mapping[str, tuple[Charge, ...]]:
    """Of each of these invoices, in the order of time."""
    lines: dict[tuple[str, str, str], list[InvoiceLine]] = defaultdict(list)
    for row in await unit.fetch(LINES, str(holder), refs):
        lines[row["invoice_ref"], row["cdr_owner"], row["cdr_id"]].append(_line(row))
    charged: dict[str, list[Charge]] = defaultdict(list)
    for row in await unit.fetch(CHARGES, str(holder), refs):
        of_cdr = lines[row["invoice_ref"], row["cdr_owner"], row["cdr_id"]]
        charge = msgspec.structs.replace(json.decode(row["body"], Charge), lines=tuple(of_cdr))
        charged[row["invoice_ref"]].append(charge)
    return {
        ref: tuple(sorted(charged[ref], key=lambda one: (one.started_at, one.ended_at, str(one.cdr_owner), one.cdr_id)))
        for ref in refs
    }


async def billed_on(unit: Unit, holder: PartyId, cdr_owner: PartyId, cdr_id: str) -> tuple[str, ...]:
    rows = await unit.fetch(BILLED_ON, str(holder), str(cdr_owner), cdr_id)
    return tuple(row["ref"] for row in rows)


async def issued_with(
    unit: Unit, holder: PartyId, debtor_id: str, cdr_owner: str, cdr_id: str | None
) -> tuple[Cited, ...]:
    rows = await unit.fetch(ISSUED_WITH, str(holder), debtor_id, cdr_owner, cdr_id)
    return tuple(Cited(row["number"], row["issued_at"]) for row in rows)


async def issued_as(unit: Unit, holder: PartyId, number: str) -> tuple[Cited, ...]:
    rows = await unit.fetch(ISSUED_AS, str(holder), number)
    return tuple(Cited(row["number"], row["issued_at"]) for row in rows)


# ---- Items


def insert_item(unit: Unit, holder: PartyId, debtor_id: str, invoice_ref: str, item: Item) -> None:
    cdr = None if item.takes_back is None else item.takes_back.cdr  # not `item.cdr`: see ITEMS_OF_CDR
    body = json.encode(item).decode()
    unit.write(INSERT_ITEM, str(holder), item.key, debtor_id, invoice_ref, item.amount, cdr, body, unit.now)


async def find_item(unit: Unit, holder: PartyId, key: str) -> tuple[str, str, Item] | None:
    """The ref of its invoice, its debtor, and what it is."""
    row = await unit.fetch_one(ITEM, str(holder), key)
    return None if row is None else (row["invoice_ref"], row["debtor_id"], json.decode(row["body"], Item))


async def items(unit: Unit, holder: PartyId, refs: Sequence[str]) -> Mapping[str, tuple[Item, ...]]:
    """Of each of these invoices, in the order of time."""
    found: dict[str, list[Item]] = defaultdict(list)
    for row in await unit.fetch(ITEMS, str(holder), refs):
        found[row["invoice_ref"]].append(json.decode(row["body"], Item))
    return {ref: tuple(sorted(found[ref], key=lambda item: (item.started_at, item.ended_at, item.key))) for ref in refs}


async def billed_items(unit: Unit, holder: PartyId, keys: Sequence[str]) -> frozenset[str]:
    """Those of these keys that are on an invoice."""
    return frozenset(row["key"] for row in await unit.fetch(CREDITED_LINES, str(holder), keys))


async def items_of_cdr(unit: Unit, holder: PartyId, cdr: str, debtor_id: str) -> tuple[Item, ...]:
    """What takes back lines of this CDR, or puts them back."""
    return tuple(json.decode(row["body"], Item) for row in await unit.fetch(ITEMS_OF_CDR, str(holder), cdr, debtor_id))


async def cancelled_cdrs(unit: Unit, holder: PartyId, debtor_id: str) -> frozenset[str]:
    """The debtor's CDRs that Credit CDRs take back, and those, each as `owner/id`."""
    return frozenset(row["cdr"] for row in await unit.fetch(CANCELLED_CDRS, str(holder), debtor_id))


# ---- Invoices


class Kept(Struct, frozen=True, kw_only=True):
    """The row of an invoice; `issued` is the whole of it as it was issued, None while it is open."""

    holder: PartyId
    ref: str
    debtor_id: str
    currency: str
    period: Period
    opened_at: datetime
    issued: Invoice | None


async def open_invoice(unit: Unit, holder: PartyId, debtor_id: str, currency: str, period: Period) -> str:
    """The ref of the open invoice for all this, opened now if need be. The debtor must be locked."""
    ref = await unit.value(OPEN_INVOICE, str(holder), debtor_id, currency, period.name)
    if ref is None:
        ref = unit.new_id()
        unit.write(INSERT_INVOICE, str(holder), ref, debtor_id, currency, period.name, period.closes_at, unit.now)
    return str(ref)


async def find_invoice(unit: Unit, holder: PartyId | None, ref: str) -> Kept | None:
    row = await unit.fetch_one(INVOICE, ref, holder and str(holder))
    return None if row is None else _kept(row)


async def still_open(unit: Unit, holder: PartyId, refs: Sequence[str]) -> tuple[Kept, ...]:
    """Those of them that are not issued, in the order in which they close."""
    return tuple(_kept(row) for row in await unit.fetch(INVOICES, str(holder), refs))


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


def _debtor(row: Record) -> Debtor:
    return Debtor(**{**row, "holder": PartyId.parse(row["holder"]), "kind": DebtorKind(row["kind"])})


def _without_lines(charge: Charge) -> Charge:
    return msgspec.structs.replace(charge, lines=())


def _columns(line: InvoiceLine) -> tuple[object, ...]:
    return (
        line.basis,
        line.dimension,
        line.started_at,
        line.ended_at,
        line.quantity,
        line.unit,
        line.unit_price,
        line.amount,
        line.vat_percent,
        line.tariff_id,
        line.element,
        line.component,
        None if line.reason is None else json.encode(line.reason).decode(),
    )


def _line(row: Record) -> InvoiceLine:
    return InvoiceLine(
        basis=Basis(row["basis"]),
        dimension=row["dimension"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        quantity=row["quantity"],
        unit=row["unit"],
        unit_price=row["unit_price"],
        amount=row["amount"],
        vat_percent=row["vat_percent"],
        tariff_id=row["tariff_id"],
        element=row["element"],
        component=row["component"],
        reason=None if row["reason"] is None else json.decode(row["reason"], Reason),
    )
