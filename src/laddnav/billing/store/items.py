"""What is billed beside charges: items, each under a key of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from laddnav.billing.model import Item
from laddnav.db.unit import Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId

INSERT = """
insert into invoice_item (holder, key, debtor_id, invoice_ref, amount, cdr, body, at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
"""
FIND = "select invoice_ref, debtor_id, body from invoice_item where holder = $1 and key = $2"
OF_INVOICES = (
    "select invoice_ref, body from invoice_item where holder = $1 and invoice_ref = any($2::text[]) order by key"
)

BILLED = "select key from invoice_item where holder = $1 and key = any($2::text[])"
OF_CDR = "select body from invoice_item where holder = $1 and cdr = $2 and debtor_id = $3 order by key"


def insert(unit: Unit, holder: PartyId, debtor_id: str, invoice_ref: str, item: Item) -> None:
    cdr = None if item.takes_back is None else item.takes_back.cdr  # not `item.cdr`: see OF_CDR
    body = json.encode(item).decode()
    unit.write(INSERT, str(holder), item.key, debtor_id, invoice_ref, item.amount, cdr, body, unit.now)


async def find(unit: Unit, holder: PartyId, key: str) -> tuple[str, str, Item] | None:
    """The ref of its invoice, its debtor, and what it is."""
    row = await unit.fetch_one(FIND, str(holder), key)
    return None if row is None else (row["invoice_ref"], row["debtor_id"], json.decode(row["body"], Item))


async def of_invoices(unit: Unit, holder: PartyId, refs: Sequence[str]) -> Mapping[str, tuple[Item, ...]]:
    """Of each of these invoices, in the order of time."""
    found: dict[str, list[Item]] = defaultdict(list)
    for row in await unit.fetch(OF_INVOICES, str(holder), refs):
        found[row["invoice_ref"]].append(json.decode(row["body"], Item))
    return {ref: tuple(sorted(found[ref], key=lambda item: (item.started_at, item.ended_at, item.key))) for ref in refs}


async def billed(unit: Unit, holder: PartyId, keys: Sequence[str]) -> frozenset[str]:
    """Those of these keys that are on an invoice."""
    return frozenset(row["key"] for row in await unit.fetch(BILLED, str(holder), keys))


async def of_cdr(unit: Unit, holder: PartyId, cdr: str, debtor_id: str) -> tuple[Item, ...]:
    """What takes back lines of this CDR, or puts them back."""
    return tuple(json.decode(row["body"], Item) for row in await unit.fetch(OF_CDR, str(holder), cdr, debtor_id))
