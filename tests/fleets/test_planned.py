"""What the plan of a site means for one vehicle: stretches of power, and what comes after the plan is open."""

from __future__ import annotations

from datetime import timedelta

from laddnav.fleets.model import Cause, Light
from laddnav.fleets.readiness import readiness
from laddnav.fleets.stands import AFTER_PLAN, blocks, home_at
from laddnav.kit.power import kw
from laddnav.scheduling.site import Wish
from laddnav.sites.model.plan import PlannedCar, SitePlan
from tests.fleets.vans import HOUR, NOW, SIX, block, plugged, standing, trip

QUARTER = timedelta(minutes=15)


def plan(*power: float) -> SitePlan:
    car = PlannedCar(
        session_id="S1",
        session_ref="S1",
        station_id="ST1",
        evse_no=1,
        since_at=NOW,
        departs_at=SIX,
        energy=10.0,
        said=True,
        wish=Wish.CHEAP,
        amps_max=16.0,
        power=power,
        unmet=0.0,
    )
    return SitePlan(
        number=1,
        made_at=NOW,
        why="a test",
        start_at=NOW,
        step_minutes=15,
        prices=(1.0,) * len(power),
        cars=(car,),
        cost=0.0,
        currency="SEK",
    )


def test_steps_of_the_same_power_are_one_stretch_and_what_comes_after_the_plan_is_all_that_it_takes() -> None:
    assert blocks(plan(0.0, 7.4, 7.4, 0.0, 3.7), "S1", kw(11)) == (
        block(NOW + QUARTER, 2 * QUARTER, kw("7.4")),
        block(NOW + 4 * QUARTER, QUARTER, kw("3.7")),
        block(NOW + 5 * QUARTER, AFTER_PLAN, kw(11)),
    )


def test_a_plan_that_does_not_know_the_car_yet_says_nothing() -> None:
    assert blocks(plan(1.0), "S2", kw(11)) is None


def test_a_plan_to_the_departure_that_gives_half_leaves_it_at_risk_for_other_cars() -> None:
    steps = int((SIX - NOW) / QUARTER)
    half = plugged(planned=blocks(plan(*([10.0] * 6 + [0.0] * (steps - 6))), "S1", kw(10)))
    looks = readiness(trip(), standing(plugged=half), NOW)
    assert (looks.light, looks.cause) == (Light.AT_RISK, Cause.OTHER_CARS)
    whole = plugged(planned=blocks(plan(*([0.0] * (steps - 20) + [10.0] * 20)), "S1", kw(10)))
    looks = readiness(trip(), standing(plugged=whole), NOW)
    assert looks.light is Light.WILL_BE_READY
    assert looks.ready_at is not None
    assert looks.ready_at > SIX - 5 * HOUR


def test_who_was_away_is_home_when_its_trip_was_to_end() -> None:
    out = trip(departs_at=NOW - 2 * HOUR, back_at=NOW + HOUR)
    assert home_at([out], None, NOW) == NOW + HOUR
    assert home_at([out], NOW - HOUR, NOW) is None  # plugged in before: it did not leave, or came back early
    assert home_at([out], NOW + 2 * HOUR, NOW + 3 * HOUR) == NOW + HOUR
    assert home_at([], None, NOW) is None
