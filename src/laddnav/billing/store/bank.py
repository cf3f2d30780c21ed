"""How it is kept which files of a bank were read, and what each movement in them is."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from laddnav.billing.bank import BankEntry, BankFile
from laddnav.billing.camt import Movement
from laddnav.billing.open_items import OpenItem
from laddnav.billing.store.settling import ITEM, open_item
from laddnav.db.unit import Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId

INSERT_FILE = "insert into bank_file (holder, ref, body, read_at) values ($1, $2, $3, $4)"
FILES = """
select body from bank_file where ($1::text is null or holder = $1) and ($2::text is null or ref < $2)
order by ref desc limit $3
"""
# Whoever reads a file of this account holds it: the same movement in two files at once is looked at by one of them.
HOLD = "select pg_advisory_xact_lock(hashtextextended('bank of ' || $1, 0))"
KNOWN = "select key from bank_entry where holder = $1 and key = any($2::text[])"
INSERT_ENTRY = """
insert into bank_entry (holder, ref, key, account, booked_on, amount, currency, end_to_end, undoes, state, body)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""
UPDATE_ENTRY = "update bank_entry set state = $3, undoes = $4, body = $5 where holder = $1 and ref = $2"
ENTRY = "select body from bank_entry where ref = $1 for update"
ENTRIES = """
select body from bank_entry
where ($1::text is null or holder = $1) and (not $2 or state in ('PROPOSED', 'UNMATCHED'))
  and ($3::text is null or ref < $3)
order by ref desc limit $4
"""
CAME_BEFORE = """
select body, exists (select from bank_entry u where u.holder = b.holder and u.undoes = b.key) as gone
from bank_entry b
where holder = $1 and account = $2 and amount = $3 and currency = $4 and booked_on <= $5
order by booked_on desc, ref desc limit 20
"""
UNDOING = "select key from bank_entry where holder = $1 and undoes = $2"
KEYED = "select body from bank_entry where holder = $1 and key = $2"
KEYED_ANYWHERE = """
select body from bank_entry where ($1::text is null or holder = $1) and key = $2 order by ref desc limit 20
"""
OF_AMOUNT = f"""{ITEM}
where i.holder = $1 and i.currency = $2 and i.settled <> i.to_pay and i.to_pay - i.settled = $3
order by i.due_at, i.number limit 3
"""


def insert_file(unit: Unit, file: BankFile) -> None:
    unit.write(INSERT_FILE, str(file.holder), file.ref, json.encode(file).decode(), file.read_at)


async def files(unit: Unit, holder: PartyId | None, after: str | None, limit: int) -> tuple[BankFile, ...]:
    rows = await unit.fetch(FILES, holder and str(holder), after, limit)
    return tuple(json.decode(row["body"], BankFile) for row in rows)


async def hold(unit: Unit, holder: PartyId) -> None:
    await unit.value(HOLD, str(holder))


async def known(unit: Unit, holder: PartyId, keys: Sequence[str]) -> frozenset[str]:
    return frozenset(row["key"] for row in await unit.fetch(KNOWN, str(holder), keys))


def insert(unit: Unit, entry: BankEntry) -> None:
    one = entry.movement
    unit.write(
        INSERT_ENTRY,
        str(entry.holder),
        entry.ref,
        one.key,
        one.account,
        one.booked_on,
        one.amount,
        one.currency,
        one.end_to_end,
        entry.undoes,
        entry.state,
        json.encode(entry).decode(),
    )


def update(unit: Unit, entry: BankEntry) -> None:
    unit.write(UPDATE_ENTRY, str(entry.holder), entry.ref, entry.state, entry.undoes, json.encode(entry).decode())


async def locked(unit: Unit, ref: str) -> BankEntry | None:
    row = await unit.fetch_one(ENTRY, ref)
    return None if row is None else json.decode(row["body"], BankEntry)


async def entries(
    unit: Unit, holder: PartyId | None, *, to_decide: bool, after: str | None, limit: int
) -> tuple[BankEntry, ...]:
    """The newest first."""
    rows = await unit.fetch(ENTRIES, holder and str(holder), to_decide, after, limit)
    return tuple(json.decode(row["body"], BankEntry) for row in rows)


async def came_before(unit: Unit, holder: PartyId, went: Movement) -> tuple[tuple[BankEntry, bool], ...]:
    """What came in just this amount onto the account, the last first, with whether another movement undoes it."""
    rows = await unit.fetch(CAME_BEFORE, str(holder), went.account, -went.amount, went.currency, went.booked_on)
    return tuple((json.decode(row["body"], BankEntry), row["gone"]) for row in rows)


async def keyed(unit: Unit, holder: PartyId, key: str) -> BankEntry | None:
    row = await unit.fetch_one(KEYED, str(holder), key)
    return None if row is None else json.decode(row["body"], BankEntry)


async def keyed_anywhere(unit: Unit, holder: PartyId | None, key: str) -> tuple[BankEntry, ...]:
    rows = await unit.fetch(KEYED_ANYWHERE, holder and str(holder), key)
    return tuple(json.decode(row["body"], BankEntry) for row in rows)


async def undoing(unit: Unit, holder: PartyId, key: str) -> str | None:
    """The key of the movement by which the bank took this one back."""
    row = await unit.fetch_one(UNDOING, str(holder), key)
    return None if row is None else str(row["key"])


async def of_amount(unit: Unit, holder: PartyId, currency: str, amount: Decimal) -> tuple[OpenItem, ...]:
    """Invoices of which just so much is open: three at most, for one is what can be proposed."""
    return tuple(open_item(row) for row in await unit.fetch(OF_AMOUNT, str(holder), currency, amount))
