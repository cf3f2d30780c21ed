"""A day's money: which day that is, what it comes to, and how a spreadsheet reads it."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from msgspec.structs import replace

from laddnav.analytics import actions as analytics
from laddnav.analytics import money
from laddnav.analytics.money import Desk, NotADay, Taking, as_table, day_of
from laddnav.db.unit import Database
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Account, Entry, Head, Posting, Total
from laddnav.payments.payment import ProviderKind, Purpose
from tests.clock import SetClock
from tests.things import US, party, settled

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


NOTHING = Taking(account="clearing:stripe:1", provider=ProviderKind.STRIPE, purpose=Purpose.SESSION, currency="SEK")


def taking(**changes: Decimal) -> Taking:
    return replace(NOTHING, **changes)


def a_desk(*takings: Taking, owed: tuple[Total, ...] = ()) -> Desk:
    day, begin, end = day_of(None, NOON, "Europe/Stockholm")
    return Desk(
        holder=US,
        day=day,
        begin_at=begin,
        end_at=end,
        takings=takings,
        banked=(),
        undecided=(),
        holds=(),
        troubled=(),
        waiting=(),
        short=(),
        owed=owed,
        overdue=(),
    )


@pytest.mark.parametrize(
    ("said", "zone", "day", "hours"),
    [
        (None, "Europe/Stockholm", date(2026, 11, 23), 24),
        (None, "Pacific/Auckland", date(2026, 11, 24), 24),
        ("2026-10-25", "Europe/Stockholm", date(2026, 10, 25), 25),
        ("2026-03-29", "Europe/Stockholm", date(2026, 3, 29), 23),
    ],
)
def test_a_day_is_one_of_the_partys_calendar(said: str | None, zone: str, day: date, hours: int) -> None:
    found, begin, end = day_of(said, NOON, zone)
    assert (found, (end.astimezone(UTC) - begin.astimezone(UTC)) / timedelta(hours=1)) == (day, hours)


@pytest.mark.parametrize("said", ["tomorrow", "2026-11-24", "2026-02-30", "1999-01-01", "2026-11", "٢٠٢٦-11-01"])
def test_a_day_to_come_or_none_at_all_is_refused_by_name(said: str) -> None:
    with pytest.raises(NotADay):
        day_of(said, NOON, "Europe/Stockholm")


def test_what_was_taken_is_what_was_paid_less_what_went_back_and_fees_stay_with_the_provider() -> None:
    one = taking(captured=Decimal(100), refunded=Decimal(30), charged_back=Decimal(5), fees=Decimal(2))
    assert one.net == 63
    (found,) = a_desk(one, taking(captured=Decimal(7))).taken
    assert (found.currency, found.amount) == ("SEK", Decimal(72))


def test_what_several_kinds_owe_is_one_sum_a_currency() -> None:
    owed = tuple(
        Total(of=of, currency=currency, amount=Decimal(amount), accounts=1)
        for of, currency, amount in (
            ("receivable:driver", "SEK", 10),
            ("receivable:customer", "SEK", 5),
            ("receivable:customer", "EUR", 1),
            ("receivable:partner", "SEK", 100),
        )
    )
    found = a_desk(owed=owed).owed_by("receivable:driver", "receivable:customer")
    assert [(one.currency, one.amount, one.accounts) for one in found] == [
        ("SEK", Decimal(15), 2),
        ("EUR", Decimal(1), 1),
    ]


def test_a_spreadsheet_reads_one_figure_a_row() -> None:
    text = as_table(a_desk(taking(captured=Decimal("12.50"), fees=Decimal("0.50"))))
    rows = list(csv.DictReader(StringIO(text)))
    assert [(one["what"], one["kind"], one["amount"]) for one in rows] == [
        ("takings", "SESSION captured", "12.50"),
        ("takings", "SESSION fees", "-0.50"),
    ]


def entry(key: str, *moves: tuple[Head, str, str]) -> Entry:
    postings = tuple(Posting(Account(head, of), Decimal(amount), "SEK") for head, of, amount in moves)
    return Entry(key=key, what=key, cites="bank 1", postings=postings)


async def test_the_desk_is_what_the_ledger_says_of_that_day(database: Database, clock: SetClock) -> None:
    """A payout that no payment made is there too, so that the day's takings are the movement of the account."""
    await settled(database)
    out = entry("payout", (Head.CLEARING, "payouts:stripe", "90"), (Head.CLEARING, "stripe:1", "-90"))
    debt = entry("debt", (Head.RECEIVABLE, "partner:SE*NOR", "40"), (Head.REVENUE, "roaming", "-40"))
    async with database.unit() as unit:
        await ledger.post(unit, US, out)
        await ledger.post(unit, US, debt)
        before = f"{unit.now - timedelta(days=1):%Y-%m-%d}"
    async with database.unit() as unit:
        found, earlier = await analytics.desk(unit, party()), await analytics.desk(unit, party(), before)
    assert [(one.account, one.purpose, one.other, one.net) for one in found.takings] == [
        ("clearing:stripe:1", None, Decimal(-90), Decimal(-90))
    ]
    assert [one.amount for one in found.owed_by("receivable:partner")] == [40]
    assert sum(one.amount for one in found.owed) == 0
    assert (earlier.takings, earlier.owed) == ((), ())
    assert money.HOLDS_LAPSE < timedelta(days=7)
