"""What is posted stays: our verbs post once, and the database itself refuses everything else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import asyncpg
import pytest

from laddnav.db.unit import Database
from laddnav.kit.ids import PartyId
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Account, Balance, Entry, Head, Posting
from laddnav.ledger.rules import PostedDifferently
from tests.clock import SetClock

HOLDER = PartyId("SE", "LAD")
OTHER_HOLDER = PartyId("NO", "LAD")
DEBTOR = Account(Head.RECEIVABLE, "partner:NL*TNM")
CHARGING = Account(Head.REVENUE, "charging")


def charge(key: str, amount: str, currency: str = "SEK") -> Entry:
    postings = (Posting(DEBTOR, Decimal(amount), currency), Posting(CHARGING, -Decimal(amount), currency))
    return Entry(key=key, what="A charge", cites=f"cdr/{key}", postings=postings)


async def post(database: Database, entry: Entry, holder: PartyId = HOLDER) -> bool:
    async with database.unit() as unit:
        return await ledger.post(unit, holder, entry)


async def owed(database: Database, holder: PartyId = HOLDER, currency: str = "SEK") -> Decimal:
    async with database.unit() as unit:
        return await ledger.balance(unit, holder, DEBTOR, currency)


async def test_the_same_entry_again_changes_nothing(database: Database) -> None:
    assert await post(database, charge("1", "43.09"))
    assert not await post(database, charge("1", "43.09"))
    assert await owed(database) == Decimal("43.09")


async def test_other_content_under_the_same_key_is_refused_by_name(database: Database) -> None:
    await post(database, charge("1", "43.09"))
    with pytest.raises(PostedDifferently):
        await post(database, charge("1", "43.10"))
    assert await owed(database) == Decimal("43.09")


async def test_the_same_entry_posted_by_many_at_once_is_posted_once(database: Database) -> None:
    news = await asyncio.gather(*(post(database, charge("1", "10")) for _ in range(8)))
    assert news.count(True) == 1
    assert await owed(database) == Decimal(10)


async def test_many_are_posted_together_each_once_and_none_where_one_is_refused(database: Database) -> None:
    some = [charge(str(number), "10") for number in range(5)]
    await post(database, some[0])
    async with database.unit() as unit:
        assert await ledger.post_many(unit, HOLDER, [*some, some[4]]) == {"1", "2", "3", "4"}
    async with database.unit() as unit:
        assert await ledger.post_many(unit, HOLDER, some) == frozenset()
    for wrong in ([charge("6", "10"), charge("0", "11")], [charge("6", "10"), charge("6", "11")]):
        with pytest.raises(PostedDifferently):
            async with database.unit() as unit:
                await ledger.post_many(unit, HOLDER, wrong)
    assert await owed(database) == Decimal(50)
    async with database.unit() as unit:
        assert (await ledger.by_key(unit, HOLDER, "3")).entry == some[3]


async def test_each_holder_and_each_currency_has_balances_of_its_own(database: Database) -> None:
    await post(database, charge("1", "10"))
    await post(database, charge("2", "20", "EUR"))
    await post(database, charge("1", "30"), OTHER_HOLDER)
    assert await owed(database) == Decimal(10)
    assert await owed(database, currency="EUR") == Decimal(20)
    assert await owed(database, OTHER_HOLDER) == Decimal(30)
    assert await owed(database, currency="NOK") == 0


async def test_a_balance_can_be_asked_for_as_it_was(database: Database, clock: SetClock) -> None:
    await post(database, charge("1", "10"))
    before = clock.now()
    clock.advance(timedelta(hours=1))
    await post(database, charge("2", "5"))
    async with database.unit() as unit:
        assert await ledger.balance(unit, HOLDER, DEBTOR, "SEK", at=before) == Decimal(10)
        assert await ledger.balance(unit, HOLDER, DEBTOR, "SEK") == Decimal(15)


async def test_the_trial_balance_sums_to_zero(database: Database) -> None:
    for number in range(1, 6):
        await post(database, charge(str(number), f"{number}.{number}"))
    async with database.unit() as unit:
        balances = await ledger.trial_balance(unit, HOLDER)
        owing = await ledger.trial_balance(unit, HOLDER, head=Head.RECEIVABLE)
    assert owing == (Balance(DEBTOR, "SEK", Decimal("16.5")),)
    assert sum(balance.amount for balance in balances) == 0


async def test_entries_are_read_newest_first_by_account_and_by_what_they_cite(database: Database) -> None:
    for number in range(1, 4):
        await post(database, charge(str(number), "1"))
    other = Account(Head.RECEIVABLE, "driver:NL-TNM-C1")
    paid = Entry(
        key="4", what="", cites="x", postings=(Posting(other, Decimal(1), "SEK"), Posting(CHARGING, -Decimal(1), "SEK"))
    )
    await post(database, paid)
    async with database.unit() as unit:
        newest, second = await ledger.entries(unit, HOLDER, limit=2)
        rest = await ledger.entries(unit, HOLDER, after=second.id)
        assert [newest.entry, second.entry] == [paid, charge("3", "1")]
        assert [posted.entry.key for posted in rest] == ["2", "1"]
        assert [posted.entry for posted in await ledger.entries(unit, HOLDER, account=other)] == [paid]
        assert [posted.entry.key for posted in await ledger.entries(unit, HOLDER, cites="cdr/2")] == ["2"]


# ---- What the database refuses by itself, whoever asks.

OPEN = "insert into ledger_account (holder, id, kind, currency, opened_at) values ('SE*LAD', $1, 'asset', 'SEK', now())"
ENTER = """
insert into ledger_entry (holder, id, key, what, cites, at, booked_at, reverses)
values ('SE*LAD', $1, $1, '', '', now(), $2, $3)
"""
POST = """
insert into ledger_posting (holder, entry_id, booked_at, position, account_id, currency, amount)
select 'SE*LAD', $1, $2, $3 + n, 'a', 'SEK', amount from unnest($4::numeric[]) with ordinality as moved(amount, n)
"""
OCTOBER = datetime(2026, 10, 31, 12, tzinfo=UTC)
NOVEMBER = datetime(2026, 11, 2, 12, tzinfo=UTC)


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    connection = await asyncpg.connect(database_url)
    await connection.execute(OPEN, "a")
    yield connection
    await connection.close()


async def enter(
    connection: asyncpg.Connection[asyncpg.Record],
    entry: str,
    *amounts: str,
    at: datetime = NOVEMBER,
    reverses: str | None = None,
) -> None:
    async with connection.transaction():
        await connection.execute(ENTER, entry, at, reverses)
        if amounts:
            await connection.execute(POST, entry, at, 0, [Decimal(amount) for amount in amounts])


async def test_the_database_takes_a_balanced_entry(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    await enter(connection, "e", "1.25", "-1", "-0.25")
    assert await connection.fetchval("select count(*) from ledger_posting") == 3


@pytest.mark.parametrize(
    "amounts", [("1.25", "-1"), ("0.01",), ("NaN", "-1"), ("Infinity", "-Infinity"), ("0", "0"), ()]
)
async def test_the_database_refuses_an_entry_that_does_not_balance_or_moves_nothing(
    connection: asyncpg.Connection[asyncpg.Record], amounts: tuple[str, ...]
) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await enter(connection, "e", *amounts)
    assert await connection.fetchval("select count(*) from ledger_entry") == 0


async def test_the_database_refuses_postings_to_an_entry_that_is_committed(
    connection: asyncpg.Connection[asyncpg.Record],
) -> None:
    await enter(connection, "e", "1", "-1")
    with pytest.raises(asyncpg.RestrictViolationError, match="closed"):
        await connection.execute(POST, "e", NOVEMBER, 2, [Decimal(2), Decimal(-2)])


async def test_the_database_refuses_postings_that_come_apart_from_others_of_their_entry(
    connection: asyncpg.Connection[asyncpg.Record],
) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match="1 SEK apart"):
        async with connection.transaction():
            await connection.execute(ENTER, "e", NOVEMBER, None)
            await connection.execute(POST, "e", NOVEMBER, 0, [Decimal(1)])
            await connection.execute(POST, "e", NOVEMBER, 1, [Decimal(-1)])


async def test_the_database_refuses_postings_of_another_day_than_their_entry_and_of_no_entry(
    connection: asyncpg.Connection[asyncpg.Record],
) -> None:
    for entry in ("e", "nothing"):
        with pytest.raises(asyncpg.ForeignKeyViolationError, match=f"no entry {entry} that counts"):
            async with connection.transaction():
                await connection.execute(ENTER, "e", NOVEMBER, None)
                await connection.execute(POST, entry, OCTOBER, 0, [Decimal(1), Decimal(-1)])


@pytest.mark.parametrize(
    "statement",
    [
        "update ledger_posting set amount = 2 where amount = 1",
        "update ledger_entry set cites = 'another'",
        "delete from ledger_posting",
        "delete from ledger_entry",
        "truncate ledger_posting",
        "truncate ledger_entry cascade",
        "update ledger_account set kind = 'income'",
        "delete from ledger_account",
        "truncate ledger_account",
        "update ledger_close set ends_at = ends_at - interval '1 month'",
        "delete from ledger_closing",
        "truncate ledger_close cascade",
    ],
)
async def test_the_database_refuses_every_change(
    connection: asyncpg.Connection[asyncpg.Record], statement: str
) -> None:
    await enter(connection, "e", "1", "-1")
    await shut(connection)
    await connection.execute("insert into ledger_closing values ('SE*LAD', '2026-10', 'a', 'SEK', 0)")
    with pytest.raises(asyncpg.RestrictViolationError, match="never changed"):
        await connection.execute(statement)
    assert await connection.fetchval("select count(*) from ledger_posting") == 2


async def test_the_database_refuses_a_posting_to_an_account_that_was_never_opened(
    connection: asyncpg.Connection[asyncpg.Record],
) -> None:
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        async with connection.transaction():
            await connection.execute(ENTER, "e", NOVEMBER, None)
            await connection.execute(POST.replace("'a'", "'nobody'"), "e", NOVEMBER, 0, [Decimal(1), Decimal(-1)])


async def shut(connection: asyncpg.Connection[asyncpg.Record], month: int = 10) -> None:
    ends_at = datetime(2026, month + 1, 1, tzinfo=UTC)
    await connection.execute(SHUT, f"2026-{month:02}", ends_at)


SHUT = "insert into ledger_close (holder, month, ends_at, at, by) values ('SE*LAD', $1, $2, now(), 'Somebody')"


async def test_the_database_refuses_an_entry_in_a_month_that_is_closed(
    connection: asyncpg.Connection[asyncpg.Record],
) -> None:
    await enter(connection, "before", "1", "-1", at=OCTOBER)
    await shut(connection)
    with pytest.raises(asyncpg.RestrictViolationError, match="in a month that is closed"):
        await enter(connection, "late", "1", "-1", at=OCTOBER)
    await enter(connection, "timely", "1", "-1", at=NOVEMBER)


async def test_the_database_closes_months_in_their_order_and_opens_none(
    connection: asyncpg.Connection[asyncpg.Record],
) -> None:
    await shut(connection, 10)
    for month in (9, 10):
        with pytest.raises(asyncpg.RestrictViolationError, match="is closed"):
            await shut(connection, month)


async def test_the_database_takes_back_an_entry_once_and_wholly(
    connection: asyncpg.Connection[asyncpg.Record],
) -> None:
    await enter(connection, "e", "1.25", "-1.25")
    await connection.execute("insert into ledger_account values ('SE*LAD', 'b', 'asset', 'SEK', now())")
    with pytest.raises(asyncpg.CheckViolationError, match="does not mirror"):
        async with connection.transaction():
            await connection.execute(ENTER, "other", NOVEMBER, "e")
            elsewhere = POST.replace("'a'", "case when n = 1 then 'a' else 'b' end")
            await connection.execute(elsewhere, "other", NOVEMBER, 0, [Decimal("-1.25"), Decimal("1.25")])
    await enter(connection, "back", "-1.25", "1.25", reverses="e")
    with pytest.raises(asyncpg.UniqueViolationError):
        await enter(connection, "again", "-1.25", "1.25", reverses="e")
    with pytest.raises(asyncpg.RestrictViolationError, match="takes another back itself"):
        await enter(connection, "back and forth", "1.25", "-1.25", reverses="back")
