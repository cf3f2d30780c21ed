"""A roof that can be told gives no more than may go out beside what is used, and nothing that costs money there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from laddnav.scheduling.at_once import at_once
from laddnav.scheduling.notes import NoteKind, noted
from laddnav.scheduling.optimum import optimum
from laddnav.scheduling.repair import planned
from laddnav.scheduling.site import Battery, Plan, Site
from tests.scheduling.sites import BEGIN, car, site

Planner = Callable[[Site], Plan]
SUN = np.array([2.0, 9.0, 9.0, 9.0, 2.0, 0.0, 0.0, 0.0])


def roofed(*cars: Any, feed_in: float = 0.5, out: float = 3.0, **more: Any) -> Site:
    """An hour of sun, three kW of which may go out, and a price that never changes."""
    usual = site(*cars, prices=(3,) * 8, solar=SUN, feed_in=np.full(8, feed_in), export_max=np.full(8, out), bends=True)
    return replace(usual, **more)


@pytest.mark.parametrize("planner", (optimum, planned, at_once))
def test_what_nobody_uses_goes_out_as_far_as_it_may_and_the_rest_is_left_lying(planner: Planner) -> None:
    plan = planner(roofed())
    assert plan.grid.tolist() == [-2, -3, -3, -3, -2, 0, 0, 0]
    assert plan.roof_down.tolist() == [0, 6, 6, 6, 0, 0, 0, 0]
    assert plan.cost == pytest.approx(-0.5 * 13 / 4) and not plan.notes


@pytest.mark.parametrize("planner", (optimum, planned, at_once))
def test_where_going_out_costs_money_nothing_does(planner: Planner) -> None:
    plan = planner(roofed(feed_in=-0.5, export_max=np.zeros(0)))
    assert plan.grid.tolist() == [0] * 8 and plan.roof_down.tolist() == SUN.tolist() and plan.cost == 0


@pytest.mark.parametrize("planner", (optimum, planned))
def test_a_car_takes_what_would_be_left_lying_before_what_could_be_sold(planner: Planner) -> None:
    """4.5 kWh are beyond what may go out: it has these for nothing, and nothing less is sold."""
    plan = planner(roofed(car(energy=4.5, amps_min=1.0)))
    assert plan.roof_down.sum() == pytest.approx(0, abs=1e-6) and plan.cost == pytest.approx(-0.5 * 13 / 4)
    assert plan.power[0] == pytest.approx([0, 6, 6, 6, 0, 0, 0, 0], abs=1e-3)


def test_one_that_cannot_be_told_says_how_much_too_much_goes_out() -> None:
    plan = planned(roofed(bends=False))
    assert plan.grid.tolist() == (-SUN).tolist() and not plan.roof_down.size
    assert plan.notes == (noted(NoteKind.ROOF_BEYOND_LIMIT, kw=6.0, count=3),)


@settings(max_examples=25)
@given(
    out=st.sampled_from([0.0, 2.0, 5.0]),
    paid=st.lists(st.sampled_from([-1.0, 0.0, 1.0, 2.5]), min_size=8, max_size=8),
    lends=st.sampled_from([0.0, 6.0]),
    one_phase=st.booleans(),
    stored=st.sampled_from([None, 0.0, 4.0]),
)
def test_no_more_goes_out_than_may_and_it_costs_no_more_than_letting_it_out(
    out: float, paid: list[float], lends: float, one_phase: bool, stored: float | None
) -> None:
    drives = car(
        energy=5.0,
        until_at=BEGIN + timedelta(hours=2),
        phases=(1,) if one_phase else (0, 1, 2),
        discharge_amps_max=16.0 if lends else 0.0,
        lends=lends,
    )
    battery = None if stored is None else Battery(capacity=5.0, stored=stored, charge_max=3.0, discharge_max=3.0)
    prices = np.array([3.0, 1.0, 2.0, 1.0, 3.0, 2.0, 1.0, 2.0])
    told = roofed(drives, feed_in=0, out=out, prices=prices, battery=battery)
    told = replace(told, feed_in=np.minimum(np.array(paid), prices), load=np.tile([[0.5], [0.0], [0.2]], 8))
    plan, best = planned(told), optimum(told)
    assert plan.grid.min() >= -out - 1e-4 and (plan.roof_down <= SUN + 1e-9).all() and (plan.roof_down >= 0).all()
    assert best.cost <= plan.cost + 1e-3 and plan.bound is not None and plan.bound <= plan.cost + 1e-9
    assert best.unmet.sum() <= optimum(replace(told, bends=False)).unmet.sum() + 1e-3
