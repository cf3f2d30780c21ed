"""Energy that is shared out, rounded up to steps, and turned into power stays exact."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from laddnav.kit.energy import NO_ENERGY, Energy, wh
from laddnav.kit.money import Price, TaxAmount
from laddnav.kit.power import kw, mean_power

amounts = st.decimals(0, 100_000, places=6).map(Energy)
lengths = st.integers(1, 10**11).map(lambda count: timedelta(microseconds=count))


@given(amounts, lengths, lengths)
def test_what_flows_before_and_after_a_cut_is_all_of_it(energy: Energy, before: timedelta, after: timedelta) -> None:
    share = energy.during(before, before + after)
    assert NO_ENERGY <= share <= energy
    assert energy.during(before + after, before + after) == energy


def test_a_share_is_cut_down_to_the_microwatt_hour() -> None:
    assert wh(2).during(timedelta(minutes=20), timedelta(hours=1)) == wh("0.666666")


def test_a_step_raises_only_what_is_not_a_multiple_of_it() -> None:
    """TAR-024, TAR-068, TAR-109."""
    assert wh("115.2").up_to(wh(1)) == wh(116)
    assert wh("115.2").up_to(wh(25)) == wh(125)
    assert wh(125).up_to(wh(25)) == wh(125)
    assert wh("115.2").up_to(NO_ENERGY) == wh("115.2")
    assert NO_ENERGY.up_to(wh(500)) == NO_ENERGY


def test_two_kilowatt_hours_in_twenty_minutes_are_six_kilowatts_exactly() -> None:
    assert mean_power(wh(2000), timedelta(minutes=20)) == kw(6)


def test_prices_add_up_tax_by_tax() -> None:
    five, ten = Decimal(5), Decimal(10)
    first = Price(Decimal(100), (TaxAmount("VAT", five, five), TaxAmount("VAT", ten, ten)))
    second = Price(Decimal(100), (TaxAmount("VAT", ten, ten),))
    both = (TaxAmount("VAT", five, five), TaxAmount("VAT", Decimal(20), ten))
    assert first + second == Price(Decimal(200), both)
    assert first + Price(Decimal(1)) == Price(Decimal(101))
