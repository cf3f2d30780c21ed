"""Where only the hour is measured, its quarters have as much as each other, for no more money."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from laddnav.scheduling.at_once import charged_at_once
from laddnav.scheduling.evened import evened
from laddnav.scheduling.repair import planned
from laddnav.scheduling.site import Peak, Site, Wish
from laddnav.scheduling.table import laid_out
from tests.scheduling.sites import any_sites, car, keeps_every_limit, site

HOURS = ((0, 1, 2, 3), (4, 5, 6, 7))
PEAK = Peak(per_kw=50, hours=HOURS, days=(0, 1))
FLAT = (1.0, 1, 1, 1, 2, 2, 2, 2)


def test_an_hour_that_is_measured_has_the_same_in_each_of_its_quarters() -> None:
    """16 kWh in two hours that are measured: 8 kW all the while, though any quarter could have had 22."""
    plan = planned(site(car(energy=16.0), prices=FLAT, peaks=(PEAK,)))
    assert plan.power[0] == pytest.approx([8.0] * 8, abs=0.02)


def test_a_quarter_that_is_cheaper_keeps_what_it_has() -> None:
    plan = planned(site(car(energy=3.0), prices=(1, 1, 3, 3, 9, 9, 9, 9), peaks=(replace(PEAK, per_kw=0.01),)))
    assert plan.power[0] == pytest.approx([6, 6, 0, 0, 0, 0, 0, 0], abs=0.02)


def test_what_the_sun_gives_in_one_quarter_is_drawn_in_that_quarter() -> None:
    """To draw it evenly would buy three quarters of it and give the sun away."""
    sun = np.array([22.08, 0, 0, 0, 0, 0, 0, 0])
    sunny = site(car(energy=5.52), prices=FLAT, peaks=(PEAK,), solar=sun, feed_in=np.zeros(8))
    assert planned(sunny).power[0] == pytest.approx(sun, abs=0.02)


def test_a_car_that_would_draw_less_than_it_begins_at_keeps_its_quarters() -> None:
    """2 kWh in an hour are 2 kW, and a car on three phases begins at 4.14."""
    plan = planned(site(car(energy=2.0), prices=FLAT, peaks=(PEAK,)))
    drawing = plan.power[0][plan.power[0] > 0.01]
    assert plan.power.sum() / 4 == pytest.approx(2, abs=0.01) and drawing.max() >= 4.13


def test_who_is_in_a_hurry_is_not_slowed_down_and_no_limit_is_broken() -> None:
    hurried = site(car(energy=8.0, wish=Wish.NOW), prices=FLAT, peaks=(replace(PEAK, per_kw=0.01),))
    assert planned(hurried).power[0, 0] == pytest.approx(22.08, abs=0.01)
    # The building leaves the second quarter little: what is even would not fit it.
    load = np.zeros((3, 8))
    load[:, 1] = 8.0
    crowded = site(car(energy=8.0), prices=FLAT, peaks=(replace(PEAK, per_kw=0.01),), load=load)
    keeps_every_limit(crowded, planned(crowded))


@given(any_sites(), st.integers(1, 4), st.booleans())
@settings(max_examples=80, deadline=None)
def test_to_even_a_plan_costs_no_more_and_gives_every_car_as_much(some: Site, length: int, flat: bool) -> None:
    """And the highest quarter of a measured hour of no car becomes higher."""
    hours = tuple(tuple(range(at, min(at + length, some.steps.count))) for at in range(0, some.steps.count, length))
    peak = Peak(per_kw=40, hours=hours, days=tuple(range(len(hours))))
    some = replace(some, peaks=(peak,), prices=np.ones(some.steps.count) if flat else some.prices)
    table = laid_out(some)
    plan = charged_at_once(some, table)
    even = evened(some, table, plan)
    assert even.cost <= plan.cost + 1e-4
    assert even.power.sum(axis=1) == pytest.approx(plan.power.sum(axis=1), abs=1e-6)
    assert even.grid == pytest.approx(table.net + even.power.sum(axis=0))
    keeps_every_limit(some, even)
    for hour in hours:
        assert (even.power[:, hour].max(axis=1) <= plan.power[:, hour].max(axis=1) + 1e-6).all()
