"""A plan without a solver is as safe as one with, and says truly how far from the best it can be."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from laddnav.scheduling.optimum import optimum
from laddnav.scheduling.rule import ruled
from laddnav.scheduling.site import Battery, Plan, Site, Wish
from laddnav.sim.bench.parks import park
from tests.scheduling.sites import BEGIN, any_sites, car, keeps_every_limit, plain_sites, site


def kwh(site: Site, plan: Plan) -> float:
    return float(plan.power.sum()) * site.steps.hours


def test_a_car_alone_charges_in_its_cheapest_quarters_and_nothing_could_be_cheaper() -> None:
    alone = site(car(energy=6.0))
    plan = ruled(alone)
    assert np.flatnonzero(plan.power[0]).tolist() == [1, 3]
    assert plan.bound == pytest.approx(plan.cost)
    assert plan.cost == pytest.approx(optimum(alone).cost, rel=1e-3)


def test_who_could_wait_least_is_placed_first() -> None:
    hurried = car("hurried", until_at=BEGIN + timedelta(minutes=30), energy=5.0)
    plan = ruled(site(car("patient", energy=5.0), hurried, amps=32.0, prices=(1, 1, 2, 3)))
    assert plan.unmet == pytest.approx([0, 0], abs=1e-3)
    assert np.flatnonzero(plan.power[1]).tolist() == [0]
    assert np.flatnonzero(plan.power[0]).tolist() == [1]


def test_when_all_is_not_enough_each_is_given_less_at_a_time_where_that_gives_more() -> None:
    """One car alone on a phase, at all that there is, would keep the other two phases from a car on three."""
    cars = [car("one", phases=(0,), energy=20.0), car("three", energy=13.0)]
    plan = ruled(site(*cars, amps=32.0))
    assert plan.power.sum(axis=0).max() > 11


def test_the_sun_is_used_before_the_grid() -> None:
    sunny = site(car(energy=6.0), solar=np.array([0, 0, 0, 0, 30, 30, 0, 0.0]), feed_in=np.full(8, 0.5))
    assert set(np.flatnonzero(ruled(sunny).power[0]).tolist()) <= {4, 5}


def test_beside_a_battery_it_does_not_say_what_could_be_had() -> None:
    battery = Battery(capacity=9, stored=3, charge_max=4, discharge_max=5)
    assert ruled(site(car(), battery=battery)).bound is None


@given(any_sites())
@settings(max_examples=60, deadline=None)
def test_no_limit_is_broken_whatever_is_asked(site: Site) -> None:
    plan = ruled(site)
    keeps_every_limit(site, plan)
    assert np.isfinite(plan.cost) and (plan.unmet >= 0).all()
    assert plan.bound is None or plan.bound <= plan.cost + 1e-6 * (1 + abs(plan.cost))


@given(plain_sites())
@settings(max_examples=40, deadline=None)
def test_what_it_says_of_its_regret_is_no_less_than_the_truth(site: Site) -> None:
    cheap = replace(site, cars=tuple(replace(one, wish=Wish.CHEAP) for one in site.cars))
    plan, best = ruled(cheap), optimum(cheap)
    assert kwh(cheap, plan) <= kwh(cheap, best) + 0.01
    if best.unmet.sum() < 1e-3 and plan.unmet.sum() < 1e-3:
        assert plan.bound is not None
        assert plan.bound <= best.cost + 1e-3 * (1 + abs(best.cost))


@pytest.mark.parametrize(
    ("cars", "steps", "tight", "dearer", "given"),
    [(100, 96, 0.6, 1.05, 0.999), (100, 96, 0.3, 1.10, 0.999), (20, 48, 0.6, 1.30, 0.95)],
)
def test_measured_it_is_so_much_dearer_than_the_best_at_most(
    cars: int, steps: int, tight: float, dearer: float, given: float
) -> None:
    """By the kWh, and of all the energy that any plan could give."""
    for seed in range(2 if cars > 50 else 6):
        contested = park(cars, steps, seed, tight=tight)
        plan, best = ruled(contested), optimum(contested)
        assert kwh(contested, plan) >= given * kwh(contested, best)
        assert plan.cost / kwh(contested, plan) <= dearer * best.cost / kwh(contested, best)
