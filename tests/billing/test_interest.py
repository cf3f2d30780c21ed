"""Interest for late payment: by rates that a party entered, from the day of payment that the bank says, never twice."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from laddnav.billing.actions import interest, settling
from laddnav.billing.events import InvoiceSettled
from laddnav.billing.interest import Charged, Late, LateRate, UnfitRate, bears_none, fit, interest_item, late
from laddnav.billing.model import ItemWords
from laddnav.db.unit import Database
from tests.billing.charges import LADDNAV, NOON
from tests.billing.test_billing import balances
from tests.billing.test_reminders import after, turned_on
from tests.billing.test_settling import invoiced, pays
from tests.clock import SetClock

DUE = date(2026, 6, 1)
HALF = LateRate(
    holder=LADDNAV,
    currency="SEK",
    business=False,
    since=date(2026, 1, 1),
    reference=Decimal(2),
    points=Decimal(8),
    said_by="Maja",
    said_at=datetime(2026, 1, 1, tzinfo=UTC),
)
NEXT = replace(HALF, since=date(2026, 7, 1), reference=Decimal("2.5"))


@pytest.mark.parametrize(
    ("paid", "until", "amount", "days", "percents"),
    [
        ([], date(2026, 6, 1), "0.00", 0, ()),  # on the day
        ([], date(2026, 6, 11), "27.40", 10, ("10",)),  # 10 000 × 10 % × 10 / 365
        ([(date(2026, 6, 6), "4000")], date(2026, 6, 11), "21.92", 10, ("10",)),  # five days of all, five of 6 000
        ([(date(2026, 5, 20), "10000")], date(2026, 6, 11), "0.00", 0, ()),  # before it was due
        ([], date(2026, 7, 11), "110.96", 40, ("10", "10.5")),  # thirty days at 10, ten at 10.5
        ([(date(2026, 6, 6), "10000")], date(2026, 7, 11), "13.70", 5, ("10",)),
    ],
)
def test_each_day_bears_what_is_open_on_it_at_the_rate_of_that_day(
    paid: list[tuple[date, str]], until: date, amount: str, days: int, percents: tuple[str, ...]
) -> None:
    some = [(day, Decimal(of)) for day, of in paid]
    found = late(Decimal(10_000), some, [HALF, NEXT], due=DUE, until=until)
    assert found == Late(amount=Decimal(amount), days=days, percents=tuple(map(Decimal, percents)))


def test_without_a_rate_or_before_the_first_none_is_owed_and_a_rate_below_zero_is_none() -> None:
    assert late(Decimal(100), [], [], due=DUE, until=date(2027, 1, 1)).amount == 0
    assert late(Decimal(100), [], [NEXT], due=DUE, until=date(2026, 7, 1)).amount == 0
    assert replace(HALF, reference=Decimal(-9)).percent == 0
    for wrong in ({"currency": "kr"}, {"points": Decimal(51)}, {"reference": Decimal("NaN")}):
        with pytest.raises(UnfitRate):
            fit(replace(HALF, **wrong))


def test_what_was_charged_too_much_is_taken_back_by_the_next_line() -> None:
    found = Late(amount=Decimal(5), days=2, percents=(Decimal("10.50"),))
    before = Charged(until=DUE, amount=Decimal(8), number=1)
    item = interest_item("R", "LAD-1", "SEK", found, before, NOON)
    assert bears_none([item, replace(item, words=ItemWords("REMINDER_FEE", {}))]) == -3, "nor does interest bear any"
    assert (item.amount, item.key, item.words.values["percent"]) == (Decimal(-3), "interest R 2", "10.5")


async def test_a_reminder_brings_interest_and_the_payment_the_rest_each_once(
    database: Database, clock: SetClock
) -> None:
    (one,) = await invoiced(database, "8000")  # 10 000 with VAT, due in thirty days
    async with database.unit() as unit:
        await interest.keep_rate(unit, replace(HALF, since=date(2020, 1, 1)))
        await interest.keep_rate(unit, replace(HALF, since=date(2020, 1, 1), business=True, points=Decimal(20)))
    await turned_on(database)
    assert await after(database, clock, 36) == 1
    async with database.unit() as unit:
        (item,) = await settling.page_of_open(unit, LADDNAV, only_due=True)
    late_days = (clock.now() - item.due_at + timedelta(hours=23)).days
    first = -(await balances(database))["dunning"]
    assert first == (Decimal(10_000) * 10 / 100 * late_days / 365).quantize(Decimal("0.01")) > 0
    clock.advance(timedelta(days=2))
    await pays(database, "10000", one.number or "")
    for _ in range(2):
        await interest.last_of_it(database, InvoiceSettled(holder=LADDNAV, ref=one.ref))
    whole = (Decimal(10_000) * 10 / 100 * (late_days + 2) / 365).quantize(Decimal("0.01"))
    assert -(await balances(database))["dunning"] == whole
    clock.advance(timedelta(days=40))
    await interest.last_of_it(database, InvoiceSettled(holder=LADDNAV, ref=one.ref))
    assert -(await balances(database))["dunning"] == whole, "what is paid bears none"
