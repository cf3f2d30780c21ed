"""What is taken back, months that close, and balances that agree with the postings at any instant."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import asyncpg
import pytest

from laddnav.db.unit import Database
from laddnav.kit.ids import PartyId
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Account, Balance, Entry, Head, Posted, Posting
from laddnav.ledger.rules import (
    AlreadyReversed,
    ClosedInOrder,
    MonthClosed,
    MonthNotOver,
    PostedDifferently,
    ReversalIsFinal,
    ReversalWithoutReason,
    UnknownEntry,
)
from laddnav.parties import actions as parties
from tests import things
from tests.clock import SetClock

HOLDER = PartyId("SE", "LAD")
OTHER = PartyId("NO", "LAD")
DEBTOR = Account(Head.RECEIVABLE, "partner:NL*TNM")
CHARGING = Account(Head.REVENUE, "charging")
MIDNIGHT = datetime(2026, 10, 31, 23, tzinfo=UTC)  # in Stockholm, where winter has begun: October ends
MOMENT = timedelta(microseconds=1)


def charge(key: str, amount: str = "10") -> Entry:
    postings = (Posting(DEBTOR, Decimal(amount), "SEK"), Posting(CHARGING, -Decimal(amount), "SEK"))
    return Entry(key=key, what="A charge", cites=f"cdr/{key}", postings=postings)


@pytest.fixture
async def books(database: Database) -> Database:
    async with database.unit() as unit:
        await parties.add(unit, things.party(HOLDER))
    return database


async def post(database: Database, entry: Entry, booked_at: datetime | None = None) -> bool:
    async with database.unit() as unit:
        return await ledger.post(unit, HOLDER, entry, booked_at=booked_at)


async def reverse(database: Database, key: str, why: str = "A slip") -> Posted:
    async with database.unit() as unit:
        return await ledger.reverse(unit, HOLDER, key, why, "Ada")


async def close(database: Database, month: str) -> None:
    async with database.unit() as unit:
        await ledger.close(unit, HOLDER, month, "Ada")


async def owed(database: Database, at: datetime | None = None) -> Decimal:
    async with database.unit() as unit:
        return await ledger.balance(unit, HOLDER, DEBTOR, "SEK", at)


# ---- Taking back


async def test_an_entry_is_taken_back_by_one_that_mirrors_and_names_it(books: Database, clock: SetClock) -> None:
    await post(books, charge("1"))
    clock.advance(timedelta(days=1))
    back = await reverse(books, "1", " Billed twice ")
    assert (back.entry.key, back.entry.what, back.entry.cites, back.by) == (
        "reversal:1",
        "Billed twice",
        "cdr/1",
        "Ada",
    )
    assert [posting.amount for posting in back.entry.postings] == [-10, 10]
    assert back.booked_at == clock.now()
    async with books.unit() as unit:
        newest, first = await ledger.entries(unit, HOLDER)
        assert (newest, newest.reverses, first.reversed_by) == (back, first.id, back.id)
        assert await ledger.entry(unit, HOLDER, first.id) == first
    assert await owed(books) == 0
    assert await owed(books, clock.now() - MOMENT) == 10


async def test_an_entry_is_taken_back_once_and_for_one_reason(books: Database) -> None:
    await post(books, charge("1"))
    back = await reverse(books, "1")
    assert await reverse(books, "1") == back
    with pytest.raises(AlreadyReversed, match="A slip"):
        await reverse(books, "1", "Another reason")
    with pytest.raises(ReversalIsFinal):
        await reverse(books, "reversal:1")
    with pytest.raises(ReversalWithoutReason):
        await reverse(books, "1", " ")
    with pytest.raises(UnknownEntry):
        await reverse(books, "2")
    assert await owed(books) == 0


async def test_many_who_take_back_at_once_do_it_once(books: Database) -> None:
    await post(books, charge("1"))
    backs = await asyncio.gather(*(reverse(books, "1") for _ in range(6)))
    assert len({back.id for back in backs}) == 1
    assert await owed(books) == 0


# ---- Months


async def test_a_month_that_is_closed_takes_no_posting_and_keeps_its_trial_balance(
    books: Database, clock: SetClock
) -> None:
    await post(books, charge("1"), MIDNIGHT - MOMENT)
    await post(books, charge("2", "5"), MIDNIGHT)
    await close(books, "2026-10")
    with pytest.raises(MonthClosed):
        await post(books, charge("3"), MIDNIGHT - MOMENT)
    await post(books, charge("3"), MIDNIGHT)
    assert not await post(books, charge("1"), MIDNIGHT - MOMENT), "what was posted before is still answered as before"
    await reverse(books, "1")
    async with books.unit() as unit:
        kept = await ledger.closing(unit, HOLDER, "2026-10")
        assert kept == (Balance(DEBTOR, "SEK", Decimal(10)), Balance(CHARGING, "SEK", Decimal(-10)))
        assert kept == await ledger.trial_balance(unit, HOLDER, at=MIDNIGHT - MOMENT)
        (closed,) = await ledger.closes(unit, HOLDER)
    assert (closed.month, closed.ends_at, closed.by, closed.at) == ("2026-10", MIDNIGHT, "Ada", clock.now())


async def test_each_holder_closes_their_own(books: Database) -> None:
    await post(books, charge("1"), MIDNIGHT - MOMENT)
    await close(books, "2026-10")
    async with books.unit() as unit:
        assert await ledger.post(unit, OTHER, charge("1"), booked_at=MIDNIGHT - MOMENT)
        assert await ledger.closes(unit, OTHER) == ()


async def test_a_month_is_closed_once_it_is_over_and_in_its_order(books: Database, clock: SetClock) -> None:
    clock.set(MIDNIGHT - MOMENT)
    await post(books, charge("1"), MIDNIGHT - timedelta(days=40))
    with pytest.raises(MonthNotOver):
        await close(books, "2026-10")
    clock.set(MIDNIGHT)
    async with books.unit() as unit:
        first = await ledger.to_close(unit, HOLDER)
    assert first is not None
    assert first.name == "2026-09"
    await close(books, "2026-10")
    await close(books, "2026-10")
    with pytest.raises(ClosedInOrder, match="with 2026-10"):
        await close(books, "2026-09")
    async with books.unit() as unit:
        assert await ledger.to_close(unit, HOLDER) is None
        assert len(await ledger.closes(unit, HOLDER)) == 1


async def test_nobody_slips_into_a_month_that_is_being_closed(books: Database, database_url: str) -> None:
    """Who posts to it either is in its trial balance or is refused."""
    await post(books, charge("0"), MIDNIGHT - MOMENT)
    slow = await asyncpg.connect(database_url)
    begun = slow.transaction()
    await begun.start()
    at = MIDNIGHT - MOMENT
    await slow.execute(
        "insert into ledger_entry (holder, id, key, what, cites, at, booked_at)"
        " values ('SE*LAD', 's', 's', '', '', now(), $1)",
        at,
    )
    await slow.execute(
        "insert into ledger_posting (holder, entry_id, booked_at, position, account_id, currency, amount)"
        " values ('SE*LAD', 's', $1, 1, 'receivable:partner:NL*TNM', 'SEK', 1),"
        " ('SE*LAD', 's', $1, 2, 'revenue:charging', 'SEK', -1)",
        at,
    )
    closing = asyncio.create_task(close(books, "2026-10"))
    async with asyncio.timeout(20):
        watching = await asyncpg.connect(database_url)
        while not await watching.fetchval(
            "select exists (select from pg_locks where locktype = 'advisory' and not granted)"
        ):
            await asyncio.sleep(0)
        await watching.close()
    late = asyncio.create_task(post(books, charge("late"), at))
    await begun.commit()
    await slow.close()
    await closing
    with pytest.raises(MonthClosed):
        await late
    async with books.unit() as unit:
        assert (await ledger.closing(unit, HOLDER, "2026-10"))[0].amount == 11


async def test_the_same_key_on_another_day_is_another_entry(books: Database) -> None:
    await post(books, charge("1"), MIDNIGHT)
    assert not await post(books, charge("1"))
    with pytest.raises(PostedDifferently):
        await post(books, charge("1"), MIDNIGHT + MOMENT)


# ---- Sums


INSTANTS = [
    datetime(2025, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(2026, 1, 1, tzinfo=UTC),
    datetime(2026, 1, 31, 12, tzinfo=UTC),
    datetime(2026, 2, 1, tzinfo=UTC),
    datetime(2026, 2, 1, 0, 0, 0, 1, tzinfo=UTC),
    datetime(2026, 2, 28, 23, tzinfo=UTC),
    datetime(2026, 11, 23, 8, tzinfo=UTC),
]


@pytest.mark.parametrize("folded", [0, 4, 100])
async def test_balances_agree_with_the_postings_at_every_instant(books: Database, folded: int) -> None:
    for number, at in enumerate([*INSTANTS, *INSTANTS]):
        await post(books, charge(str(number), f"{2**number}"), at)
        if number == folded:
            assert await ledger.sum_up(books) == folded + 1
    if folded == 100:
        assert await ledger.sum_up(books) == 14
        assert await ledger.sum_up(books) == 0
    async with books.unit() as unit:
        for until in [None, *INSTANTS, *(one - MOMENT for one in INSTANTS)]:
            assert await ledger.wrong_sums(unit, HOLDER, until) == ()
            plain = sum(2**n for n, one in enumerate([*INSTANTS, *INSTANTS]) if until is None or one <= until)
            assert await ledger.balance(unit, HOLDER, DEBTOR, "SEK", until) == plain


async def test_a_sum_that_is_wrong_is_found(books: Database) -> None:
    await post(books, charge("1"))
    await ledger.sum_up(books)
    async with books.unit() as unit:
        unit.write("update ledger_month set amount = 11 where account_id = $1", str(DEBTOR))
        assert [one.account for one in await ledger.wrong_sums(unit, HOLDER)] == [DEBTOR]


async def test_many_post_and_fold_at_once_and_nothing_is_lost(books: Database) -> None:
    """Each to the same two accounts; a balance that is read meanwhile never runs ahead of itself or behind."""
    seen: list[Decimal] = []

    async def posting(whose: int) -> None:
        for number in range(15):
            await post(books, charge(f"{whose}.{number}", "1"))

    async def folding() -> None:
        for _ in range(15):
            await ledger.sum_up(books)

    async def looking() -> None:
        for _ in range(30):
            seen.append(await owed(books))

    await asyncio.gather(*(posting(whose) for whose in range(5)), folding(), folding(), looking())
    assert seen == sorted(seen)
    assert await owed(books) == 75
    await ledger.sum_up(books)
    assert await owed(books) == 75


# ---- Statements


async def test_a_statement_begins_with_what_was_there_and_goes_on_from_page_to_page(books: Database) -> None:
    await post(books, charge("before", "100"), MIDNIGHT - MOMENT)
    for number in range(1, 6):
        await post(books, charge(str(number), f"{number}"), MIDNIGHT + timedelta(hours=number // 2))
    async with books.unit() as unit:
        november = await ledger.month(unit, HOLDER)
        assert (november.name, november.begin_at) == ("2026-11", MIDNIGHT)
        whole = await ledger.statement(unit, HOLDER, DEBTOR, "SEK", november)
        first = await ledger.statement(unit, HOLDER, DEBTOR, "SEK", november, limit=2)
        rest = await ledger.statement(unit, HOLDER, DEBTOR, "SEK", november, after=first.lines[-1].place)
        nothing = await ledger.statement(unit, HOLDER, DEBTOR, "EUR", november)
    assert whole.opening == 100
    assert [line.balance for line in whole.lines] == [101, 103, 106, 110, 115]
    assert [line.key for line in whole.lines] == ["1", "2", "3", "4", "5"]
    assert first.closing == rest.opening == 103
    assert first.lines + rest.lines == whole.lines
    assert nothing.opening == nothing.closing == 0
    assert not nothing.lines


async def test_a_month_of_all_accounts_opens_moves_and_closes(books: Database) -> None:
    await post(books, charge("1"), MIDNIGHT - MOMENT)
    await post(books, charge("2", "5"), MIDNIGHT)
    async with books.unit() as unit:
        debtor, charging = await ledger.trials(unit, HOLDER, await ledger.month(unit, HOLDER))
    assert [debtor.opening, debtor.moved, debtor.closing] == [Decimal(10), Decimal(5), Decimal(15)]
    assert [charging.opening, charging.moved, charging.closing] == [Decimal(-10), Decimal(-5), Decimal(-15)]
