"""Entries with their postings, as they are appended and read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import groupby

import asyncpg

from laddnav.db.unit import Record, Unit
from laddnav.kit.ids import PartyId
from laddnav.ledger.model import Account, Entry, Posted, Posting
from laddnav.ledger.rules import MonthClosed

# No key is named: of two who take back the same at one instant the second would trip over `reverses` before it waits.
INSERT_ENTRY = """
insert into ledger_entry (holder, id, key, what, cites, at, booked_at, reverses, by)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict do nothing
"""

INSERT_ENTRIES = """
insert into ledger_entry (holder, id, key, what, cites, at, booked_at, by)
select $1, id, key, what, cites, $2, $3, ''
from unnest($4::text[], $5::text[], $6::text[], $7::text[]) as entered(id, key, what, cites)
on conflict (holder, key) do nothing
returning id, key
"""

# In one order everywhere, so that two Units that open the same accounts never wait for each other in a ring.
OPEN_ACCOUNTS = """
insert into ledger_account (holder, id, kind, currency, opened_at)
select $1, id, kind, currency, $5 from unnest($2::text[], $3::text[], $4::text[]) as opened(id, kind, currency)
where not exists (
  select from ledger_account a where a.holder = $1 and a.id = opened.id and a.currency = opened.currency)
order by id, currency
on conflict (holder, id, currency) do nothing
"""

APPEND_POSTINGS = """
insert into ledger_posting (holder, entry_id, booked_at, position, account_id, currency, amount)
select $1, $2, $3, position, account_id, currency, amount
from unnest($4::text[], $5::text[], $6::numeric[]) with ordinality as posted(account_id, currency, amount, position)
"""

APPEND_POSTINGS_OF_MANY = """
insert into ledger_posting (holder, entry_id, booked_at, position, account_id, currency, amount)
select $1, entry_id, $2, position, account_id, currency, amount
from unnest($3::text[], $4::int[], $5::text[], $6::text[], $7::numeric[])
  as posted(entry_id, position, account_id, currency, amount)
"""

POSTED = """
e.id, e.holder, e.key, e.what, e.cites, e.at, e.booked_at, e.reverses, e.by, p.account_id, p.currency, p.amount,
(select r.id from ledger_entry r where r.holder = e.holder and r.reverses = e.id) as reversed_by
"""

FIND_BY_KEY = f"""
select {POSTED}
from ledger_entry e join ledger_posting p on p.holder = e.holder and p.entry_id = e.id
where e.holder = $1 and e.key = $2
order by p.position
"""

FIND_BY_KEYS = f"""
select {POSTED}
from ledger_entry e join ledger_posting p on p.holder = e.holder and p.entry_id = e.id
where e.holder = $1 and e.key = any($2::text[])
order by e.id, p.position
"""

FIND = f"""
select {POSTED}
from ledger_entry e join ledger_posting p on p.holder = e.holder and p.entry_id = e.id
where e.holder = $1 and e.id = $2
order by p.position
"""

PAGE = f"""
with page as (
  select e.* from ledger_entry e
  where e.holder = $1 and ($2::text is null or e.id < $2) and ($3::text is null or e.cites = $3)
    and ($4::text is null or exists (
      select from ledger_posting p where p.holder = e.holder and p.entry_id = e.id and p.account_id = $4))
  order by e.id desc limit $5)
select {POSTED}
from page e join ledger_posting p on p.holder = e.holder and p.entry_id = e.id
order by e.id desc, p.position
"""

BOOKED = f"""
with page as (
  select e.* from ledger_entry e
  where e.holder = $1 and e.booked_at >= $2 and e.booked_at < $3 and (e.booked_at, e.id) > ($4, $5)
  order by e.booked_at, e.id limit $6)
select {POSTED}
from page e join ledger_posting p on p.holder = e.holder and p.entry_id = e.id
order by e.booked_at, e.id, p.position
"""


async def insert(
    unit: Unit, holder: PartyId, entry: Entry, booked_at: datetime, *, reverses: str | None = None, by: str = ""
) -> bool:
    """Whether the key was new; when it was not, nothing is written. Raises MonthClosed."""
    entry_id = unit.new_id()
    row = (str(holder), entry_id, entry.key, entry.what, entry.cites, unit.now, booked_at, reverses, by)
    with _open_months(entry.key, booked_at):
        if not await unit.execute(INSERT_ENTRY, *row):
            return False
    _open_accounts(unit, holder, entry.postings)
    unit.write(
        APPEND_POSTINGS,
        str(holder),
        entry_id,
        booked_at,
        [str(posting.account) for posting in entry.postings],
        [posting.currency for posting in entry.postings],
        [posting.amount for posting in entry.postings],
    )
    return True


async def insert_many(unit: Unit, holder: PartyId, entries: Sequence[Entry], booked_at: datetime) -> set[str]:
    """The keys that were new, each of one entry; of others nothing is written. Raises MonthClosed."""
    with _open_months(entries[0].key, booked_at):
        rows = await unit.fetch(
            INSERT_ENTRIES,
            str(holder),
            unit.now,
            booked_at,
            [unit.new_id() for _ in entries],
            [entry.key for entry in entries],
            [entry.what for entry in entries],
            [entry.cites for entry in entries],
        )
    ids = {row["key"]: row["id"] for row in rows}
    new = [
        (ids[entry.key], position, posting)
        for entry in entries
        if entry.key in ids
        for position, posting in enumerate(entry.postings, 1)
    ]
    if new:
        _open_accounts(unit, holder, [posting for *_, posting in new])
        unit.write(
            APPEND_POSTINGS_OF_MANY,
            str(holder),
            booked_at,
            [entry_id for entry_id, *_ in new],
            [position for _, position, _ in new],
            [str(posting.account) for *_, posting in new],
            [posting.currency for *_, posting in new],
            [posting.amount for *_, posting in new],
        )
    return set(ids)


@contextmanager
def _open_months(key: str, booked_at: datetime) -> Iterator[None]:
    """Raises MonthClosed."""
    try:
        yield
    except asyncpg.RestrictViolationError as error:
        if error.constraint_name == "ledger_month_is_open":
            raise MonthClosed(key, booked_at) from error
        raise


def _open_accounts(unit: Unit, holder: PartyId, postings: Iterable[Posting]) -> None:
    opened = sorted({(posting.account, posting.currency) for posting in postings})
    unit.write(
        OPEN_ACCOUNTS,
        str(holder),
        [str(account) for account, _ in opened],
        [account.head.kind for account, _ in opened],
        [currency for _, currency in opened],
        unit.now,
    )


async def find_by_keys(unit: Unit, holder: PartyId, keys: Sequence[str]) -> tuple[Posted, ...]:
    return tuple(_posted(await unit.fetch(FIND_BY_KEYS, str(holder), keys)))


async def find_by_key(unit: Unit, holder: PartyId, key: str) -> Posted | None:
    return next(_posted(await unit.fetch(FIND_BY_KEY, str(holder), key)), None)


async def find(unit: Unit, holder: PartyId, entry_id: str) -> Posted | None:
    return next(_posted(await unit.fetch(FIND, str(holder), entry_id)), None)


async def page(
    unit: Unit, holder: PartyId, *, after: str | None, cites: str | None, account: Account | None, limit: int
) -> tuple[Posted, ...]:
    of = None if account is None else str(account)
    return tuple(_posted(await unit.fetch(PAGE, str(holder), after, cites, of, limit)))


async def booked(
    unit: Unit, holder: PartyId, begin_at: datetime, end_at: datetime, after: Posted | None, limit: int
) -> tuple[Posted, ...]:
    """In the order in which they count."""
    place = (begin_at, "") if after is None else (after.booked_at, after.id)
    return tuple(_posted(await unit.fetch(BOOKED, str(holder), begin_at, end_at, *place, limit)))


def _posted(rows: list[Record]) -> Iterator[Posted]:
    """`rows` are postings, those of one entry side by side."""
    for entry_id, group in groupby(rows, key=lambda row: str(row["id"])):
        postings = list(group)
        first = postings[0]
        moved = tuple(Posting(Account.parse(row["account_id"]), row["amount"], row["currency"]) for row in postings)
        yield Posted(
            id=entry_id,
            holder=PartyId.parse(first["holder"]),
            at=first["at"],
            booked_at=first["booked_at"],
            entry=Entry(key=first["key"], what=first["what"], cites=first["cites"], postings=moved),
            reverses=first["reverses"],
            reversed_by=first["reversed_by"],
            by=first["by"],
        )
