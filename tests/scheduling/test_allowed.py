"""What others allow a site, or its cars, is kept in every step of a plan, and what cannot be given then is missed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from laddnav.scheduling.at_once import at_once
from laddnav.scheduling.optimum import optimum
from laddnav.scheduling.repair import planned
from laddnav.scheduling.rule import ruled
from laddnav.scheduling.site import Battery, Floats, Plan, Site, Wish
from tests.scheduling.sites import car, keeps_every_limit, plain_sites, site

Planner = Callable[[Site], Plan]
PLANNERS: tuple[Planner, ...] = (optimum, planned, ruled, at_once)


@pytest.mark.parametrize("planner", PLANNERS)
def test_a_limit_of_the_grid_leaves_cars_what_the_building_does_not_draw_and_what_the_roof_gives(
    planner: Planner,
) -> None:
    """11 kW less 3 of the building and with 2 of the roof are 10 for the car; without a limit it has 22."""
    held = np.array([11.0, 11.0, np.nan, np.nan, 11.0, 11.0, 11.0, 11.0])
    limited = site(
        car(energy=99.0),
        prices=(1,) * 8,
        load=np.full((3, 8), 1.0),
        solar=np.full(8, 2.0),
        feed_in=np.zeros(8),
        import_max=held,
    )
    plan = planner(limited)
    assert plan.power[0] == pytest.approx([10, 10, 22.08, 22.08, 10, 10, 10, 10], abs=0.01)
    assert plan.grid == pytest.approx(plan.power[0] + 1)


@pytest.mark.parametrize("planner", PLANNERS)
def test_a_limit_of_the_cars_is_for_all_of_them_and_for_nothing_else(planner: Planner) -> None:
    two = site(
        *(car(name, energy=99.0) for name in "ab"),
        amps=63.0,
        prices=(1,) * 8,
        load=np.full((3, 8), 4.0),
        cars_max=np.full(8, 9.0),
    )
    assert planner(two).power.sum(axis=0) == pytest.approx([9] * 8, abs=0.01)


def test_where_a_limit_leaves_less_than_a_car_begins_at_it_rests_and_says_what_it_misses() -> None:
    """4.2 kW are 6 A on three phases and a little; 4.1 are not."""
    for kw, given_to in ((4.2, 8.4), (4.1, 0.0)):
        plan = planned(site(car(energy=20.0), cars_max=np.full(8, kw)))
        assert plan.power.sum() / 4 == pytest.approx(given_to, abs=0.02)
        assert plan.unmet[0] == pytest.approx(20 - given_to, abs=0.02)


def test_a_building_that_alone_draws_more_than_is_allowed_leaves_nothing_and_is_noted() -> None:
    plan = planned(site(car(), load=np.full((3, 8), 2.0), import_max=np.full(8, 5.0)))
    assert not plan.power.any() and any("more than others allow" in note.text for note in plan.notes)


def test_a_battery_makes_room_within_a_limit_of_the_grid_and_none_within_one_of_the_cars() -> None:
    battery = Battery(capacity=20, stored=20, charge_max=5, discharge_max=5, efficiency=1.0)
    wants = site(car(energy=7.5), prices=(1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5), battery=battery)
    short = replace(wants, cars=(replace(wants.cars[0], until_at=wants.steps.start_at + wants.steps.length * 4),))
    of_grid = planned(replace(short, import_max=np.full(8, 5.0)))
    assert of_grid.unmet[0] == pytest.approx(0, abs=0.02) and of_grid.grid.max() <= 5.01
    assert planned(replace(short, cars_max=np.full(8, 5.0))).unmet[0] == pytest.approx(2.5, abs=0.02)


@given(plain_sites(), st.booleans(), st.lists(st.floats(0, 30), min_size=10, max_size=10), st.floats(0, 30))
@settings(max_examples=40, deadline=None)
def test_a_tighter_limit_never_gives_more_and_never_costs_less(
    plain: Site, of_cars: bool, kw: list[float], less: float
) -> None:
    count = plain.steps.count
    cheap = replace(plain, cars=tuple(replace(one, wish=Wish.CHEAP, weight=1.0, ceilings=()) for one in plain.cars))

    def limited(most: Floats) -> Site:
        return replace(cheap, **{"cars_max" if of_cars else "import_max": most})

    wide, tight = limited(np.array(kw)[:count]), limited(np.maximum(np.array(kw)[:count] - less, 0))
    before, after = optimum(wide), optimum(tight)
    keeps_every_limit(tight, planned(tight))
    assert after.unmet.sum() * (1 + 4 * 0.05) + 0.01 >= before.unmet.sum()
    if after.unmet.sum() < 1e-3:
        assert after.cost >= before.cost - 2e-3 * (1 + 50 * float(np.abs(cheap.prices).max(initial=0.0)))


@pytest.mark.parametrize("planner", (optimum, planned))
def test_of_what_may_go_out_cars_and_battery_give_no_more_and_the_roof_what_it_must(planner: Planner) -> None:
    """A dear hour after a cheap one: out goes what is allowed, where the roof does not give more by itself."""
    battery = Battery(capacity=20.0, stored=10.0, charge_max=12.0, discharge_max=12.0)
    cheap_then_dear = site(
        car(energy=4.0, discharge_amps_max=16.0),
        prices=(1,) * 4 + (9,) * 4,
        feed_in=np.array([1.0] * 4 + [8.0] * 4),
        solar=np.array([0.0] * 7 + [6.0]),
        battery=battery,
        export_max=np.array([np.inf] * 5 + [3.0] * 3),
    )
    plan = planner(cheap_then_dear)
    assert plan.grid[4] < -11 and plan.grid[5:].min() >= -6.01
    assert plan.grid[5:] == pytest.approx([-3, -3, -6], abs=0.05)
    assert ["alone gives" in one.text for one in plan.notes].count(True) == 1
