"""What cars give back: no fuse carries more outwards than inwards, nothing is promised on the strength of it, and who
gives more than it was told is taken out.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from laddnav.scheduling.asking import asks
from laddnav.scheduling.beside import drawn_at
from laddnav.scheduling.committed import LEASE, acknowledged, asked, given_back, kept_to, most, outcasts
from laddnav.scheduling.control import shared
from laddnav.scheduling.fitted import Abilities, ways
from laddnav.scheduling.held import Obeyed, obeyed
from laddnav.scheduling.merged import Feed
from laddnav.scheduling.model import ActiveChargingProfile, ChargingProfile, ProfileLimit, RateUnit
from laddnav.scheduling.outlets import Ban, Moment, Outlet
from laddnav.scheduling.repair import planned
from laddnav.scheduling.rules import NoSchedule, sound
from tests.scheduling.sites import car, keeps_every_limit, site
from tests.scheduling.test_committed import NOON, SECOND, lease, outlet, panel

QUARTER = timedelta(minutes=15)


def giver(name: str = "A", gives: float = 16.0, **more: object) -> Outlet:
    usual = outlet(name, keeps_for_newcomers=False, discharge_amps_max=16.0, gives_amps=gives)
    return replace(usual, **more)


def at_noon(*outlets: Outlet, amps: float = 63.0, **more: object) -> Moment:
    moment = Moment(at=NOON, panels=(panel(amps),), outlets=outlets, building=(0.0, 0.0, 0.0), overload=None)
    return replace(moment, **more)


def told(moment: Moment) -> dict[str, float]:
    return {one.outlet_id: one.amps for one in asks(moment, shared(moment))}


def test_who_is_planned_to_give_back_is_told_so_for_five_minutes_at_a_time() -> None:
    (ask,) = asks(at_noon(giver(gives=11.7)), shared(at_noon(giver(gives=11.7))))
    assert (ask.amps, ask.until_at) == (-11, NOON + LEASE)


def test_who_gives_back_counts_with_its_fallback_for_all_others() -> None:
    follows = giver(leases=(lease(1, -16),))
    assert most(follows, NOON, NOON) == 6 and kept_to(follows, NOON, NOON) == (-16, -16)
    charges = outlet("B", charging=True, wanted_amps=32.0, keeps_for_newcomers=False)
    assert told(at_noon(follows, charges, amps=20))["B"] == 14


def test_no_more_goes_out_than_a_fuse_carries_whatever_others_draw() -> None:
    draws = outlet("C", leases=(lease(1, 12),), drawn=(12.0,) * 3, drawn_at=NOON, keeps_for_newcomers=False)
    asked_for = told(at_noon(giver("A"), giver("B"), draws, amps=25))
    assert [asked_for[name] for name in "AB"] == [-16, -9]


def test_no_more_goes_out_than_the_grid_lets_out_beside_what_the_building_surely_draws() -> None:
    limited = at_noon(giver(), export_kw_max=3.0, surely_kw=2.5, given_kw=1.0)
    assert told(limited) == {"A": -6}  # 4.5 kW are 6.5 A of each phase
    assert told(replace(limited, surely_kw=2.0)) == {}


def test_what_roof_and_battery_give_goes_out_on_its_own_phases() -> None:
    """An inverter on L1 alone leaves 9 of 25 A there, whatever L2 and L3 have free."""
    beside = at_noon(giver(), amps=25, given_most=(16.0, 0.0, 0.0))
    assert told(beside) == {"A": -9}
    assert told(replace(beside, outlets=(giver(phases=(1,)),))) == {"A": -16}
    assert told(replace(beside, given_most=(25.0, 0.0, 0.0))) == {}


def test_no_car_gives_back_while_nobody_can_say_what_roof_and_battery_give() -> None:
    assert told(at_noon(giver(), given_most=None)) == {}
    follows = giver(leases=(lease(1, -16),))
    assert told(at_noon(follows, given_most=None))["A"] >= 0


def test_one_that_is_out_may_give_all_that_it_can_and_others_leave_it_the_room() -> None:
    out = giver(ban=Ban(since_at=NOON), discharge_amps_max=30.0)
    assert given_back(out, NOON, NOON) == 30
    assert told(at_noon(out, giver("B"), amps=40)) == {"B": -10}


def test_who_rests_after_giving_back_rests_at_once_and_charges_by_steps() -> None:
    gave = giver(gives=0.0, leases=(lease(1, -16, ago=1),), charging=True, wanted_amps=32.0, laxity=timedelta())
    assert told(at_noon(gave)) == {"A": 16}
    just = replace(gave, leases=(lease(1, -16, ago=0.1),))
    assert told(at_noon(just)) == {"A": 0}


def test_who_gives_back_unasked_or_more_than_it_was_told_is_taken_out() -> None:
    unasked = giver(drawn=(-8.0,) * 3, drawn_at=NOON, over_since_at=NOON - timedelta(minutes=2))
    (out,) = outcasts(at_noon(unasked))
    assert out.why.text == "It gives back 8.0 A, was told to give 0.0 A, and has not followed for 120 s"
    assert not outcasts(at_noon(replace(unasked, leases=(lease(1, -8),))))
    assert len(outcasts(at_noon(replace(unasked, leases=(lease(1, -6),))))) == 1


def test_what_a_car_gives_back_is_no_smaller_building() -> None:
    """The building is what the mains meter counts and what came from the car."""
    gives = giver(leases=(lease(1, -16),), drawn=(-16.0,) * 3, drawn_at=NOON - 5 * SECOND)
    assert drawn_at(gives, NOON) == ((-16.0,) * 3, (-16.0,) * 3)
    silent = replace(gives, drawn=None)
    assert drawn_at(silent, NOON) == ((-16.0,) * 3, (6.0,) * 3)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 40), st.floats(0, 32), st.booleans(), st.integers(0, 1)), min_size=1, max_size=5),
    st.floats(10, 40),
    st.none() | st.floats(0, 20),
    st.integers(1, 3),
)
def test_whatever_is_asked_and_answered_outwards_and_inwards_every_fuse_holds(
    cars: list[tuple[float, float, bool, int]], amps: float, export: float | None, rounds: int
) -> None:
    outlets = tuple(
        giver(str(number), gives, panel=where, fallback_amps=0.0, charging=wants > 0, wanted_amps=wants)
        for number, (gives, wants, _, where) in enumerate(cars)
    )
    panels = (panel(amps), panel(amps / 2, "garage", 0))
    at = NOON
    for step in range(rounds):
        now = Moment(at=at, panels=panels, outlets=outlets, building=(0.0,) * 3, export_kw_max=export, overload=None)
        for ask in asks(now, shared(now)):
            number = int(ask.outlet_id)
            leases = asked(outlets[number].leases, ask, at, step + 1)
            if cars[number][2]:
                leases = acknowledged(leases, step + 1, at)
            outlets = (*outlets[:number], replace(outlets[number], leases=leases), *outlets[number + 1 :])
        # Those who give now may draw in the next round, and the other way round.
        outlets = tuple(replace(one, gives_amps=32.0 - one.gives_amps) for one in outlets)
        out = np.array([given_back(one, at, at + LEASE) for one in outlets])
        behind = [[one.panel == 1 for one in outlets], [True] * len(outlets)]
        assert out[behind[0]].sum() <= amps / 2 + 1e-6 and out.sum() <= amps + 1e-6
        assert export is None or out.sum() * 0.69 <= export + 1e-6
        into = np.array([most(one, at, at + LEASE) for one in outlets])
        assert into[behind[0]].sum() <= amps / 2 + 1e-6 and into.sum() <= amps + 1e-6
        at += timedelta(minutes=1)


# The plan ------------------------------------------------------------------------------------------------------------


def test_a_car_lends_of_what_it_came_with_and_has_it_back_when_it_leaves() -> None:
    lending = site(
        car(energy=1.0, discharge_amps_max=16.0, discharge_efficiency=0.9, lends=3.0),
        prices=(9, 9, 1, 1, 1, 1, 1, 1),
        load=np.full((3, 8), 3.0),
    )
    plan = planned(lending)
    level = np.cumsum(np.where(plan.power[0] > 0, plan.power[0], plan.power[0] / 0.9)) / 4
    assert plan.power[0, :2].sum() < -4 and level.min() >= -3 - 1e-3
    assert level[-1] == pytest.approx(1.0, abs=0.01) and plan.unmet[0] == pytest.approx(0, abs=0.01)
    keeps_every_limit(lending, plan)
    assert planned(replace(lending, cars=(car(energy=1.0, discharge_amps_max=16.0),))).power.min() >= -1e-6


def test_a_full_car_lends_too() -> None:
    full = site(car(energy=0.0, discharge_amps_max=16.0, lends=3.0), prices=(9, 9, 1, 1, 1, 1, 1, 1))
    plan = planned(replace(full, load=np.full((3, 8), 3.0)))
    assert plan.power[0].min() < -4 and plan.unmet[0] == pytest.approx(0, abs=0.01)


# What a Station is told ----------------------------------------------------------------------------------------------


def back(rate: int, unit: RateUnit = RateUnit.AMPERE) -> ChargingProfile:
    lease = (ProfileLimit(timedelta(), Decimal(rate)), ProfileLimit(timedelta(minutes=5), Decimal(6)))
    return ChargingProfile(unit=unit, started_at=NOON, limits=lease)


def test_nobody_but_a_site_asks_for_energy_back() -> None:
    with pytest.raises(NoSchedule, match="below zero"):
        sound(back(-16))
    assert sound(back(-16), gives_back=True) == back(-16)


def test_what_is_to_be_given_back_is_told_as_a_power_first() -> None:
    assert next(way.unit for way in ways(back(-16), Abilities(), 3)) is RateUnit.WATT
    only_amperes = Abilities(units=frozenset({RateUnit.AMPERE}))
    assert {way.unit for way in ways(back(-16), only_amperes, 3)} == {RateUnit.AMPERE}


@pytest.mark.parametrize(
    ("told", "found"),
    [(-16, Obeyed.AS_ASKED), (-10, Obeyed.LESS), (0, Obeyed.LESS), (-20, Obeyed.MORE), (6, Obeyed.MORE)],
)
def test_of_what_is_given_back_less_is_less_and_drawing_is_more(told: int, found: Obeyed) -> None:
    feed = Feed(volts=Decimal(230), phases=3, watts=Decimal(22_000))
    says = ActiveChargingProfile(started_at=NOON, profile=back(told))
    assert obeyed(says, back(-16), begun_at=NOON, feed=feed) is found
    in_watts = ActiveChargingProfile(started_at=NOON, profile=back(told * 690, RateUnit.WATT))
    once = replace(
        in_watts, profile=replace(in_watts.profile, limits=in_watts.profile.limits[:1], duration=QUARTER / 5)
    )
    assert obeyed(once, back(-16), begun_at=NOON, feed=replace(feed, used=3)) in (found, Obeyed.AS_ASKED)
