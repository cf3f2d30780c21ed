"""What accounts hold, and the postings of one of them line by line.

There are sums by the day and by the month of UTC, into which is folded afterwards what `ledger_to_sum` says is new.
Each balance is one statement, and thus sees an entry in the sums or beside them, never in both and never in neither.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from laddnav.db.unit import Record, Unit
from laddnav.kit.ids import PartyId
from laddnav.ledger.model import Account, Balance, Line, Month, Place, Total

FOREVER = datetime(9999, 1, 1, tzinfo=UTC)  # nothing counts from so late

# Whole months, whole days, what they do not know of yet, and the postings of the day in which the instant lies.
OF = """
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

OF_ALL = """
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
from ({OF_ALL}) one where amount <> 0 group by 1, 2 order by 1, 2
"""

FROM_POSTINGS = """
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

AFTER = """
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


async def of(unit: Unit, holder: PartyId, account: Account, currency: str, at: datetime | None) -> Balance:
    month, day, begin_at, until = _split(at)
    amount = await unit.value(OF, str(holder), str(account), currency, month, day, begin_at, until)
    return Balance(account, currency, amount)


async def of_all(unit: Unit, holder: PartyId, head: str | None, at: datetime | None) -> tuple[Balance, ...]:
    return read(await unit.fetch(OF_ALL, str(holder), *_split(at), head))


async def totals(unit: Unit, holder: PartyId, at: datetime | None) -> tuple[Total, ...]:
    return tuple(Total(**row) for row in await unit.fetch(TOTALS, str(holder), *_split(at), None))


async def from_postings(unit: Unit, holder: PartyId, at: datetime | None) -> tuple[Balance, ...]:
    """From the postings alone: what the sums have to agree with."""
    return read(await unit.fetch(FROM_POSTINGS, str(holder), at))


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


async def after(unit: Unit, holder: PartyId, account: Account, currency: str, place: Place) -> Balance:
    """With this very posting the last that counts."""
    whole = await of(unit, holder, account, currency, place.booked_at)
    rest = await unit.value(AFTER, str(holder), str(account), currency, place.booked_at, place.entry_id, place.position)
    return Balance(account, currency, whole.amount - rest)


async def currencies(unit: Unit, holder: PartyId, account: Account | None = None) -> tuple[str, ...]:
    if account is None:
        return tuple(row["currency"] for row in await unit.fetch(CURRENCIES, str(holder)))
    return tuple(row["currency"] for row in await unit.fetch(CURRENCIES_OF, str(holder), str(account)))


def _split(at: datetime | None) -> tuple[date, date, datetime, datetime]:
    """The first of its month, its day and where that begins, all in UTC, and the instant."""
    instant = FOREVER if at is None else at.astimezone(UTC)
    midnight = instant.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight.date().replace(day=1), midnight.date(), midnight, instant


def read(rows: list[Record]) -> tuple[Balance, ...]:
    return tuple(Balance(Account.parse(row["account_id"]), row["currency"], row["amount"]) for row in rows)
