"""Interest for late payment: by rates that a party entered, from the day of payment that the bank says, never twice."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from laddnav.billing import actions as billing
from laddnav.billing.actions import buyers, crediting, interest, settling
from laddnav.billing.events import InvoiceReminded, InvoiceSettled
from laddnav.billing.interest import Charged, Late, LateRate, UnfitRate, bears_none, credited, fit, interest_item, late
from laddnav.billing.item_words import said
from laddnav.billing.model import Debtor, DebtorKind, Invoice, ItemWords, Period
from laddnav.billing.rules import charge_of, seller_of
from laddnav.billing.sums import taxed
from laddnav.cdrs.model import Cdr
from laddnav.db.unit import Database
from tests.billing.charges import LADDNAV, NOON, TNM, cdr, energy, party
from tests.billing.test_billing import balances
from tests.billing.test_items import ANNA
from tests.billing.test_reminders import after, mails, turned_on
from tests.billing.test_settling import invoiced, pays
from tests.clock import SetClock

DUE = date(2026, 6, 1)
DRIVER = Debtor(
    holder=LADDNAV, id="driver:A", ref="a", kind=DebtorKind.DRIVER, name="Anna", country="SE", created_at=NOON
)
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
    assert (found.amount, found.days, found.percents) == (Decimal(amount), days, tuple(map(Decimal, percents)))


def test_without_a_rate_or_before_the_first_none_is_owed_and_a_rate_below_zero_is_none() -> None:
    assert late(Decimal(100), [], [], due=DUE, until=date(2027, 1, 1)).amount == 0
    assert late(Decimal(100), [], [NEXT], due=DUE, until=date(2026, 7, 1)).amount == 0
    assert replace(HALF, reference=Decimal(-9)).percent == 0
    for wrong in ({"currency": "kr"}, {"points": Decimal(51)}, {"reference": Decimal("NaN")}):
        with pytest.raises(UnfitRate):
            fit(replace(HALF, **wrong))


def lines_of(*told: tuple[date, list[tuple[date, Decimal]]]) -> list[tuple[Decimal, str]]:
    """Of 1 000 SEK, charged on these days with these payments known by then."""
    lines, before = [], None
    for until, paid in told:
        found = late(Decimal(1000), paid, [HALF], due=DUE, until=until)
        begun = DUE if before is None else before.until
        new = late(Decimal(1000), paid, [HALF], due=begun, until=until)
        item = interest_item("R", "LAD-1", "SEK", found, new, before, NOON)
        before = Charged(until=until, amount=found.amount, number=1 if before is None else before.number + 1)
        assert item.key == f"interest R {before.number}"
        lines.append((item.amount, said(item.words, "en").removeprefix("Interest for late payment, invoice LAD-1: ")))
    return lines


def test_each_line_says_the_days_since_the_one_before_and_no_day_is_said_twice() -> None:
    assert lines_of((date(2026, 6, 6), []), (date(2026, 6, 16), []), (date(2026, 7, 1), [])) == [
        (Decimal("1.37"), "2026-06-02 to 2026-06-06, 5 days at 10 %"),
        (Decimal("2.74"), "2026-06-07 to 2026-06-16, 10 days at 10 %"),
        (Decimal("4.11"), "2026-06-17 to 2026-07-01, 15 days at 10 %"),
    ]


def test_the_last_line_ends_on_the_day_of_payment() -> None:
    paid = [(date(2026, 6, 16), Decimal(1000))]
    assert lines_of((date(2026, 6, 6), []), (date(2026, 6, 20), paid))[1] == (
        Decimal("2.74"),
        "2026-06-07 to 2026-06-16, 10 days at 10 %",
    )


@pytest.mark.parametrize("until", [date(2026, 6, 16), date(2026, 6, 26)])
def test_what_was_charged_too_much_is_taken_back_by_a_line_that_says_so_and_no_days(until: date) -> None:
    paid = [(date(2026, 6, 6), Decimal(900))]
    _, second = lines_of((date(2026, 6, 16), []), (until, paid))
    assert second == (
        Decimal("-2.47") if until.day == 16 else Decimal("-2.19"),
        "reckoned anew, less what was charged before",
    )


def test_interest_bears_none_itself() -> None:
    late_for = Late(amount=Decimal(5), days=2, percents=(Decimal("10.50"),))
    item = interest_item("R", "LAD-1", "SEK", late_for, late_for, Charged(until=DUE, amount=Decimal(8), number=1), NOON)
    issued_before = replace(item, words=ItemWords("INTEREST", {}))
    assert bears_none([item, issued_before, replace(item, words=ItemWords("REMINDER_FEE", {}))]) == -6


def charged(*some: Cdr) -> Invoice:
    """Of these alone, with 25 % of VAT."""
    by = party()
    charges, _, vat = taxed(by, DRIVER, [charge_of(one, "UTC") for one in some], (), "SEK")
    return Invoice(
        holder=LADDNAV,
        ref="r",
        seller=seller_of(by),
        debtor=DRIVER,
        currency="SEK",
        period=Period("2026-11", NOON),
        opened_at=NOON,
        charges=charges,
        vat=vat,
    )


def test_what_a_credit_cdr_takes_back_of_an_invoice_was_never_owed_with_its_vat() -> None:
    line = energy("40", "2.50")
    invoice = charged(cdr(line, id="C1"), cdr(line, id="C2"))
    back = charged(cdr(line, id="C1-C", credits="C1"), cdr(energy("30", "2.50"), id="C1-N"))
    assert credited(invoice, [back]) == Decimal(125), "what is charged in its stead is owed by its own invoice"
    assert credited(invoice, [back, charged(cdr(line, id="C2-C", credits="C2"))]) == Decimal(250)
    of_others = cdr(line, id="C1-C", owner=TNM, credits="C1")
    elsewhere = cdr(line, id="C3-C", credits="C3")
    assert credited(invoice, [charged(of_others, elsewhere)]) == 0, "nor what is of another, or on another invoice"
    owed = Decimal(250) - credited(invoice, [back])
    assert late(owed, [], [HALF], due=DUE, until=date(2026, 6, 11)).amount == Decimal("0.34")  # 125 × 10 % × 10 / 365


async def test_a_reminder_brings_interest_and_the_payment_the_rest_each_once(
    database: Database, clock: SetClock
) -> None:
    (one,) = await invoiced(database, "8000")  # 10 000 with VAT, due in thirty days
    async with database.unit() as unit:
        await buyers.describe(unit, LADDNAV, ANNA, email="anna@example.se")
        await interest.keep_rate(unit, replace(HALF, since=date(2020, 1, 1)))
        await interest.keep_rate(unit, replace(HALF, since=date(2020, 1, 1), business=True, points=Decimal(20)))
    await turned_on(database)
    assert await after(database, clock, 36) == 1
    async with database.unit() as unit:
        (item,) = await settling.page_of_open(unit, LADDNAV, only_due=True)
    late_days = (clock.now() - item.due_at + timedelta(hours=23)).days
    first = -(await balances(database))["dunning"]
    assert first == (Decimal(10_000) * 10 / 100 * late_days / 365).quantize(Decimal("0.01")) > 0
    await billing.mail_reminder(database, InvoiceReminded(holder=LADDNAV, ref=one.ref, level=1))
    (letter,) = await mails(database)
    told = f"{first:.2f}".replace(".", ",")
    assert f"Dröjsmålsränta till och med i dag, {told}\N{NO-BREAK SPACE}SEK, kommer på nästa faktura." in letter.text
    clock.advance(timedelta(days=2))
    await pays(database, "10000", one.number or "")
    for _ in range(2):
        await interest.last_of_it(database, InvoiceSettled(holder=LADDNAV, ref=one.ref))
    whole = (Decimal(10_000) * 10 / 100 * (late_days + 2) / 365).quantize(Decimal("0.01"))
    assert -(await balances(database))["dunning"] == whole
    clock.advance(timedelta(days=40))
    await interest.last_of_it(database, InvoiceSettled(holder=LADDNAV, ref=one.ref))
    assert -(await balances(database))["dunning"] == whole, "what is paid bears none"


async def test_what_is_credited_bore_no_interest_though_it_was_paid_before(database: Database, clock: SetClock) -> None:
    (one,) = await invoiced(database, "8000")
    async with database.unit() as unit:
        await interest.keep_rate(unit, replace(HALF, since=date(2020, 1, 1)))
    await turned_on(database)
    assert await after(database, clock, 36) == 1
    assert -(await balances(database))["dunning"] > 0
    await pays(database, "10000", one.number or "")
    async with database.unit() as unit:
        note = await crediting.credit(unit, LADDNAV, one.ref, "Wrong", by="Maja")
    assert [cited.number for cited in note.corrects] == [one.number]
    assert (await balances(database)).get("dunning", 0) == 0
