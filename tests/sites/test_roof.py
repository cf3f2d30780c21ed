"""What a roof is told: no more than is used there and may go out, and what it keeps to when nobody tells it more."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from laddnav.market.model import MarketStep, Series
from laddnav.sites import roof
from laddnav.sites.facts import Facts
from laddnav.sites.model.standing import RoofTold, RoofWhy
from laddnav.sites.model.told import Covers, OutsideLimit, Place
from laddnav.sites.picture import picture
from laddnav.sites.planning import solved, steps_of
from laddnav.sites.problem import Outlook, problem
from laddnav.sites.quarters import QUARTER
from laddnav.sites.roof import LASTS
from laddnav.sites.rules import UnsoundSite, accepted
from laddnav.sites.steering import steered
from tests.sites.garage import each, member, site
from tests.sites.moments import NOW, facts, measured

HOUR = timedelta(hours=1)
HOUSE = site(members=(member(),), solar_kwp=Decimal(10), solar_follows=True, amps=each(40), building=each(20))


def out(kw: float, begin_at: Any = NOW, end_at: Any = None) -> OutsideLimit:
    kind = Covers.EXPORT
    return OutsideLimit(
        id="1", by="DSO", kw=Decimal(str(kw)), covers=kind, begin_at=begin_at, end_at=end_at, told_at=NOW
    )


def shining(amps: float, grid: float, *limits: OutsideLimit, **more: Any) -> Facts:
    """What the roof gives and what comes in, A on each phase: 1 A is 0.69 kW."""
    meters = {Place.SOLAR: measured(Place.SOLAR, amps), Place.GRID: measured(Place.GRID, grid)}
    return facts(**{"site": HOUSE, "measurements": meters, "limits": limits} | more)


def told(now: Facts) -> tuple[float | None, RoofWhy, float | None]:
    found = steered(now).roof
    assert found is not None
    return found.kw, found.why, found.after_kw


@pytest.mark.parametrize(
    ("grid", "kw"),
    [
        (-6, 4.7),  # 10 A shine and 4 are used, 2.76 kW: with 2 that may go out
        (-2.8, 6.9),
        (4, None),  # 9.66 kW are used, so that it may give all of its 10
    ],
)
def test_it_gives_what_is_used_there_and_what_may_go_out(grid: float, kw: float | None) -> None:
    assert told(shining(10, grid, out(2))) == (kw, RoofWhy.FREE if kw is None else RoofWhy.LIMITED, 2)


def test_nobody_tells_it_what_nobody_limits_and_what_a_limit_will_let_out_is_kept_ready() -> None:
    assert steered(shining(10, -6)).roof == RoofTold(at=NOW)
    assert steered(shining(10, -6, site=site(solar_kwp=Decimal(10)))).roof is None
    soon = steered(shining(10, -6, out(1, NOW + HOUR))).roof
    assert soon == RoofTold(at=NOW, until_at=NOW + LASTS, after_kw=1)
    assert told(shining(10, -6, out(1, NOW + 2 * HOUR), out(3, NOW, NOW + HOUR)))[::2] == (5.7, 1)


def test_where_a_meter_is_silent_it_gives_no_more_than_may_go_out() -> None:
    now = shining(10, -6, out(2), measurements={Place.SOLAR: measured(Place.SOLAR, 10)})
    assert told(now) == (2, RoofWhy.UNKNOWN, 2)


def test_who_hears_nothing_any_more_keeps_to_what_may_go_out_whatever_is_used() -> None:
    said = RoofTold(at=NOW, kw=6.9, until_at=NOW + LASTS, after_kw=2, why=RoofWhy.LIMITED)
    assert roof.heard(said, NOW + LASTS - timedelta(seconds=1)) == said
    late = roof.heard(said, NOW + LASTS)
    assert (late.kw, late.until_at, late.why) == (2, None, RoofWhy.UNKNOWN)
    shown = picture(shining(10, -6, out(2), roof_told=said)).roof
    assert shown is not None and (shown.told_kw, shown.after_kw) == (Decimal("6.9"), Decimal(2))


def test_less_is_told_at_once_and_a_little_more_with_the_next_word_only() -> None:
    before = steered(shining(10, -6, out(2))).roof
    assert before is not None and before.kw == 4.7
    later = NOW + timedelta(seconds=10)

    def then(grid: float, at: Any = later) -> RoofTold | None:
        meters = {place: measured(place, amps, at) for place, amps in ((Place.SOLAR, 10), (Place.GRID, grid))}
        return steered(shining(10, grid, out(2), roof_told=before, at=at, measurements=meters)).roof

    assert then(-5.5) == before  # 0.4 kW more
    assert (less := then(-6.5)) is not None and less.kw == 4.4
    assert (more := then(-5)) is not None and more.kw == 5.4
    half = NOW + LASTS / 2 + timedelta(seconds=1)
    assert then(-5.5, half) == replace(before, until_at=half + LASTS)


# In the plan ---------------------------------------------------------------------------------------------------------


def test_the_plan_says_how_much_of_the_roof_may_be_fed_and_what_is_left_lying() -> None:
    sun = {NOW + QUARTER * n: 8.0 for n in range(4)}
    now = facts(site=HOUSE, limits=(out(3, NOW, NOW + 2 * QUARTER),))
    plan = solved(now, Outlook(foretold={Place.SOLAR: sun, Place.BUILDING: {}}, building={}), number=1, why="a test")
    used = plan.building[0]
    assert plan.roof_out[:3] == (3.0, 3.0, None) and plan.solar[:2] == (8.0, 8.0)
    assert plan.roof_down[:3] == pytest.approx((max(0.0, 5 - used),) * 2 + (0.0,))
    assert not any("alone gives" in str(one) for one in plan.notes)
    plain = solved(facts(limits=(out(0),)), Outlook(foretold={Place.SOLAR: sun}), number=1, why="a test")
    assert not plain.roof_out and not plain.roof_down


def test_where_going_out_costs_money_the_roof_is_told_what_is_used() -> None:
    earns = Series(zone="", currency="SEK", steps=(MarketStep(NOW, HOUR, Decimal("-0.3")),))
    now = shining(10, -6)
    plan = solved(now, Outlook(export_prices=earns), number=1, why="a test")
    assert plan.roof_out[0] == 0 and plan.roof_down[0] > 1
    assert told(replace(now, plan=plan)) == (2.7, RoofWhy.COSTS, None)
    silent = replace(now, plan=plan, measurements={})
    assert told(silent) == (None, RoofWhy.FREE, None)  # that it costs is no danger


def test_one_that_is_held_down_says_nothing_of_what_it_could_give() -> None:
    usual = {NOW - timedelta(days=1) + QUARTER * n: 6.9 for n in range(8)}
    said = RoofTold(at=NOW, kw=2.8, until_at=NOW + LASTS, after_kw=0, why=RoofWhy.LIMITED)

    def first(now: Facts) -> float:
        return float(problem(now, Outlook(solar=usual), steps_of(now)).site.solar[0])

    assert first(shining(4, 0, out(0), roof_told=said)) == 6.9
    # One that may give more than it does, or gives more than is usual, says what it can.
    assert first(shining(4, 0, out(0))) == pytest.approx(2.76)
    assert first(shining(1, 3, out(0), roof_told=said)) == pytest.approx(0.69)
    assert first(shining(12, 0, roof_told=said)) == pytest.approx(8.28)


def test_a_roof_that_follows_says_how_much_it_gives_at_most() -> None:
    with pytest.raises(UnsoundSite, match="solar_kwp"):
        accepted(site(solar_follows=True))
    assert accepted(HOUSE) == HOUSE
