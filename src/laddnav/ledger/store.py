"""How accounts, entries and postings are kept; there is no update and no delete, and the database would refuse them.

There are sums by the day and by the month of UTC, into which is folded afterwards what `ledger_to_sum` says is new.
Each balance is one statement, and thus sees an entry in the sums or beside them, never in both and never in neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from itertools import groupby

import asyncpg

from laddnav.db.unit import Record, Unit
from laddnav.kit.ids import PartyId
from laddnav.ledger.model import Account, Balance, Close, Entry, Line, Month, Place, Posted, Posting, Total
from laddnav.ledger.rules import MonthClosed

FOREVER = datetime(9999, 1, 1, tzinfo=UTC)  # nothing counts from so late

INSERT_ENTRY = """
insert into ledger_entry (holder, id, key, what, cites, at, booked_at, reverses, by)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (holder, key) do nothing
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

# Whole months, whole days, what they do not know of yet, and the postings of the day in which the instant lies.
BALANCE = """
select coalesce((select sum(s.amount) from ledger_month s
                 where s.holder = $1 and s.account_id = $2 and s.currency = $3 and s.month < $4), 0)
     + coalesce((select sum(s.amount) from ledger_day s
                 where s.holder = $1 and s.account_id = $2 and s.currency = $3 and s.day >= $4 and s.day < $5), 0)
     + coalesce((select sum(p.amount)
                 from ledger_to_sum q join ledger_posting p on p.holder = q.holder and p.entry_id = q.entry_id
                 where q.holder = $1 and p.account_id = $2 and p.currency = $3 and p.booked_at < $6), 0)
     + coalesce((select sum(p.amount) from ledger_posting p
                 where p.holder = $1 and p.account_id = $2 and p.currency = $3
                   and p.booked_at >= $6 and p.booked_at <= $7), 0)
"""

BALANCES = """
with moved as (
  select s.account_id, s.currency, s.amount from ledger_month s where s.holder = $1 and s.month < $2
  union all
  select s.account_id, s.currency, s.amount from ledger_day s where s.holder = $1 and s.day >= $2 and s.day < $3
  union all
  select p.account_id, p.currency, p.amount
  from ledger_to_sum q join ledger_posting p on p.holder = q.holder and p.entry_id = q.entry_id
  where q.holder = $1 and p.booked_at < $4
  union all
  select p.account_id, p.currency, p.amount
  from ledger_entry e join ledger_posting p on p.holder = e.holder and p.entry_id = e.id
  where e.holder = $1 and e.booked_at >= $4 and e.booked_at <= $5)
select account_id, currency, sum(amount) as amount from moved
where $6::text is null or split_part(account_id, ':', 1) = $6
group by account_id, currency
order by account_id, currency
"""

TOTALS = f"""
select case when split_part(account_id, ':', 1) in ('receivable', 'payable')
         then split_part(account_id, ':', 1) || ':' || split_part(account_id, ':', 2)
         else split_part(account_id, ':', 1) end as of,
  currency, sum(amount) as amount, count(*) as accounts
from ({BALANCES}) one where amount <> 0 group by 1, 2 order by 1, 2
"""

PLAIN_BALANCES = """
select p.account_id, p.currency, sum(p.amount) as amount
from ledger_posting p where p.holder = $1 and ($2::timestamptz is null or p.booked_at <= $2)
group by p.account_id, p.currency
order by p.account_id, p.currency
"""

# One statement, so that an entry leaves the list exactly when it is in both sums; in one order, so that two who fold at
# once do not wait for each other in a ring.
FOLD = """
with taken as (
  delete from ledger_to_sum q using (
    select holder, entry_id from ledger_to_sum order by holder, entry_id limit $1 for update skip locked) as first
  where q.holder = first.holder and q.entry_id = first.entry_id
  returning q.holder, q.entry_id),
days as materialized (
  select p.holder, p.account_id, p.currency, (p.booked_at at time zone 'UTC')::date as day, sum(p.amount) as amount
  from taken t join ledger_posting p on p.holder = t.holder and p.entry_id = t.entry_id
  group by 1, 2, 3, 4 order by 1, 2, 3, 4),
by_day as (
  insert into ledger_day as s (holder, account_id, currency, day, amount)
  select holder, account_id, currency, day, amount from days
  on conflict (holder, account_id, currency, day) do update set amount = s.amount + excluded.amount),
by_month as (
  insert into ledger_month as s (holder, account_id, currency, month, amount)
  select holder, account_id, currency, date_trunc('month', day)::date, sum(amount) from days
  group by 1, 2, 3, 4 order by 1, 2, 3, 4
  on conflict (holder, account_id, currency, month) do update set amount = s.amount + excluded.amount)
select count(*) from taken
"""

ENTRIES = f"""
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

AFTER_PLACE = """
select coalesce(sum(p.amount), 0) from ledger_posting p
where p.holder = $1 and p.account_id = $2 and p.currency = $3 and p.booked_at = $4
  and (p.entry_id, p.position) > ($5, $6)
"""

LINES = """
select p.booked_at, p.entry_id, p.position, p.amount, e.at, e.key, e.what, e.cites
from ledger_posting p join ledger_entry e on e.holder = p.holder and e.id = p.entry_id
where p.holder = $1 and p.account_id = $2 and p.currency = $3 and p.booked_at >= $4 and p.booked_at < $5
  and p.booked_at >= $6 and (p.booked_at, p.entry_id, p.position) > ($6, $7, $8)
order by p.booked_at, p.entry_id, p.position
limit $9
"""

CURRENCIES = "select distinct currency from ledger_account where holder = $1 order by currency"
CURRENCIES_OF = "select currency from ledger_account where holder = $1 and id = $2 order by currency"

HOLD_ALONE = "select pg_advisory_xact_lock(ledger_of($1))"
INSERT_CLOSE = "insert into ledger_close (holder, month, ends_at, at, by) values ($1, $2, $3, $4, $5)"
APPEND_CLOSING = """
insert into ledger_closing (holder, month, account_id, currency, amount)
select $1, $2, account_id, currency, amount
from unnest($3::text[], $4::text[], $5::numeric[]) as closed(account_id, currency, amount)
"""
CLOSES = "select holder, month, ends_at, at, by from ledger_close where holder = $1 order by ends_at desc"
CLOSING = """
select account_id, currency, amount from ledger_closing where holder = $1 and month = $2 order by account_id, currency
"""
FIRST_BOOKED = "select min(booked_at) from ledger_entry where holder = $1"

NUMBERS = "select account, number, name from ledger_number where holder = $1 order by account"
PUT_NUMBER = """
insert into ledger_number (holder, account, number, name) values ($1, $2, $3, $4)
on conflict (holder, account) do update set number = excluded.number, name = excluded.name
"""
FORGET_NUMBER = "delete from ledger_number where holder = $1 and account = $2"


# ---- Entries


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


async def entries(
    unit: Unit, holder: PartyId, *, after: str | None, cites: str | None, account: Account | None, limit: int
) -> tuple[Posted, ...]:
    of = None if account is None else str(account)
    return tuple(_posted(await unit.fetch(ENTRIES, str(holder), after, cites, of, limit)))


async def booked(
    unit: Unit, holder: PartyId, begin_at: datetime, end_at: datetime, after: Posted | None, limit: int
) -> tuple[Posted, ...]:
    """In the order in which they count."""
    place = (begin_at, "") if after is None else (after.booked_at, after.id)
    return tuple(_posted(await unit.fetch(BOOKED, str(holder), begin_at, end_at, *place, limit)))


# ---- Balances


async def balance(unit: Unit, holder: PartyId, account: Account, currency: str, at: datetime | None) -> Balance:
    month, day, begin_at, until = _split(at)
    amount = await unit.value(BALANCE, str(holder), str(account), currency, month, day, begin_at, until)
    return Balance(account, currency, amount)


async def balances(unit: Unit, holder: PartyId, head: str | None, at: datetime | None) -> tuple[Balance, ...]:
    return _balances(await unit.fetch(BALANCES, str(holder), *_split(at), head))


async def totals(unit: Unit, holder: PartyId, at: datetime | None) -> tuple[Total, ...]:
    return tuple(Total(**row) for row in await unit.fetch(TOTALS, str(holder), *_split(at), None))


async def plain_balances(unit: Unit, holder: PartyId, at: datetime | None) -> tuple[Balance, ...]:
    """From the postings alone: what the sums have to agree with."""
    return _balances(await unit.fetch(PLAIN_BALANCES, str(holder), at))


async def fold(unit: Unit, limit: int) -> int:
    """How many entries the sums know of now that they did not before."""
    return int(await unit.value(FOLD, limit))


async def lines(
    unit: Unit, holder: PartyId, account: Account, currency: str, month: Month, after: Place | None, limit: int
) -> tuple[Line, ...]:
    """Each still with a balance that begins at nothing."""
    place = (month.begin_at, "", 0) if after is None else (after.booked_at, after.entry_id, after.position)
    rows = await unit.fetch(LINES, str(holder), str(account), currency, month.begin_at, month.end_at, *place, limit)
    found: list[Line] = []
    for row in rows:
        before = found[-1].balance if found else row["amount"] * 0
        found.append(
            Line(
                place=Place(row["booked_at"], row["entry_id"], row["position"]),
                at=row["at"],
                key=row["key"],
                what=row["what"],
                cites=row["cites"],
                amount=row["amount"],
                balance=before + row["amount"],
            )
        )
    return tuple(found)


async def balance_after(unit: Unit, holder: PartyId, account: Account, currency: str, place: Place) -> Balance:
    """With this very posting the last that counts."""
    whole = await balance(unit, holder, account, currency, place.booked_at)
    rest = await unit.value(
        AFTER_PLACE, str(holder), str(account), currency, place.booked_at, place.entry_id, place.position
    )
    return Balance(account, currency, whole.amount - rest)


async def currencies(unit: Unit, holder: PartyId, account: Account | None = None) -> tuple[str, ...]:
    if account is None:
        return tuple(row["currency"] for row in await unit.fetch(CURRENCIES, str(holder)))
    return tuple(row["currency"] for row in await unit.fetch(CURRENCIES_OF, str(holder), str(account)))


# ---- Months


async def hold_alone(unit: Unit, holder: PartyId) -> None:
    """Until the Unit ends nobody posts here; who does already has ended."""
    await unit.value(HOLD_ALONE, str(holder))


async def closes(unit: Unit, holder: PartyId) -> tuple[Close, ...]:
    """The last one first."""
    rows = await unit.fetch(CLOSES, str(holder))
    return tuple(Close(**{**row, "holder": PartyId.parse(row["holder"])}) for row in rows)


def close(unit: Unit, one: Close, final: Sequence[Balance]) -> None:
    unit.write(INSERT_CLOSE, str(one.holder), one.month, one.ends_at, one.at, one.by)
    unit.write(
        APPEND_CLOSING,
        str(one.holder),
        one.month,
        [str(balance.account) for balance in final],
        [balance.currency for balance in final],
        [balance.amount for balance in final],
    )


async def closing(unit: Unit, holder: PartyId, month: str) -> tuple[Balance, ...]:
    return _balances(await unit.fetch(CLOSING, str(holder), month))


async def first_booked_at(unit: Unit, holder: PartyId) -> datetime | None:
    found: datetime | None = await unit.value(FIRST_BOOKED, str(holder))
    return found


# ---- Numbers


async def numbers(unit: Unit, holder: PartyId) -> tuple[tuple[str, str, str], ...]:
    """(the beginning of an account, its number, its name)."""
    return tuple((row["account"], row["number"], row["name"]) for row in await unit.fetch(NUMBERS, str(holder)))


def put_number(unit: Unit, holder: PartyId, account: str, number: str, name: str) -> None:
    unit.write(PUT_NUMBER, str(holder), account, number, name)


def forget_number(unit: Unit, holder: PartyId, account: str) -> None:
    unit.write(FORGET_NUMBER, str(holder), account)


def _split(at: datetime | None) -> tuple[date, date, datetime, datetime]:
    """The first of its month, its day and where that begins, all in UTC, and the instant."""
    instant = FOREVER if at is None else at.astimezone(UTC)
    midnight = instant.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight.date().replace(day=1), midnight.date(), midnight, instant


def _balances(rows: list[Record]) -> tuple[Balance, ...]:
    return tuple(Balance(Account.parse(row["account_id"]), row["currency"], row["amount"]) for row in rows)


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
