"""Room is kept for cars that will come, and where a day is too short nothing is left lying for the sake of a price."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from laddnav.scheduling.expected import planned_with_room, with_room_to_spare
from laddnav.scheduling.repair import planned
from laddnav.scheduling.site import Car, Plan, Site, Wish
from tests.scheduling.sites import BEGIN, any_sites, car, cars, keeps_every_limit, site

CHEAP_LATER = (3, 3, 3, 3, 1, 1, 1, 1)
LATE = car("late", since_at=BEGIN + timedelta(hours=1), energy=27.6)  # all that 40 A give in an hour


def test_who_is_there_leaves_the_cheap_hour_to_who_can_have_no_other() -> None:
    now = site(car(energy=11.0), prices=CHEAP_LATER)
    assert planned(now).power[0, :4].sum() == 0
    plan = planned_with_room(now, [replace(LATE, energy=22.0)])
    assert plan.power.shape == (1, 8)
    assert plan.power[0, :4].sum() / 4 == pytest.approx(11.0 + 22.0 - 27.6, abs=0.1)
    assert plan.unmet == pytest.approx([0], abs=0.01)
    keeps_every_limit(now, plan)


def test_on_a_day_that_will_be_too_short_nobody_waits_for_a_price() -> None:
    now = site(car("a", energy=20.0), car("b", energy=20.0), prices=CHEAP_LATER)
    plan = planned_with_room(now, [replace(LATE, energy=40.0, amps_max=40.0)])
    assert plan.power[:, :4].sum() / 4 == pytest.approx(27.6, abs=0.05)
    keeps_every_limit(now, plan)


def test_what_no_site_could_give_a_car_makes_no_day_short() -> None:
    now = site(car("a", energy=5.0), car("b", energy=500.0, amps_max=6.0), prices=CHEAP_LATER)
    plan = planned_with_room(now, [])
    assert plan.power[0, :4].sum() == 0 and plan.unmet[1] > 400


def test_nobody_expected_is_the_plan_of_those_who_are_there() -> None:
    now = site(car(energy=11.0), prices=CHEAP_LATER)
    assert (planned_with_room(now, []).power == planned(now).power).all()


# Where what is there is only guessed: room to spare ------------------------------------------------------------------


def test_room_to_spare_is_the_same_room_and_says_what_it_costs() -> None:
    now = site(car(energy=11.0), prices=CHEAP_LATER)
    kept = with_room_to_spare(now, [replace(LATE, energy=22.0)])
    assert kept.plan.power[0, :4].sum() / 4 == pytest.approx(11.0 + 22.0 - 27.6, abs=0.1)
    assert kept.room.sum() / 4 == pytest.approx(22.0, abs=0.1)
    assert kept.dearer == pytest.approx((11.0 + 22.0 - 27.6) * 2, abs=0.2)  # 3 instead of 1 for each of these kWh
    assert kept.plan.bound is not None and kept.plan.bound <= kept.plan.cost and not kept.gave_way
    keeps_every_limit(now, kept.plan)


def test_on_a_day_that_is_too_short_who_is_there_misses_nothing_for_a_guess() -> None:
    """Who leaves first has the dear hour, and the other all of the cheap one, whatever is expected then."""
    now = site(
        car("a", energy=20.0, until_at=BEGIN + timedelta(hours=1)),
        car("b", energy=30.0, amps_max=40.0),
        prices=CHEAP_LATER,
    )
    kept = with_room_to_spare(now, [replace(LATE, id=f"late {one}", energy=27.6) for one in range(3)])
    assert kept.plan.unmet == pytest.approx(planned(now).unmet, abs=0.05)
    keeps_every_limit(now, kept.plan)


def test_for_who_does_not_wait_nothing_has_to_be_kept_and_nothing_is_solved_twice() -> None:
    asked = list[Site]()

    def planner(problem: Site) -> Plan:
        asked.append(problem)
        return planned(problem)

    kept = with_room_to_spare(site(car(energy=11.0, wish=Wish.NOW), prices=CHEAP_LATER), [LATE], planner)
    assert len(asked) == 1 and not kept.room.size and kept.dearer == 0 and not kept.gave_way


def test_a_plan_that_would_cost_somebody_there_his_energy_gives_way() -> None:
    """Whatever planned so: here one that gives all to whoever comes last."""

    def unkind(problem: Site) -> Plan:
        plan = planned(problem)
        if len(problem.cars) == 1:
            return plan
        return replace(plan, power=plan.power[::-1], unmet=plan.unmet + 1.0)

    now = site(car(energy=11.0), prices=CHEAP_LATER)
    kept = with_room_to_spare(now, [LATE], unkind)
    assert kept.gave_way and (kept.plan.power == planned(now).power).all() and not kept.room.size


def test_what_cars_give_back_counts_on_nobody_who_is_only_expected() -> None:
    """No ampere may go out: who gives back gives what others draw, and not what is only expected to be drawn."""
    lender = car("v", energy=0.0, discharge_amps_max=32.0, lends=10.0, until_at=BEGIN + timedelta(hours=4))
    now = site(lender, car("b", energy=1.0), prices=(9, 9, 9, 9, 1, 1, 1, 1), export_max=np.zeros(8))
    kept = with_room_to_spare(now, [car("late", energy=10.0, until_at=BEGIN + timedelta(hours=1))])
    assert (kept.plan.grid >= -1e-3).all()


@settings(max_examples=15, deadline=None)
@given(site=any_sites(), expected=st.lists(cars(1, 10, 9, gives=False), max_size=2))
def test_a_guess_costs_nobody_who_is_there(site: Site, expected: list[Car]) -> None:
    """Not a kWh, and who wants it now none of it later; and every limit holds without those who are only expected."""
    alone, kept = planned(site), with_room_to_spare(site, expected)
    assert (kept.plan.unmet <= alone.unmet + 0.051).all()
    now = [number for number, one in enumerate(site.cars) if one.wish is Wish.NOW]
    had = [one.power[now].sum(axis=0).cumsum() * site.steps.hours for one in (alone, kept.plan)]
    assert (had[1] >= had[0] - 0.051).all()
    assert (kept.room >= 0).all() and (not kept.gave_way or not kept.room.size)
    keeps_every_limit(site, kept.plan, begins=False)
