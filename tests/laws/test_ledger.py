"""Whatever is posted, taken back and closed, in whatever order: the ledger balances, and keeps what a list would."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laddnav.db.unit import Database
from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Account, Entry, Head, Posting
from laddnav.ledger.rules import (
    AlreadyReversed,
    ClosedInOrder,
    MonthClosed,
    PostedDifferently,
    ReversalIsFinal,
    UnknownEntry,
)
from laddnav.parties import actions as parties
from tests import things
from tests.clock import SetClock
from tests.databases import Databases

ACCOUNTS = (
    Account(Head.RECEIVABLE, "driver:1"),
    Account(Head.REVENUE, "charging"),
    Account(Head.TAX, "SE:25"),
    Account(Head.WALLET, "driver:1"),
)
NOW = datetime(2026, 12, 31, 12, tzinfo=UTC)
STRANGER = PartyId("NO", "LAD")
_holders = count(1)

Step = tuple[str, int, int, int]  # what, which key, in which month, how much
STEPS = st.lists(
    st.tuples(
        st.sampled_from(("post", "post", "post", "reverse", "close", "fold")),
        st.integers(1, 6),
        st.integers(1, 11),
        st.integers(1, 3),
    ),
    max_size=14,
)


class Books:
    """A ledger as a list would keep it, beside the one that is tried."""

    def __init__(self, database: Database, holder: PartyId) -> None:
        self.database, self.holder = database, holder
        self.entries: dict[str, tuple[Entry, int]] = {}  # by key, with its month
        self.closes: dict[int, dict[tuple[Account, str], Decimal]] = {}  # by month

    async def post(self, key: int, month: int, amount: int) -> None:
        entry = self._entry(key, amount)
        before = self.entries.get(entry.key)
        refused: type[Refusal] | None = None
        if before is not None:
            refused = None if before == (entry, month) else PostedDifferently
        elif month <= self.closed:
            refused = MonthClosed
        else:
            self.entries[entry.key] = (entry, month)
        async with self.database.unit() as unit:
            posting = ledger.post(unit, self.holder, entry, booked_at=datetime(2026, month, 15, tzinfo=UTC))
            await expected(posting, refused)

    @staticmethod
    def _entry(key: int, amount: int) -> Entry:
        first, second, third = (ACCOUNTS[(key + place) % len(ACCOUNTS)] for place in range(3))
        currency = "SEK" if key % 2 else "EUR"
        postings = (
            Posting(first, Decimal(amount * 100), currency),
            Posting(second, Decimal(amount * -80), currency),
            Posting(third, Decimal(amount * -20), currency),
        )
        return Entry(key=str(key), what="", cites="", postings=postings)

    async def reverse(self, key: int, month: int, amount: int) -> None:
        """Of a key, or, where `month` is odd, of what takes it back; for a reason or another."""
        of = f"reversal:{key}" if month % 2 else str(key)
        taken = self.entries.get(of)
        refused: type[Refusal] | None = None
        if taken is None:
            refused = UnknownEntry
        elif of.startswith("reversal:"):
            refused = ReversalIsFinal
        elif (before := self.entries.get(f"reversal:{of}")) is not None:
            refused = None if before[0].what == str(amount) else AlreadyReversed
        else:
            mirror = tuple(Posting(one.account, -one.amount, one.currency) for one in taken[0].postings)
            self.entries[f"reversal:{of}"] = (
                Entry(key=f"reversal:{of}", what=str(amount), cites="", postings=mirror),
                12,
            )
        async with self.database.unit() as unit:
            await expected(ledger.reverse(unit, self.holder, of, str(amount), "Ada"), refused)

    async def close(self, key: int, month: int, amount: int) -> None:
        refused = ClosedInOrder if month < self.closed and month not in self.closes else None
        async with self.database.unit() as unit:
            await expected(ledger.close(unit, self.holder, f"2026-{month:02}", "Ada"), refused)
        if month > self.closed:
            self.closes[month] = self.balances(month)

    async def fold(self, *_: int) -> None:
        await ledger.sum_up(self.database)

    def balances(self, month: int = 12) -> dict[tuple[Account, str], Decimal]:
        """After this month."""
        held: dict[tuple[Account, str], Decimal] = defaultdict(Decimal)
        for entry, at in self.entries.values():
            for posting in entry.postings if at <= month else ():
                held[posting.account, posting.currency] += posting.amount
        return dict(held)

    @property
    def closed(self) -> int:
        return max(self.closes, default=0)

    async def agree(self) -> None:
        async with self.database.unit() as unit:
            balances = await ledger.trial_balance(unit, self.holder)
            assert {(one.account, one.currency): one.amount for one in balances} == self.balances()
            assert await ledger.wrong_sums(unit, self.holder) == ()
            for currency in ("SEK", "EUR"):
                assert sum(one.amount for one in balances if one.currency == currency) == 0
            kept = await ledger.entries(unit, self.holder, limit=100)
            assert {one.entry.key: one.entry for one in kept} == {key: one for key, (one, _) in self.entries.items()}
            assert {one.id for one in kept if one.reversed_by} == {one.reverses for one in kept if one.reverses}
            for month, closing in self.closes.items():
                found = await ledger.closing(unit, self.holder, f"2026-{month:02}")
                assert {(one.account, one.currency): one.amount for one in found} == closing
            assert await ledger.trial_balance(unit, STRANGER) == ()
            assert await ledger.entries(unit, STRANGER) == ()


async def expected(doing: Awaitable[object], refused: type[Refusal] | None) -> None:
    """It is refused so, and in no other way."""
    try:
        await doing
    except Refusal as error:
        assert refused is not None, error
        assert type(error) is refused
        # The Unit is let go without anything in it.
        raise _Refused from error
    assert refused is None


class _Refused(Exception):
    """Undoes the Unit of what was rightly refused."""


async def tried(books: Books, steps: Sequence[Step]) -> None:
    async with books.database.unit() as unit:
        await parties.add(unit, things.party(books.holder, time_zone="UTC"))
    for what, *facts in steps:
        step: Callable[..., Awaitable[None]] = getattr(books, what)
        with suppress(_Refused):
            await step(*facts)
        await books.agree()


@pytest.fixture(name="run")
def _run(databases: Databases) -> Iterator[Callable[[Sequence[Step]], None]]:
    """One database for all examples; each has a holder of its own."""
    runner = asyncio.Runner()
    lent = databases.lend()
    url = runner.run(lent.__aenter__())
    database = runner.run(Database.connect(url, clock=SetClock(NOW)))

    def run(steps: Sequence[Step]) -> None:
        number = next(_holders)
        holder = PartyId("SE", f"{number:03}")
        runner.run(tried(Books(database, holder), steps))

    yield run
    runner.run(database.close())
    runner.run(lent.__aexit__(None, None, None))
    runner.close()


def test_the_ledger_agrees_with_a_list_of_what_was_posted(run: Callable[[Sequence[Step]], None]) -> None:
    @settings(max_examples=settings().max_examples // 4)
    @given(steps=STEPS)
    def law(steps: list[Step]) -> None:
        run(steps)

    law()
