"""Charges and their lines, each on the invoice that it is billed on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import msgspec

from laddnav.billing.model import Basis, Charge, Cited, InvoiceLine, Who
from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.pricing.reasons import Reason

BILLED_TO = "select debtor_id from billed where holder = $1 and cdr_owner = $2 and cdr_id = $3 order by at limit 1"
BILLED = "select body from billed where holder = $1 and cdr_owner = $2 and cdr_id = $3 order by at limit 1"
APPEND = """
insert into billed (holder, cdr_owner, cdr_id, debtor_id, invoice_ref, body, at) values ($1, $2, $3, $4, $5, $6, $7)
"""
LAST_POSITION = "select coalesce(max(position), 0) from invoice_line where holder = $1 and invoice_ref = $2"
APPEND_LINE = """
insert into invoice_line (holder, invoice_ref, position, cdr_owner, cdr_id, basis, dimension, started_at, ended_at,
  quantity, unit, unit_price, amount, vat_percent, tariff_id, element, component, reason)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
"""
OF_INVOICES = """
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

CANCELLED_CDRS = """
select b.cdr_owner || '/' || one.id as cdr
from billed b, lateral (values (b.cdr_id), (b.credits)) as one(id)
where b.holder = $1 and b.debtor_id = $2 and b.credits is not null
"""
CREDITED_TO = "select debtor_id from billed where holder = $1 and cdr_owner = $2 and credits = $3 order by at limit 1"


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
    found: str | None = await unit.value(CREDITED_TO, str(holder), str(cdr_owner), cdr_id)
    return found


async def append(unit: Unit, holder: PartyId, invoice_ref: str, debtor_id: str, charge: Charge) -> None:
    position = await unit.value(LAST_POSITION, str(holder), invoice_ref)
    cdr = (str(charge.cdr_owner), charge.cdr_id)
    body = json.encode(_without_lines(charge)).decode()
    unit.write(APPEND, str(holder), *cdr, debtor_id, invoice_ref, body, unit.now)
    for line in charge.lines:
        position += 1
        unit.write(APPEND_LINE, str(holder), invoice_ref, position, *cdr, *_columns(line))


async def of_invoices(unit: Unit, holder: PartyId, refs: Sequence[str]) -> Mapping[str, tuple[Charge, ...]]:
    """Of each of these invoices, in the order of time."""
    lines: dict[tuple[str, str, str], list[InvoiceLine]] = defaultdict(list)
    for row in await unit.fetch(LINES, str(holder), refs):
        lines[row["invoice_ref"], row["cdr_owner"], row["cdr_id"]].append(_line(row))
    charged: dict[str, list[Charge]] = defaultdict(list)
    for row in await unit.fetch(OF_INVOICES, str(holder), refs):
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


async def cancelled_cdrs(unit: Unit, holder: PartyId, debtor_id: str) -> frozenset[str]:
    """The debtor's CDRs that Credit CDRs take back, and those, each as `owner/id`."""
    return frozenset(row["cdr"] for row in await unit.fetch(CANCELLED_CDRS, str(holder), debtor_id))


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
