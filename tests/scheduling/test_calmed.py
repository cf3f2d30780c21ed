"""In quarters that cost the same a car draws in one stretch, for no more money."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from laddnav.scheduling.calmed import calmed
from laddnav.scheduling.cost import cost
from laddnav.scheduling.rule import ruled
from laddnav.scheduling.site import Floats, Peak, Plan, Site, Wish
from laddnav.scheduling.table import laid_out
from tests.scheduling.sites import BEGIN, QUARTER, car, keeps_every_limit, site

FLAT = (1.0,) * 8


def begins(power: Floats) -> int:
    on = np.hstack([np.zeros((len(power), 1), dtype=bool), power > 0])
    return int((on[:, 1:] & ~on[:, :-1]).sum())


def drawing(one: Site, *rows: Sequence[float]) -> Plan:
    """(car, step) kW as given, and nothing missed."""
    power, table = np.array(rows, dtype=float), laid_out(one)
    grid = table.net + power.sum(axis=0)
    return Plan(power=power, grid=grid, battery=np.zeros(8), unmet=np.zeros(len(rows)), cost=cost(one, table, grid))


def calm(one: Site, *rows: Sequence[float]) -> list[list[float]]:
    found: list[list[float]] = calmed(one, laid_out(one), drawing(one, *rows)).power.round(3).tolist()
    return found


def test_lone_quarters_are_moved_up_to_what_is_drawn_before_or_after() -> None:
    assert calm(site(car(), prices=FLAT), [9, 0, 9, 0, 0, 9, 9, 0]) == [[0, 0, 0, 9, 9, 9, 9, 0]]
    assert calm(site(car(), prices=FLAT), [9, 0, 9, 9, 9, 9, 9, 9]) == [[0, 9, 9, 9, 9, 9, 9, 9]]


def test_a_quarter_goes_where_it_costs_the_same_and_nowhere_else() -> None:
    prices = (1, 1, 2, 2, 1, 1, 2, 2)
    assert calm(site(car(), prices=prices), [9, 0, 0, 0, 9, 0, 0, 0]) == [[0, 0, 0, 0, 9, 9, 0, 0]]
    assert calm(site(car(), prices=prices), [9, 0, 9, 0, 0, 0, 0, 0]) == [[0, 9, 9, 0, 0, 0, 0, 0]]
    apart = [9, 9, 0, 0, 9, 9, 0, 0]
    assert calm(site(car(), prices=prices), apart) == [apart]
    greener = site(car(wish=Wish.GREEN), prices=FLAT, carbon=np.arange(8.0))
    assert calm(greener, [9, 0, 9, 0, 0, 0, 0, 0]) == [[9, 0, 9, 0, 0, 0, 0, 0]]


def test_nobody_moves_into_a_quarter_that_others_fill_or_a_month_pays_for() -> None:
    """13.8 kW are 20 A."""
    two = site(car("a"), car("b"), amps=20, prices=FLAT)
    rows = [9, 0, 9, 0, 0, 0, 0, 0], [0, 9, 0, 9, 9, 9, 9, 9]
    assert calm(two, *rows) == [*map(list, rows)]
    measured = Peak(per_kw=1, hours=((0, 1, 2, 3), (4, 5, 6, 7)), days=(0, 1))
    assert calm(site(car(), prices=FLAT, peaks=(measured,)), [0, 0, 0, 9, 0, 9, 0, 0]) == [[0, 0, 0, 9, 9, 0, 0, 0]]


def test_who_is_to_be_early_or_gives_back_stays_as_it_is() -> None:
    apart = [9, 0, 9, 0, 0, 0, 0, 0]
    assert calm(site(car(wish=Wish.NOW), prices=FLAT), apart) == [apart]
    gives = [9, 0, 9, 0, -5, 0, 0, 0]
    assert calm(site(car(discharge_amps_max=16.0), prices=FLAT), gives) == [gives]


def test_a_last_quarter_that_is_over_before_its_end_stays_the_last() -> None:
    """A car on three phases begins at 4.14 kW; what is less is a part of the quarter."""
    assert calm(site(car(), prices=FLAT), [9, 0, 9, 0, 0, 2, 0, 0]) == [[0, 0, 0, 9, 9, 2, 0, 0]]


def test_a_quarter_that_a_car_leaves_in_holds_less_than_a_whole_one() -> None:
    there = car(until_at=site().steps.start_at + site().steps.length * 7.5)
    some = site(there, prices=FLAT)
    plan = drawing(some, [0, 0, 0, 0, 0, 9, 0, 4.5])
    found = calmed(some, laid_out(some), plan)
    assert found.power.sum() == pytest.approx(plan.power.sum()) and found.power[0, 7] == pytest.approx(4.5)


@st.composite
def crowds(draw: st.DrawFn) -> Site:
    """A few cars for three hours behind a fuse that is too small for all of them at once."""
    there = [
        replace(
            car(f"car {number}", amps_max=draw(st.sampled_from([10.0, 16.0])), energy=draw(st.floats(2, 12))),
            phases=draw(st.sampled_from([(0, 1, 2), (0, 1, 2), (1,)])),
            since_at=BEGIN + QUARTER * draw(st.sampled_from([0, 0, 1.5, 3])),
            until_at=BEGIN + QUARTER * draw(st.sampled_from([8, 9.5, 12])),
        )
        for number in range(draw(st.integers(1, 4)))
    ]
    return site(
        *there,
        amps=draw(st.sampled_from([16.0, 24.0, 40.0])),
        prices=tuple(draw(st.lists(st.integers(1, 2), min_size=12, max_size=12))),
        solar=np.array(draw(st.sampled_from([[], [9.0] * 5, [0, 0, 0, 9, 9, 0, 0, 9]]))),
        feed_in=np.full(12, 0.5),
        unbalance_max=draw(st.sampled_from([None, 16.0])),
        import_max=np.array(draw(st.sampled_from([[], [8.0] * 6]))),
        peaks=draw(st.sampled_from([(), (Peak(per_kw=9, hours=((0, 1, 2, 3), (4, 5, 6, 7)), days=(0, 1)),)])),
    )


@given(crowds(), st.permutations(range(12)))
@settings(max_examples=60, deadline=None)
def test_to_calm_a_plan_costs_no_more_breaks_no_limit_and_gives_every_car_as_much(some: Site, order: list[int]) -> None:
    """A plan by the rule goes from cheap quarter to cheap quarter, here in any order among those that cost the same."""
    scattered = ruled(replace(some, prices=some.prices + np.array(order) / 1000))
    before = replace(scattered, cost=cost(some, laid_out(some), scattered.grid))
    after = calmed(some, laid_out(some), before)
    assert after.cost <= before.cost + 1e-5 and begins(after.power) <= begins(before.power)
    assert after.power.sum(axis=1) == pytest.approx(before.power.sum(axis=1), abs=1e-6)
    keeps_every_limit(some, after)
