"""The street's plan: real cars, one seed, and nothing that could not happen."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from laddnav.kit.energy import NO_ENERGY, wh
from laddnav.kit.power import kw
from laddnav.sim import arrivals
from laddnav.sim.car import Car
from laddnav.sim.day import Day, Habit, Plug, day

PLUGS = tuple(
    Plug(station_id=f"{power}-{number}", evse_no=evse_no, power_max=kw(power))
    for power, many in ((22, 6), (50, 2), (150, 2))
    for number in range(many)
    for evse_no in (1, 2)
)
WEEK = tuple(date(2026, 11, number) for number in range(2, 10))


def planned(when: date, seed: int = 7) -> Day:
    return day(when, PLUGS, cards=24, seed=seed)


def test_the_excerpt_holds_whole_days_of_real_charges() -> None:
    days = arrivals.days()
    assert [len(one) for one in days] == [45, 43, 47, 46, 50, 46, 44, 45]
    assert sum((one.energy for cars in days for one in cars), NO_ENERGY).kwh == Decimal("3131.870")


def test_one_seed_makes_one_day() -> None:
    assert planned(WEEK[0]) == planned(WEEK[0])
    assert planned(WEEK[0], seed=7) != planned(WEEK[0], seed=8)


def test_no_two_cars_stand_at_one_plug_and_none_where_a_fault_is() -> None:
    for when in WEEK:
        made = planned(when)
        for plug in PLUGS:
            taken = [(one.arrives_at, one.leaves_at) for one in made.stays if one.plug == plug]
            taken += [(one.begins_at, one.ends_at) for one in made.faults if one.plug == plug]
            assert all(before[1] < after[0] for before, after in pairwise(sorted(taken)))


def test_no_card_is_at_two_plugs_at_a_time() -> None:
    for when in WEEK:
        for card in range(24):
            taken = [(one.arrives_at, one.leaves_at) for one in planned(when).stays if one.card == card]
            assert all(before[1] <= after[0] for before, after in pairwise(sorted(taken)))


def test_a_week_has_every_habit_and_every_quarter_of_the_day_a_car() -> None:
    stays = [stay for when in WEEK for stay in planned(when).stays]
    assert {stay.habit for stay in stays} == set(Habit)
    for when in WEEK:
        assert {stay.arrives_at.hour // 6 for stay in planned(when).stays} == {0, 1, 2, 3}


def test_a_car_takes_ever_less_power_and_exactly_what_it_wanted() -> None:
    car = Car(energy=wh(20_500), power_max=kw(120), steady=0.6)
    plug = kw(50)
    moments = [car.fills_in(plug) * share / 100 for share in range(101)]
    powers = [car.power(moment, plug) for moment in moments]
    taken = [car.taken(moment, plug) for moment in moments]
    assert powers[0] == plug and powers == sorted(powers, reverse=True)
    assert taken[0] == NO_ENERGY and taken == sorted(taken) and taken[-1] == wh(20_500)
    assert car.power(moments[-1] + timedelta(seconds=1), plug) == kw(0)
