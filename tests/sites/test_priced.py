"""What somebody outside says of a site's prices stands in place of the market's, for that time and no other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from laddnav.market.model import MarketStep, Series
from laddnav.sites.model.site import Site
from laddnav.sites.priced import ToldKind, ToldPrice, ahead, with_told
from tests.sites.garage import site

TEN = datetime(2026, 11, 23, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
UNTIL = TEN + 6 * HOUR
MARKET = Series(zone="SE3", currency="SEK", steps=tuple(MarketStep(TEN + n * HOUR, HOUR, Decimal(n)) for n in range(6)))
HERE: Site = site()


def told(value: object, begin: float, end: float | None = None, **more: Any) -> ToldPrice:
    ends = None if end is None else TEN + end * HOUR
    fields: dict[str, Any] = {"kind": ToldKind.PRICE, "begin_at": TEN + begin * HOUR, "end_at": ends}
    return ToldPrice(**fields | {"value": Decimal(str(value))} | more)


def merged(*some: ToldPrice, market: Series | None = MARKET, kind: ToldKind = ToldKind.PRICE) -> Series | None:
    return with_told(market, some, HERE, kind, TEN, UNTIL)


def seen(series: Series | None) -> list[tuple[float, float, float]]:
    """(hours after ten, hours, value)."""
    assert series is not None
    return [((one.begin_at - TEN) / HOUR, one.length / HOUR, float(one.value)) for one in series.steps]


def test_what_was_told_takes_the_place_of_the_market_and_leaves_what_lies_beside() -> None:
    assert seen(merged(told(9, 1.5, 3.25)))[:5] == [(0, 1, 0), (1, 0.5, 1), (1.5, 1.75, 9), (3.25, 0.75, 3), (4, 1, 4)]
    assert seen(merged(told(9, -3)))[-1] == (0, 6, 9)
    assert merged() is MARKET and merged(told(9, 7, 8)) is MARKET


def test_without_a_bidding_zone_it_is_all_that_is_known() -> None:
    alone = merged(told(9, 1, 2), market=None)
    assert alone is not None and (alone.currency, seen(alone)) == ("SEK", [(1, 1, 9)])


def test_money_of_another_currency_is_not_mixed_in() -> None:
    assert merged(told(9, 1, 2, currency="EUR")) is MARKET
    in_euros = Series(zone="SE3", currency="EUR", steps=MARKET.steps)
    assert seen(merged(told(9, 1, 2, currency="SEK"), market=in_euros)) == [(1, 1, 9)]


def test_carbon_and_what_goes_out_are_told_for_themselves() -> None:
    grams = told(40, 1, 2, kind=ToldKind.CARBON)
    assert merged(grams) is MARKET
    found = merged(grams, market=None, kind=ToldKind.CARBON)
    assert found is not None and (found.currency, seen(found)) == ("", [(1, 1, 40)])


def test_what_is_over_is_no_news() -> None:
    open_ended = told(1, 0)
    assert ahead([told(9, 0, 1), told(8, 0, 1.1), open_ended], TEN + HOUR) == {told(8, 0, 1.1), open_ended}


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(-8, 30), st.none() | st.integers(1, 16), st.integers(10, 99)), max_size=4))
def test_at_every_moment_the_first_who_told_counts_and_else_the_market(rows: list[tuple[int, int | None, int]]) -> None:
    some = [told(value, at / 4, None if long is None else (at + long) / 4) for at, long, value in rows]
    series = merged(*some)
    assert series is not None
    for quarter in range(24):
        at = TEN + quarter * HOUR / 4
        held = [one.value for one in some if one.begin_at <= at and (one.end_at is None or at < one.end_at)]
        (step,) = [one for one in series.steps if one.begin_at <= at < one.end_at]
        assert step.value == (held[0] if held else quarter // 4)
