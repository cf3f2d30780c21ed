"""What a simulated plug makes of the profiles that it was told, and what its car has had by then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from laddnav.kit.energy import kwh, wh
from laddnav.kit.power import Power, kw
from laddnav.kit.time import rfc3339
from laddnav.sim.car import Car
from laddnav.sim.limits import Limits
from laddnav.sim.plug import Charge, Plug, meter_value

BEGAN = datetime(2026, 11, 23, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


def profile(purpose: str = "TxProfile", *limits: tuple[int, float], **changes: Any) -> dict[str, Any]:
    """`limits` are (minutes after the start, rate); three phases unless said."""
    schedule = {
        "charging_rate_unit": changes.pop("unit", "A"),
        "charging_schedule_period": [{"start_period": minutes * 60, "limit": rate} for minutes, rate in limits],
    }
    schedule |= {"start_schedule": rfc3339(changes.pop("starts_at", BEGAN))}
    if (minutes := changes.pop("minutes", None)) is not None:
        schedule["duration"] = minutes * 60
    said = {
        "charging_profile_id": changes.pop("id", 1),
        "stack_level": 0,
        "charging_profile_purpose": purpose,
        "charging_profile_kind": "Absolute",
        "charging_schedule": schedule,
    }
    return said | changes


def watts(limits: Limits, minutes: float, phases: int = 3) -> Decimal | None:
    said = limits.power(BEGAN + timedelta(minutes=minutes), BEGAN, phases)
    return None if said is None else said.watts


def told(*profiles: dict[str, Any]) -> Limits:
    limits = Limits()
    for one in profiles:
        limits.put(one)
    return limits


def test_each_period_holds_from_its_second_on_and_the_default_after_the_last() -> None:
    limits = told(profile("TxProfile", (0, 16), (15, 10), minutes=30), profile("TxDefaultProfile", (0, 6), id=2))
    assert [watts(limits, minutes) for minutes in (-1, 0, 14.99, 15, 29.99, 30)] == [
        # Before and after the profile of the charge, its default; before that one began, nobody says anything.
        None, 11_040, 11_040, 6_900, 6_900, 4_140,
    ]  # fmt: skip
    turns = limits.turns(BEGAN, BEGAN + HOUR, BEGAN)
    assert [(at - BEGAN).seconds // 60 for at in turns] == [15, 30]


def test_amperes_are_those_of_each_phase_that_the_car_uses_and_watts_those_of_all() -> None:
    assert watts(told(profile("TxProfile", (0, 10))), 1, phases=1) == 2_300
    in_watts = told(profile("TxProfile", (0, 5_000), unit="W"))
    assert watts(in_watts, 1) == watts(in_watts, 1, phases=1) == 5_000
    # A car takes 6 A of a phase, or nothing.
    assert watts(told(profile("TxProfile", (0, 5.9))), 1) == 0
    assert watts(told(profile("TxProfile", (0, 4_000), unit="W")), 1) == 0


def test_the_highest_stack_level_that_says_anything_holds_and_the_whole_station_s_most_above_it() -> None:
    low, high = profile("TxProfile", (0, 20)), profile("TxProfile", (0, 8), id=2, stack_level=3, minutes=10)
    limits = told(low, high, profile("ChargePointMaxProfile", (0, 16), id=3))
    assert [watts(limits, minutes) for minutes in (5, 10)] == [5_520, 11_040]
    assert limits.drop(number=2) and not limits.drop(number=2)
    assert watts(limits, 5) == 11_040
    limits.charge_is_over()
    assert limits.drop(purpose="ChargePointMaxProfile") and watts(limits, 5) is None


def test_the_same_number_or_the_same_place_replaces_what_was_told_before() -> None:
    limits = told(profile("TxProfile", (0, 20)), profile("TxProfile", (0, 8), id=2), profile("TxProfile", (0, 9), id=2))
    assert watts(limits, 1) == 6_210
    assert not limits.drop(number=1)


@pytest.mark.parametrize("kind", ["Relative", "Recurring"])
def test_a_relative_one_begins_with_the_charge_and_a_daily_one_with_each_day(kind: str) -> None:
    """OCPP 1.6 §3.13.3."""
    more = {"recurrency_kind": "Daily"} if kind == "Recurring" else {}
    a_week_ago = BEGAN - timedelta(days=7)
    limits = told(profile("TxProfile", (0, 16), (60, 8), starts_at=a_week_ago, charging_profile_kind=kind, **more))
    assert [watts(limits, minutes) for minutes in (30, 90)] == [11_040, 5_520]
    assert limits.turns(BEGAN, BEGAN + timedelta(days=1), BEGAN)[0] == BEGAN + HOUR


def test_the_words_of_2_0_1_are_read_as_well() -> None:
    old = profile("TxDefaultProfile", (0, 10))
    new = {name: value for name, value in old.items() if name != "charging_profile_id"}
    limits = told(new | {"id": 7, "charging_schedule": [old["charging_schedule"]]})
    assert watts(limits, 1) == 6_900
    assert limits.drop(number=7)


# What comes of it in a plug ------------------------------------------------------------------------------------------


def plug(car: Car) -> Plug:
    one = Plug(1, kw(22), wh(1_000))
    one.car = car
    one.charge = Charge(one, "CARD", BEGAN)
    return one


def test_a_car_that_is_held_back_catches_up_by_its_own_curve_whenever_its_meter_is_read() -> None:
    car = Car(energy=kwh(20), power_max=kw(11), steady=0.8)
    seldom, often = plug(car), plug(car)
    limit = profile("TxProfile", (0, 6), (60, 0), (120, 32), minutes=600)
    for one in (seldom, often):
        one.limits.put(limit)
    for minute in range(1, 300):
        often.measure(BEGAN + timedelta(minutes=minute))
    assert seldom.measure(BEGAN + 5 * HOUR) == often.measure(BEGAN + 5 * HOUR) == kw(0)
    assert seldom.register == often.register == wh(21_000) and seldom.is_full

    third = plug(car)
    third.limits.put(limit)
    assert third.measure(BEGAN + timedelta(minutes=30)) == Power(Decimal(4_140))
    assert third.measure(BEGAN + timedelta(minutes=90)) == kw(0) and third.register == wh(5_140) and not third.is_full
    assert third.measure(BEGAN + 3 * HOUR) == kw(11) and third.register == wh(16_140)
    # Its own curve goes below what it may take; at half the way down that it has to go.
    third.limits.put(profile("TxProfile", (0, 16), id=9, starts_at=BEGAN))
    assert third.measure(BEGAN + 3 * HOUR + timedelta(minutes=12)) < kw(11)


def test_a_car_that_may_take_all_there_is_has_had_what_it_always_had() -> None:
    car = Car(energy=kwh(20), power_max=kw(11), steady=0.8)
    one = plug(car)
    for share in range(1, 101):
        after = car.fills_in(kw(22)) * share / 100
        power = one.measure(BEGAN + after)
        assert abs(one.register.wh - 1_000 - car.taken(after, kw(22)).wh) <= 1
        assert abs(power.watts - car.power(after, kw(22)).watts) <= 1 or share == 100


def test_what_may_be_drawn_is_read_back_in_periods_and_currents_are_told_phase_by_phase() -> None:
    one = plug(Car(energy=kwh(20), power_max=kw("3.7"), steady=0.8, phases=1))
    one.limits.put(profile("TxProfile", (0, 16), (15, 10), minutes=30))
    said = one.composite(BEGAN + timedelta(minutes=5), HOUR, "A")
    assert said == [
        {"start_period": 0, "limit": 16.0}, {"start_period": 600, "limit": 10.0}, {"start_period": 1500, "limit": 31.9},
    ]  # fmt: skip
    value = meter_value(BEGAN, one.register, kw("3.68"), "Sample.Periodic", 1)
    assert {sample.get("phase"): sample["value"] for sample in value["sampledValue"]} == {
        None: "3680.00", "L1": "16.0", "L2": "0", "L3": "0",
    }  # fmt: skip
