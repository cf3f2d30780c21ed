"""What of a site comes to stand in the problem that is planned: what others allow, and who takes of it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest
from msgspec.structs import replace

from laddnav.kit.energy import kwh
from laddnav.kit.power import kw
from laddnav.pricing.ahead.course import charging
from laddnav.pricing.tab import advanced, opened
from laddnav.scheduling.room import rows
from laddnav.scheduling.site import Car, Wish
from laddnav.sessions.model import Budget, ProfileType, Session
from laddnav.sites.model.told import Covers, OutsideLimit, Place
from laddnav.sites.moment import moment
from laddnav.sites.planning import situation, solved, steps_of
from laddnav.sites.problem import Outlook, problem
from laddnav.sites.quarters import QUARTER
from tests.sites.garage import each, site
from tests.sites.moments import NOW, charge, facts, measured
from tests.things import tariff

MINUTE = timedelta(minutes=1)


def limit(amount: float, **more: object) -> OutsideLimit:
    told = OutsideLimit(id="1", by="DSO", kw=Decimal(str(amount)), begin_at=NOW, told_at=NOW)
    return replace(told, **more)


def test_a_limit_that_holds_for_a_part_of_a_step_counts_for_the_whole_of_it() -> None:
    """From 18:20 to 18:40: the quarters of 18:15 and 18:30; and of two limits the lower one."""
    some = (
        limit(9, begin_at=NOW + 20 * MINUTE, end_at=NOW + 40 * MINUTE),
        limit(5, id="2", begin_at=NOW + 30 * MINUTE, end_at=NOW + 45 * MINUTE),
        limit(3, id="3", begin_at=NOW + 45 * MINUTE, end_at=NOW + 60 * MINUTE, covers=Covers.CARS),
    )
    now = facts(charge(), limits=some)
    planned = problem(now, Outlook(), steps_of(now)).site
    assert planned.import_max[:4].tolist() == [np.inf, 9, 5, np.inf]
    assert planned.cars_max[:4].tolist() == [np.inf, np.inf, np.inf, 3]
    made = solved(now, Outlook(), number=1, why="a test")
    assert made.limit[:4] == (27.6, 9, 5, 27.6)


def test_nobody_limits_what_nobody_says() -> None:
    now = facts(charge())
    planned = problem(now, Outlook(), steps_of(now)).site
    assert not planned.import_max.size and not planned.cars_max.size


def test_who_cannot_be_told_takes_its_fallback_of_what_others_allow() -> None:
    """6 A on three phases are 4.14 kW."""
    now = facts(charge(), limits=(limit(9, covers=Covers.CARS),), online=frozenset({"G1", "G2"}))
    planned = problem(now, Outlook(), steps_of(now)).site
    assert planned.cars_max[0] == pytest.approx(9 - 4.14)


def test_a_plan_promises_no_more_than_a_limit_leaves() -> None:
    """Two hours at 5 kW are 10 of 20 kWh; the plan says what will be missed, so whoever reads it can be warned."""
    leaves = {"departs_at": NOW + 2 * QUARTER * 4, "energy": charge(energy=20).energy}
    now = facts(charge(wants=leaves), site=site(building=each(0)))
    free = solved(now, Outlook(), number=1, why="a test")
    held = solved(replace(now, limits=(limit(5),)), Outlook(), number=2, why="a test")
    assert free.cars[0].unmet == 0 and held.cars[0].unmet == pytest.approx(10, abs=0.05)
    assert max(held.grid) <= 5.001 and any("will miss 10.0 kWh" in str(note) for note in held.notes)


def test_a_limit_that_comes_changes_or_goes_is_another_situation() -> None:
    now = facts(charge())
    some = (now, *(replace(now, limits=(one,)) for one in (limit(5), limit(6), limit(5, end_at=NOW + MINUTE))))
    assert len({situation(one) for one in some}) == 4


def test_the_sun_makes_room_within_a_limit_in_kw_and_none_at_a_fuse() -> None:
    """2.3 kW come in and the roof gives 6.9: the building draws 9.2, and under 5 kW the cars have 2.7."""
    sunny = {Place.GRID: measured(Place.GRID, 10 / 3), Place.SOLAR: measured(Place.SOLAR, 10)}
    now = moment(facts(measurements=sunny, limits=(limit(5),)))
    table = rows(now, np.zeros(3))
    assert table.others.tolist() == pytest.approx([5 - 2.3], abs=1e-6)
    assert table.fuses[:3].tolist() == pytest.approx([40 - 40 / 3] * 3)


def test_a_car_is_planned_for_no_more_than_its_drivers_budget_pays_for() -> None:
    """2.50 SEK a kWh and 5 a charge, 25 % on both: 37.50 SEK pay for 10 kWh, and for 6 once 4 are in the car."""
    amount = Budget(amount=Decimal("37.50"), currency="SEK")
    bounded = charge(wants={"budget": amount}, tab=opened(tariff(), NOW, "Europe/Stockholm"))
    (car,) = planned_for(bounded)
    assert car.energy == pytest.approx(10, abs=0.002)
    tab = opened(tariff(), NOW - 30 * MINUTE, "Europe/Stockholm")
    for stretch in charging(NOW - 30 * MINUTE, kwh(4), kw(8)):
        tab = advanced(tab, stretch)
    (car,) = planned_for(replace(bounded, started_at=NOW - 30 * MINUTE, energy=kwh(4), tab=tab))
    assert car.energy == pytest.approx(6, abs=0.002)


def test_a_budget_that_pays_for_more_than_is_needed_bounds_nothing() -> None:
    for budget in (None, Budget(amount=Decimal(900), currency="SEK"), Budget(amount=Decimal(1), currency="EUR")):
        (car,) = planned_for(charge(wants={"budget": budget}, tab=opened(tariff(), NOW, "Europe/Stockholm")))
        assert car.energy == 20
    assert planned_for(charge(wants={"budget": Budget(amount=Decimal(1), currency="SEK")}))[0].energy == 20  # no price


def test_for_an_amount_is_at_once_as_it_was_shown_unless_a_departure_was_said() -> None:
    wants = {"profile": ProfileType.REGULAR, "budget": Budget(amount=Decimal(25), currency="SEK")}
    (car,), (later,) = (
        planned_for(charge(wants=wants)),
        planned_for(charge(wants=wants | {"departs_at": NOW + QUARTER})),
    )
    assert (car.wish, later.wish) == (Wish.NOW, Wish.CHEAP)


def test_who_has_used_up_a_budget_is_planned_for_no_more() -> None:
    spent = charge(
        wants={"budget": Budget(amount=Decimal(6), currency="SEK")}, tab=opened(tariff(), NOW, "Europe/Stockholm")
    )
    assert not planned_for(spent)


def planned_for(session: Session) -> tuple[Car, ...]:
    now = facts(session)
    return problem(now, Outlook(), steps_of(now)).site.cars
