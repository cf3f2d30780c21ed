"""Prices and grid tariffs become what a plan counts with, and cost the same by the step as by themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from laddnav.market import grid
from laddnav.market.model import Drawn, MarketStep, Series
from laddnav.scheduling.cost import rise
from laddnav.scheduling.site import Steps
from laddnav.scheduling.terms import MixedCurrencies, terms
from tests.market.tariffs import NIGHT_BY_HALF, THREE_DAYS, WINTER_WORKDAYS, read

NOON = datetime(2026, 12, 1, 11, tzinfo=UTC)  # 12:00 in Stockholm, a Tuesday
QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)


def series(*values: object, begin: datetime = NOON, length: timedelta = HOUR, currency: str = "SEK") -> Series:
    steps = tuple(MarketStep(begin + n * length, length, Decimal(str(value))) for n, value in enumerate(values))
    return Series(zone="SE3", currency=currency, steps=steps)


def test_a_kwh_costs_the_market_the_grid_and_the_taxes() -> None:
    """1.00 + 0.52 + 0.36 + 0.04, and a quarter of it as VAT; out of it comes the spot price and 0.07."""
    found = terms(Steps(NOON, QUARTER, 4), series(1), read(WINTER_WORKDAYS))
    assert found.prices == pytest.approx([2.4] * 4) and found.feed_in == pytest.approx([1.07] * 4)
    assert found.currency == "SEK" and (found.unknown, found.odd) == (0, 0)
    assert terms(Steps(NOON, QUARTER, 4), series(1), read(WINTER_WORKDAYS), with_vat=False).prices[0] == pytest.approx(
        1.92
    )
    assert terms(Steps(NOON, QUARTER, 4), series(1)).prices == pytest.approx([1.0] * 4)


def test_what_is_guessed_odd_or_unknown_is_said() -> None:
    steps = (
        MarketStep(NOON, HOUR, Decimal(1)),
        MarketStep(NOON + HOUR, QUARTER, Decimal(3), forecast=True),
        MarketStep(NOON + HOUR + QUARTER, QUARTER, Decimal(90), odd=True),
    )
    found = terms(Steps(NOON, timedelta(minutes=30), 4), Series(zone="SE3", currency="SEK", steps=steps))
    assert found.prices == pytest.approx([1, 1, 46.5, 16.166667])
    assert list(found.guessed) == [False, False, True, False] and (found.unknown, found.odd) == (1, 1)
    nothing = terms(Steps(NOON, HOUR, 2), Series(zone="SE3"))
    assert list(nothing.prices) == [0, 0] and nothing.unknown == 2


def test_what_a_kwh_out_earns_is_what_was_told_where_anything_was() -> None:
    """In two quarters of an hour; in the others, as the tariff has it."""
    earned = series("0.7", "0.8", begin=NOON + QUARTER, length=QUARTER)
    found = terms(Steps(NOON, QUARTER, 4), series(1), read(WINTER_WORKDAYS), earned=earned)
    assert found.feed_in == pytest.approx([1.07, 0.7, 0.8, 1.07]) and found.prices == pytest.approx([2.4] * 4)


def test_two_currencies_do_not_add_up() -> None:
    with pytest.raises(MixedCurrencies, match="fetch prices in SEK"):
        terms(Steps(NOON, QUARTER, 4), series(1, currency="EUR"), read(THREE_DAYS))


values = st.lists(st.integers(-500, 4000).map(lambda n: Decimal(n) / 1000), min_size=1, max_size=30)
lengths = st.sampled_from((QUARTER, 2 * QUARTER, HOUR))


@given(told=values, length=lengths, of_plan=lengths, late=st.integers(0, 3))
def test_energy_drawn_evenly_costs_the_same_by_the_step_as_by_the_market(
    told: list[Decimal], length: timedelta, of_plan: timedelta, late: int
) -> None:
    """From anywhere in the series to its end, where all of it is known."""
    begin, end = NOON + late * QUARTER, NOON + len(told) * length
    count = (end - begin) // of_plan
    if count < 1:
        return
    steps = Steps(begin, of_plan, count)
    by_step = float(terms(steps, series(*told, length=length)).prices.sum()) * steps.hours
    by_market = sum(
        float(one.value) * (min(one.end_at, steps.end_at) - max(one.begin_at, begin)) / HOUR
        for one in series(*told, length=length).steps
        if one.end_at > begin and one.begin_at < steps.end_at
    )
    assert by_step == pytest.approx(by_market)


def test_hours_of_a_window_make_a_peak_with_what_the_month_has_had() -> None:
    """Half of the first hour is over with 5 kWh in it, and Monday the 30th of November is of another month."""
    drawn = [
        Drawn(datetime(2026, 11, 30, 12, tzinfo=UTC), HOUR, Decimal(80)),
        Drawn(NOON - 4 * HOUR, HOUR, Decimal(33)),
        Drawn(NOON - HOUR, HOUR, Decimal(22)),
        Drawn(NOON, 2 * QUARTER, Decimal(5)),
    ]
    (peak,) = terms(Steps(NOON + 2 * QUARTER, QUARTER, 46), series(1), read(WINTER_WORKDAYS), drawn=drawn).peaks
    assert peak.per_kw == 94 * 1.25 and peak.top_n == 5
    assert peak.hours[:2] == ((0, 1), (2, 3, 4, 5)) and len(peak.hours) == 8  # until 20:00
    assert peak.highest == (33.0, 22.0) and peak.begun == 5.0 and peak.today is None
    assert len(set(peak.days)) == 8  # each hour counts by itself, for of one day as many count as there are


def test_of_today_the_highest_hour_so_far_takes_no_second_place() -> None:
    drawn = [Drawn(NOON - timedelta(days=1), HOUR, Decimal(70)), Drawn(NOON - HOUR, HOUR, Decimal(8))]
    drawn += [Drawn(NOON + timedelta(days=-1, hours=48), HOUR, Decimal(9))]
    steps = Steps(NOON + timedelta(days=1), HOUR, 24)
    (peak,) = terms(steps, series(1), read(THREE_DAYS), drawn=drawn[1:]).peaks
    assert peak.highest == (8.0,) and peak.today is None
    later = Steps(NOON + HOUR, HOUR, 4)
    (peak,) = terms(later, series(1), read(THREE_DAYS), drawn=drawn[1:2]).peaks
    assert peak.highest == (8.0,) and peak.today == 0 and set(peak.days) == {0}


def test_over_the_end_of_a_month_peaks_begin_anew_and_nights_count_by_half() -> None:
    """From 23:00 on the 30th of November in Stockholm, two hours."""
    first, second = terms(
        Steps(datetime(2026, 11, 30, 22, tzinfo=UTC), HOUR, 2),
        series(1),
        read(NIGHT_BY_HALF),
        drawn=[Drawn(datetime(2026, 11, 3, 12, tzinfo=UTC), HOUR, Decimal(6))],
    ).peaks
    assert (first.hours, first.highest, first.weights) == (((0,),), (6.0,), (0.5,))
    assert (second.hours, second.highest, second.weights) == (((1,),), (), (0.5,))


@given(power=st.lists(st.integers(0, 40), min_size=8, max_size=8), quarters=st.booleans())
def test_a_peak_rises_by_what_the_tariff_says(power: list[int], quarters: bool) -> None:
    """A plan of two hours at noon, after a month that has had three days: the tariff itself is the oracle."""
    text = THREE_DAYS.replace('"top_n": 3', '"top_n": 3, "measured": "QUARTER"') if quarters else THREE_DAYS
    tariff = read(text)
    before = [Drawn(datetime(2026, 12, day, 9, tzinfo=UTC), HOUR, Decimal(day * 5)) for day in (1, 2, 3)]
    steps = Steps(datetime(2026, 12, 4, 11, tzinfo=UTC), QUARTER, 8)
    (peak,) = terms(steps, series(1), tariff, drawn=before, with_vat=False).peaks
    after = [
        *before,
        *(Drawn(steps.start_at + n * QUARTER, QUARTER, Decimal(kw) / 4) for n, kw in enumerate(power)),
    ]
    (was,), (now) = (
        (one.amount for one in grid.peaks(tariff, before)),
        sum(one.amount for one in grid.peaks(tariff, after)),
    )
    assert rise(peak, np.array(power, dtype=float), steps.hours) == pytest.approx(float(now - was))
