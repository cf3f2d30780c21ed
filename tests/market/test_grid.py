"""A grid tariff is written down, and what was drawn is charged by it with the reason of every amount."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laddnav.kit import json
from laddnav.kit.json import Unreadable
from laddnav.market import grid
from laddnav.market.feeds import FEEDS
from laddnav.market.model import Because, Charged, Drawn, GridTariff, MarketStep, PeakCharge, Series, Window
from laddnav.market.plain import explained
from laddnav.market.rules import UnfitTariff, meant
from tests.market.tariffs import NIGHT_BY_HALF, THREE_DAYS, WINTER_WORKDAYS, read

STOCKHOLM = ZoneInfo("Europe/Stockholm")
HOUR = timedelta(hours=1)


def hour(day: int, at: int, kwh: str, *, month: int = 12, minutes: int = 60, out: str = "0") -> Drawn:
    begin = datetime(2026, month, day, at, tzinfo=STOCKHOLM).astimezone(UTC)
    return Drawn(begin, timedelta(minutes=minutes), Decimal(kwh), Decimal(out))


def by(charged: Charged, because: Because) -> list[tuple[Any, Any, Any]]:
    return [(one.quantity, one.rate, one.amount) for one in charged.dues if one.because is because]


def peak_of(tariff: GridTariff, drawn: Iterable[Drawn]) -> tuple[Any, list[str]]:
    """(kW that is paid for, when its hours were)."""
    (one,) = grid.peaks(tariff, list(drawn))
    return one.quantity, [f"{top.begin_at.astimezone(STOCKHOLM):%d %H:%M}" for top in one.tops]


def test_winter_workdays_count_and_evenings_weekends_and_holidays_do_not() -> None:
    tariff = read(WINTER_WORKDAYS)
    drawn = [
        hour(1, 7, "40"),
        hour(1, 19, "44"),
        hour(1, 20, "99"),  # after the window
        hour(5, 12, "98"),  # a Saturday
        hour(24, 12, "97"),  # a holiday
        hour(2, 6, "96"),  # before the window
        hour(2, 8, "30"),
        hour(3, 8, "20"),
        hour(4, 8, "10"),
        hour(4, 9, "6"),
    ]
    assert peak_of(tariff, drawn) == (Decimal("28.8"), ["01 19:00", "01 07:00", "02 08:00", "03 08:00", "04 08:00"])
    charged = grid.charged(tariff, drawn, fuse_amps=80)
    # 06:00 to 22:00 of workdays is dear, a holiday and a Saturday are cheap all day.
    assert by(charged, Because.ENERGY) == [
        (Decimal(345), Decimal("0.52"), Decimal("179.40")),
        (Decimal(195), Decimal("0.11"), Decimal("21.45")),
    ]
    assert by(charged, Because.ENERGY_TAX) == [(Decimal(540), Decimal("0.36"), Decimal("194.40"))]
    assert by(charged, Because.MARKUP) == [(Decimal(540), Decimal("0.04"), Decimal("21.60"))]
    assert by(charged, Because.MONTH) == [(1, 410, 410)]
    assert by(charged, Because.AMPERES) == [(80, 2, 160)]
    assert by(charged, Because.PEAK) == [(Decimal("28.8"), 94, Decimal("2707.2"))]
    assert charged.before_vat == Decimal("3694.05") and charged.after_vat == Decimal("4617.5625")


def test_in_summer_a_winter_charge_is_none() -> None:
    assert grid.peaks(read(WINTER_WORKDAYS), [hour(1, 12, "50", month=7)]) == ()


def test_three_highest_hours_are_of_three_days() -> None:
    drawn = [hour(1, 17, "9"), hour(1, 18, "10"), hour(2, 3, "7"), hour(3, 12, "4"), hour(4, 12, "3")]
    assert peak_of(read(THREE_DAYS), drawn) == (Decimal(7), ["01 18:00", "02 03:00", "03 12:00"])


def test_a_month_that_has_begun_has_the_mean_of_the_days_that_it_has() -> None:
    assert peak_of(read(THREE_DAYS), [hour(1, 17, "8"), hour(2, 17, "4")])[0] == 6


def test_at_night_power_counts_by_half() -> None:
    drawn = [hour(1, 23, "10"), hour(1, 21, "6"), hour(2, 5, "9"), hour(3, 6, "4")]
    assert peak_of(read(NIGHT_BY_HALF), drawn) == ((6 + Decimal("4.5") + 4) / 3, ["01 21:00", "02 05:00", "03 06:00"])


def test_quarters_add_up_to_their_hour_and_hours_are_even_over_their_quarters() -> None:
    tariff = read(THREE_DAYS)
    quarters = [hour(1, 8, kwh, minutes=15) for kwh in ("1", "2", "3", "4")]
    quarters = [Drawn(one.begin_at + n * timedelta(minutes=15), one.length, one.into) for n, one in enumerate(quarters)]
    assert peak_of(tariff, quarters)[0] == 10
    by_quarter = json.decode(THREE_DAYS.replace('"top_n": 3', '"measured": "QUARTER"'), GridTariff)
    assert peak_of(by_quarter, quarters) == (16, ["01 08:45"])
    assert peak_of(by_quarter, [hour(1, 8, "10")]) == (10, ["01 08:00"])


def test_each_month_is_charged_by_itself() -> None:
    charged = grid.charged(read(THREE_DAYS), [hour(30, 12, "8", month=11), hour(1, 12, "2")], fuse_amps=20)
    fuses = [(one.month, one.name, one.amount) for one in charged.dues if one.because is Because.FUSE]
    assert fuses == [(date(2026, 11, 1), "25 A", Decimal(245)), (date(2026, 12, 1), "25 A", Decimal(245))]
    assert by(charged, Because.PEAK) == [(8, 45, 360), (2, 45, 90)]


def test_the_market_is_paid_by_the_step_and_what_goes_out_earns_its_share() -> None:
    begin = datetime(2026, 12, 1, 11, tzinfo=UTC)
    steps = tuple(
        MarketStep(begin + n * timedelta(minutes=15), timedelta(minutes=15), Decimal(price))
        for n, price in enumerate(("1", "2", "3", "-2"))
    )
    spot = Series(zone="SE3", currency="SEK", steps=steps)
    charged = grid.charged(read(WINTER_WORKDAYS), [hour(1, 12, "10", out="4")], spot=spot)
    assert by(charged, Because.SPOT) == [(10, 1, 10)]
    assert by(charged, Because.FEED_IN) == [(4, Decimal("-0.07"), Decimal("-0.28"))]
    assert by(charged, Because.FEED_IN_SPOT) == [(4, -1, -4)]


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_on_the_days_on_which_clocks_change_a_window_is_what_the_clock_shows(day: date, hours: int) -> None:
    """From two to three there are none in spring and eight quarters in autumn."""
    text = THREE_DAYS.replace(
        '{"per_kwh": "0.25"}', '{"per_kwh": 1, "windows": [{"begins": "02:00", "ends": "03:00"}]}'
    )
    begin = datetime(day.year, day.month, day.day, tzinfo=STOCKHOLM).astimezone(UTC)
    drawn = [Drawn(begin + n * timedelta(minutes=15), timedelta(minutes=15), Decimal(1)) for n in range(hours * 4)]
    charged = grid.charged(read(text), drawn)
    assert sum(quantity for quantity, _, _ in by(charged, Because.ENERGY)) == {23: 0, 25: 8}[hours]
    assert len(grid.measured(read(text).peaks[0], drawn, grid.Calendar(read(text)))) == hours


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"time_zone": "Europe/Nowhere"}, "time_zone"),
        ({"currency": "KRO"}, "currency"),
        ({"vat": 250}, "vat"),
        ({"vat": "NaN"}, "vat: a number"),
        ({"peaks": [{"name": "x", "per_kw": "1e99"}]}, r"peaks\[0\].per_kw: a number"),
        ({"energy": [{"name": "x", "rates": []}]}, r"energy\[0\]"),
        ({"peaks": [{"name": "x", "per_kw": -1}]}, r"peaks\[0\].per_kw"),
        ({"peaks": [{"name": "x", "per_kw": 1, "windows": [{"begins": "08:00", "ends": "08:00"}]}]}, "never holds"),
        ({"peaks": [{"name": "x", "per_kw": 1, "weights": [{"factor": 50}]}]}, r"weights\[0\].factor"),
        ({"fuse_fees": [{"amps_max": 25, "per_month": 1}, {"amps_max": 16, "per_month": 1}]}, "fuse_fees"),
    ],
)
def test_what_no_company_can_mean_is_refused_by_its_field(change: dict[str, object], says: str) -> None:
    words = json.decode(THREE_DAYS, dict[str, object]) | change
    with pytest.raises(UnfitTariff, match=says):
        meant(json.decode(json.encode(words), GridTariff))


@pytest.mark.parametrize("change", [{"peek": []}, {"peaks": [{"name": "x", "per_kw": 1, "top_n": 0}]}])
def test_a_slip_in_a_word_is_not_read_over(change: dict[str, object]) -> None:
    with pytest.raises(Unreadable):
        json.decode(json.encode(json.decode(THREE_DAYS, dict[str, object]) | change), GridTariff)


kwh = st.decimals(min_value=0, max_value=500, places=3)
months = st.lists(st.tuples(st.integers(0, 24 * 60), kwh, kwh), min_size=1, max_size=60, unique_by=lambda one: one[0])


@given(told=months, text=st.sampled_from((WINTER_WORKDAYS, THREE_DAYS, NIGHT_BY_HALF)))
def test_what_is_charged_is_the_sum_of_its_reasons(told: list[tuple[int, Decimal, Decimal]], text: str) -> None:
    """And each reason is its quantity times its rate; all that came in is in each part that is always due."""
    begin = datetime(2026, 11, 15, tzinfo=UTC)
    drawn = [Drawn(begin + n * HOUR, HOUR, into, out) for n, into, out in told]
    charged = grid.charged(read(text), drawn, fuse_amps=16)
    assert charged.before_vat == sum(one.amount for one in charged.dues)
    assert all(one.amount == one.quantity * one.rate for one in charged.dues)
    into = sum(one.into for one in drawn)
    assert sum(quantity for quantity, _, _ in by(charged, Because.ENERGY)) == into


@given(told=months, more=kwh, at=st.integers(0, 59))
def test_drawing_more_never_makes_a_peak_lower(
    told: list[tuple[int, Decimal, Decimal]], more: Decimal, at: int
) -> None:
    """Of as many hours: one more low hour of another day lowers the mean of a month that has just begun."""
    begin = datetime(2026, 12, 1, tzinfo=UTC)
    drawn = [Drawn(begin + n * HOUR, HOUR, into) for n, into, _ in told]
    chosen = drawn[at % len(drawn)]
    higher = [Drawn(one.begin_at, HOUR, one.into + more) if one is chosen else one for one in drawn]
    for text in (THREE_DAYS, NIGHT_BY_HALF):
        before, after = (sum(one.amount for one in grid.peaks(read(text), each)) for each in (drawn, higher))
        assert after >= before


@pytest.mark.parametrize(
    ("text", "language", "says"),
    [
        (
            WINTER_WORKDAYS,
            "en",
            "Winter power: 94 SEK per kW of the mean of your five highest hours of the month, "
            "Monday to Friday 07:00–20:00 in November to March.",
        ),
        (THREE_DAYS, "sv", "Power: 45 SEK per kW av medelvärdet av månadens tre högsta timmar, på olika dagar."),
        (NIGHT_BY_HALF, "en", "What you draw 22:00–06:00 counts by half there."),
        (
            WINTER_WORKDAYS,
            "sv",
            "Transfer: 0,52 SEK/kWh måndag–fredag 06:00–22:00 i november–mars, annars 0,11 SEK/kWh.",
        ),
    ],
)
def test_a_grid_tariff_is_said_in_plain_words(text: str, language: str, says: str) -> None:
    assert says in explained(read(text), language)


HOWTO = Path(__file__).parents[2] / "docs" / "howto" / "write-a-grid-tariff.md"


def test_what_the_how_to_writes_is_what_it_says() -> None:
    """Each of its examples, by the sentence that stands for its peak; and its tables name every field there is."""
    text = HOWTO.read_text()
    examples = [read(one) for one in re.findall(r"```json\n(.*?)```", text, re.S)]
    said = [next(one for one in explained(each) if "per kW" in one) for each in examples]
    assert said == [
        "Power: 45 SEK per kW of the mean of your three highest hours of the month, of different days.",
        "Winter power: 94 SEK per kW of the mean of your five highest hours of the month, "
        "Monday to Friday 07:00–20:00 in November to March.",
        "Power: 81.25 SEK per kW of the mean of your three highest hours of the month, of different days.",
    ]
    fields = {*GridTariff.__struct_fields__, *PeakCharge.__struct_fields__, *Window.__struct_fields__}
    assert {name for name in fields if f"`{name}`" not in text and f'"{name}"' not in text} == set()


def test_the_sources_that_the_how_to_names_are_those_that_can_be_asked() -> None:
    text = HOWTO.with_name("get-energy-prices.md").read_text()
    assert set(re.findall(r"^\| `([\w-]+)`", text, re.M)) - {"feed"} == {
        one.name for one in FEEDS.values() if one.address is not None
    }
