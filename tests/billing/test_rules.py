"""What a CDR becomes on an invoice, without a database."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from laddnav.billing.model import Basis, Debtor, DebtorKind
from laddnav.billing.postings import payable_entry, receivable_entry
from laddnav.billing.references import numbers_in
from laddnav.billing.rules import (
    LATE,
    charge_of,
    due_at,
    lines_of,
    number_of,
    owing,
    period_of,
    series_of,
    total_of,
    zone_named,
)
from laddnav.cdrs.model import Costs
from laddnav.kit.money import Price, TaxAmount
from laddnav.parties.model import InvoiceEvery
from tests.billing.charges import LADDNAV, NOON, TNM, cdr, energy, party


def amounts(*texts: str) -> list[Decimal]:
    return [Decimal(text) for text in texts]


# ---- Lines


def test_a_line_keeps_what_pricing_said_of_it() -> None:
    (line,) = lines_of(cdr(energy("12.345", "3.49", element=2)))
    assert (line.basis, line.dimension, line.quantity, line.unit) == (Basis.PRICED, "ENERGY", Decimal("12.345"), "kWh")
    assert (line.unit_price, line.amount, line.vat_percent) == (Decimal("3.49"), Decimal("43.08"), Decimal(25))
    assert (line.tariff_id, line.element, line.component) == ("CITY", 2, 0)
    assert line.reason is not None


def test_the_cdr_is_rounded_once_and_a_line_says_what_rounding_its_lines_would_have_made_of_it() -> None:
    # 3 times 0.014 is 0.042: 0.04 as a whole, 0.03 line by line.
    lines = lines_of(cdr(*(energy("1", "0.014"),) * 3))
    assert [line.amount for line in lines] == amounts("0.01", "0.01", "0.01", "0.01")
    assert [line.basis for line in lines] == [Basis.PRICED] * 3 + [Basis.ROUNDING]


_volumes = st.decimals("0", "200", places=3).map(str)
_prices = st.decimals("0", "12", places=4).map(str)


@given(lines=st.lists(st.builds(energy, _volumes, _prices), max_size=6), credits=st.sampled_from([None, "C0"]))
def test_lines_are_together_exactly_what_the_cdr_asks_for(lines: list[object], credits: str | None) -> None:
    one = cdr(*lines, credits=credits)  # type: ignore[arg-type]  # builds() does not say what it builds
    billed = lines_of(one)
    assert sum((line.amount for line in billed), Decimal(0)) == one.costs.total.before_taxes == total_of(one)
    assert all(line.amount == line.amount.quantize(Decimal("0.01")) for line in billed)
    if billed:
        receivable_entry(one, "partner:NL*TNM", charge_of(one, "UTC"))  # an Entry that does not balance cannot be built


def test_a_credit_cdr_turns_its_lines_for_only_its_total_is_told_negative() -> None:
    """CDR-014, CDR-015: the parts stay as they were in what is taken back, so they are never added as they are."""
    credit = cdr(energy("12.345", "3.49"), id="C1-C", credits="C1")
    assert [line.amount for line in lines_of(credit)] == amounts("-43.08")
    forgot_the_sign = msgspec.structs.replace(credit, costs=Costs(total=Price(Decimal("43.08"))))
    assert lines_of(forgot_the_sign) == lines_of(credit)
    assert charge_of(credit, "UTC").credits == "C1"
    told = Costs(total=Price(Decimal("-30.00")), energy=Price(Decimal("25.00")), fixed=Price(Decimal("5.00")))
    theirs = cdr(owner=TNM, token_owner=LADDNAV, costs=told, credits="C1")
    assert [line.amount for line in lines_of(theirs)] == amounts("-5.00", "-25.00")


def test_a_partners_cdr_gives_a_line_for_each_part_that_costs_something() -> None:
    """CDR-048, CDR-047: the parts of its total, and of its time that in which it charged."""
    vat = (TaxAmount("VAT", Decimal("8.00"), Decimal(25)),)
    told = Costs(
        total=Price(Decimal("40.00"), vat),
        fixed=Price(Decimal("5.00")),
        energy=Price(Decimal("30.00")),
        time=Price(Decimal(0)),
        parking=Price(Decimal("5.00")),
    )
    one = cdr(owner=TNM, token_owner=LADDNAV, costs=told, parked=timedelta(minutes=20))
    lines = lines_of(one)
    assert [(line.dimension, line.quantity, line.unit) for line in lines] == [
        ("FLAT", Decimal(1), "x"),
        ("ENERGY", Decimal("12.345"), "kWh"),
        ("PARKING_TIME", Decimal("0.3333"), "h"),
    ]
    assert {(line.basis, line.unit_price, line.vat_percent) for line in lines} == {(Basis.AT_COST, None, Decimal(25))}
    by_time = msgspec.structs.replace(one, costs=Costs(total=told.total, time=Price(Decimal("40.00"))))
    (charging,) = lines_of(by_time)
    assert charging.quantity == round(Decimal((one.time - timedelta(minutes=20)) / timedelta(hours=1)), 4)


def test_what_a_partners_total_holds_beside_its_parts_is_a_line_of_its_own() -> None:
    told = Costs(total=Price(Decimal("40.00")), energy=Price(Decimal("30.00")))
    lines = lines_of(cdr(owner=TNM, token_owner=LADDNAV, costs=told))
    assert [(line.dimension, line.basis) for line in lines] == [("ENERGY", Basis.AT_COST), ("OTHER", Basis.AT_COST)]
    (only,) = lines_of(cdr(owner=TNM, token_owner=LADDNAV, costs=Costs(total=Price(Decimal("40.004")))))
    assert (only.dimension, only.amount) == ("TOTAL", Decimal("40.00"))


def test_a_charge_that_costs_nothing_has_no_lines() -> None:
    assert lines_of(cdr(energy("10", "0"))) == ()


# ---- Who owes


def test_the_emsp_of_the_token_owes_and_the_driver_when_that_emsp_is_us() -> None:
    assert owing(cdr(token_owner=TNM)) == (DebtorKind.PARTNER, "partner:NL*TNM")
    assert owing(cdr(token_owner=LADDNAV)) == (DebtorKind.DRIVER, "driver:SE-C1")
    assert owing(cdr(owner=TNM, token_owner=LADDNAV)) == (DebtorKind.DRIVER, "driver:SE-C1")


def test_the_postings_of_a_charge_name_debtor_revenue_and_rounding() -> None:
    one = cdr(*(energy("1", "0.014"),) * 3)
    entry = receivable_entry(one, "partner:NL*TNM", charge_of(one, "UTC"))
    assert [(str(posting.account), posting.amount) for posting in entry.postings] == [
        ("receivable:partner:NL*TNM", Decimal("0.04")),
        ("revenue:charging", Decimal("-0.03")),
        ("rounding", Decimal("-0.01")),
    ]


def test_a_partners_charge_is_a_cost_that_we_owe_the_cpo() -> None:
    one = cdr(owner=TNM, token_owner=LADDNAV, costs=Costs(total=Price(Decimal("40"))))
    assert [(str(posting.account), posting.amount) for posting in payable_entry(one).postings] == [
        ("cost:roaming", Decimal(40)),
        ("payable:partner:NL*TNM", Decimal(-40)),
    ]


# ---- Periods and dates


@pytest.mark.parametrize(
    ("every", "name", "ends_at"),
    [
        (InvoiceEvery.DAY, "2026-12-01", datetime(2026, 12, 1, 23, tzinfo=UTC)),
        (InvoiceEvery.MONTH, "2026-12", datetime(2026, 12, 31, 23, tzinfo=UTC)),
    ],
)
def test_a_charge_falls_onto_the_day_and_month_of_the_partys_own_calendar(
    every: InvoiceEvery, name: str, ends_at: datetime
) -> None:
    late_in_november = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)  # half past midnight in Stockholm
    period = period_of(cdr(ended_at=late_in_november), party(every=every))
    assert (period.name, period.closes_at) == (name, ends_at + LATE)


def test_by_session_each_charge_is_an_invoice_that_can_leave_at_once() -> None:
    period = period_of(cdr(), party(every=InvoiceEvery.SESSION))
    assert (period.name, period.closes_at) == ("SE*LAD/C1", NOON)


def test_an_invoice_is_due_at_the_end_of_a_day_of_the_partys_calendar() -> None:
    # Thirty days later is winter time, and the same day of the calendar nonetheless.
    issued_at = datetime(2026, 10, 10, 21, 30, tzinfo=UTC)  # 23:30 in Stockholm
    assert due_at(issued_at, party()) == datetime(2026, 11, 9, 22, 59, 59, tzinfo=UTC)


BUYER = Debtor(
    holder=LADDNAV, id="customer:1", ref="r", kind=DebtorKind.CUSTOMER, name="Anna", country="SE", created_at=NOON
)


def test_a_row_of_numbers_begins_with_the_year_of_the_partys_calendar() -> None:
    at = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    assert series_of(at, party(), BUYER) == "2027"
    assert series_of(at, party(), replace(BUYER, id="host:ICA", kind=DebtorKind.HOST)) == "SB-2027-ICA"
    assert not numbers_in([number_of(party(), "SB-2027-12345", 7)], "LAD"), "theirs are no references of ours"


def test_a_zone_that_does_not_exist_is_replaced() -> None:
    assert zone_named("Europe/Amsterdam", "UTC") == "Europe/Amsterdam"
    assert [zone_named(name, "UTC") for name in ("Mars/Olympus", "", "Europe", "../etc")] == ["UTC"] * 4
