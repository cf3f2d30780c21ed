"""Room is kept for cars that will come, and where a day is too short nothing is left lying for the sake of a price."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from laddnav.scheduling.expected import planned_with_room
from laddnav.scheduling.repair import planned
from tests.scheduling.sites import BEGIN, car, keeps_every_limit, site

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
