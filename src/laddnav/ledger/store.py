"""How accounts, entries and postings are kept; there is no update and no delete, and the database would refuse them."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby

from laddnav.db.unit import Record, Unit
from laddnav.kit.ids import PartyId
from laddnav.ledger.model import Account, Balance, Entry, Posted, Posting

INSERT_ENTRY = """
insert into ledger_entry (holder, id, key, what, cites, at) values ($1, $2, $3, $4, $5, $6)
on conflict (holder, key) do nothing
"""

OPEN_ACCOUNT = """
insert into ledger_account (holder, id, kind, currency, opened_at) values ($1, $2, $3, $4, $5)
on conflict (holder, id, currency) do nothing
"""

APPEND_POSTING = """
insert into ledger_posting (holder, entry_id, position, account_id, currency, amount) values ($1, $2, $3, $4, $5, $6)
"""

FIND_BY_KEY = """
select e.id, e.key, e.what, e.cites, e.at, p.account_id, p.currency, p.amount
from ledger_entry e join ledger_posting p on p.holder = e.holder and p.entry_id = e.id
where e.holder = $1 and e.key = $2
order by p.position
"""

BALANCE = """
select coalesce(sum(p.amount), 0)
from ledger_posting p join ledger_entry e on e.holder = p.holder and e.id = p.entry_id
where p.holder = $1 and p.account_id = $2 and p.currency = $3 and ($4::timestamptz is null or e.at <= $4)
"""

BALANCES = """
select p.account_id, p.currency, sum(p.amount) as amount
from ledger_posting p join ledger_entry e on e.holder = p.holder and e.id = p.entry_id
where p.holder = $1 and ($2::text is null or split_part(p.account_id, ':', 1) = $2)
  and ($3::timestamptz is null or e.at <= $3)
group by p.account_id, p.currency
order by p.account_id, p.currency
"""

ENTRIES = """
with page as (
  select e.holder, e.id, e.key, e.what, e.cites, e.at from ledger_entry e
  where e.holder = $1 and ($2::text is null or e.id < $2) and ($3::text is null or e.cites = $3)
    and ($4::text is null or exists (
      select from ledger_posting p where p.holder = e.holder and p.entry_id = e.id and p.account_id = $4))
  order by e.id desc limit $5)
select e.id, e.key, e.what, e.cites, e.at, p.account_id, p.currency, p.amount
from page e join ledger_posting p on p.holder = e.holder and p.entry_id = e.id
order by e.id desc, p.position
"""


async def insert(unit: Unit, holder: PartyId, entry: Entry) -> bool:
    """Whether the key was new; when it was not, nothing is written."""
    entry_id = unit.new_id()
    if not await unit.execute(INSERT_ENTRY, str(holder), entry_id, entry.key, entry.what, entry.cites, unit.now):
        return False
    # In one order everywhere, so that two Units that open the same accounts never wait for each other in a ring.
    for account, currency in sorted({(posting.account, posting.currency) for posting in entry.postings}):
        unit.write(OPEN_ACCOUNT, str(holder), str(account), account.head.kind, currency, unit.now)
    for position, posting in enumerate(entry.postings, 1):
        unit.write(
            APPEND_POSTING, str(holder), entry_id, position, str(posting.account), posting.currency, posting.amount
        )
    return True


async def find_by_key(unit: Unit, holder: PartyId, key: str) -> Posted | None:
    return next(_posted(await unit.fetch(FIND_BY_KEY, str(holder), key)), None)


async def balance(unit: Unit, holder: PartyId, account: Account, currency: str, at: datetime | None) -> Balance:
    amount = await unit.value(BALANCE, str(holder), str(account), currency, at)
    return Balance(account, currency, amount)


async def balances(unit: Unit, holder: PartyId, head: str | None, at: datetime | None) -> tuple[Balance, ...]:
    rows = await unit.fetch(BALANCES, str(holder), head, at)
    return tuple(Balance(Account.parse(row["account_id"]), row["currency"], row["amount"]) for row in rows)


async def entries(
    unit: Unit, holder: PartyId, *, after: str | None, cites: str | None, account: Account | None, limit: int
) -> tuple[Posted, ...]:
    of = None if account is None else str(account)
    return tuple(_posted(await unit.fetch(ENTRIES, str(holder), after, cites, of, limit)))


def _posted(rows: list[Record]) -> Iterator[Posted]:
    """`rows` are postings, those of one entry side by side."""
    for entry_id, group in groupby(rows, key=lambda row: str(row["id"])):
        postings = list(group)
        first = postings[0]
        moved = tuple(Posting(Account.parse(row["account_id"]), row["amount"], row["currency"]) for row in postings)
        entry = Entry(key=first["key"], what=first["what"], cites=first["cites"], postings=moved)
        yield Posted(id=entry_id, at=first["at"], entry=entry)
