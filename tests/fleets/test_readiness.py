"""Will a vehicle be ready, why not, until when can that be helped: case by case, and as laws."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from laddnav.fleets.filling import EFFICIENCY, counted, driven, gained, needed, read, time_for, told, unknown
from laddnav.fleets.model import Cause, How, Light, Need, NeedUnit
from laddnav.fleets.outlook import act_by, outlooks
from laddnav.fleets.readiness import HANDOVER, NOTICE, readiness
from laddnav.kit.energy import NO_ENERGY, Energy, kwh
from laddnav.kit.power import Power, kw
from tests.fleets.vans import HOUR, NOW, SIX, block, content, hours, km, plugged, standing, trip, van

# A van with 6 kWh needs 36: the 30 that are missing take 3 h 20 min at 10 kW, of which 9 come to be in the battery.
PLUG_BY = SIX - timedelta(hours=3, minutes=20, seconds=1)


# What has to be in it -------------------------------------------------------------------------------------------------


def test_a_distance_needs_its_energy_and_the_reserve() -> None:
    assert needed(km(150), van()) == kwh(36)
    assert needed(Need(Decimal(30), NeedUnit.KWH), van()) == kwh(36)
    assert needed(Need(Decimal(80), NeedUnit.PERCENT), van()) == kwh(48)


def test_nobody_said_how_full_it_is_counts_as_empty() -> None:
    assert unknown(NOW).low == NO_ENERGY


def test_what_a_meter_counts_comes_to_be_in_the_battery_less_the_losses_and_never_more_than_it_holds() -> None:
    half = told(van(), Decimal(50), NOW)
    assert (half.energy, half.sure, half.how) == (kwh(30), kwh("1.2"), How.TOLD)
    after = counted(half, van(), kwh(10), NOW + HOUR)
    assert (after.energy, after.sure, after.how) == (kwh(39), kwh("1.65"), How.COUNTED)
    assert counted(after, van(), kwh(10), NOW + 2 * HOUR) == after
    assert counted(half, van(), kwh(100), NOW).energy == kwh(60)


def test_what_a_vehicle_gave_back_is_in_it_no_more() -> None:
    """9 kWh by the meter are 10 of the battery."""
    came = replace(content(30), charged=kwh(4))
    gave = counted(came, van(), kwh(-5), NOW + HOUR)
    assert (gave.energy, gave.sure, gave.how, gave.at) == (kwh(20), kwh("0.5"), How.COUNTED, NOW + HOUR)
    assert counted(gave, van(), kwh(5), NOW + 2 * HOUR).energy == kwh(29)
    assert counted(came, van(), kwh(-50), NOW).energy == NO_ENERGY


def test_a_trip_since_is_taken_off_and_makes_it_less_sure() -> None:
    away = driven(content(50), van(), [trip(departs_at=NOW + HOUR)], NOW + 2 * HOUR)
    assert (away.energy, away.sure, away.how) == (kwh(20), kwh(6), How.ESTIMATED)
    assert away.low == kwh(14)
    assert driven(away, van(), [trip(departs_at=NOW + HOUR)], NOW + 3 * HOUR) == away


def test_an_odometer_says_the_distance_once_it_was_read_before() -> None:
    first = read(content(50), van(), Decimal(10_000), NOW)
    assert first.energy == kwh(50)
    assert read(first, van(), Decimal(10_100), NOW + HOUR).energy == kwh(30)


# Case by case ---------------------------------------------------------------------------------------------------------


def test_who_has_enough_is_ready() -> None:
    assert readiness(trip(), standing(inside=36), NOW).light is Light.READY


def test_a_guess_counts_at_its_low_end() -> None:
    unsure = standing(content=content(38, sure=4), plugged=plugged())
    assert readiness(trip(), unsure, NOW).missing == kwh(2)


def test_who_is_plugged_in_will_be_ready_when_all_its_power_has_come() -> None:
    looks = readiness(trip(), standing(plugged=plugged()), NOW)
    assert (looks.light, looks.ready_at) == (Light.WILL_BE_READY, NOW + timedelta(hours=3, minutes=20, seconds=1))


def test_a_plan_says_when_it_will_be_ready() -> None:
    night = (block(NOW + 6 * HOUR, 2 * HOUR, kw(10)), block(NOW + 9 * HOUR, 2 * HOUR, kw(10)))
    looks = readiness(trip(), standing(plugged=plugged(planned=night)), NOW)
    assert (looks.light, looks.ready_at) == (
        Light.WILL_BE_READY,
        NOW + timedelta(hours=10, minutes=20, seconds=1),
    )


def test_a_plan_that_gives_too_little_gives_it_to_other_cars() -> None:
    looks = readiness(trip(), standing(plugged=plugged(planned=(block(NOW, 2 * HOUR, kw(10)),))), NOW)
    assert (looks.light, looks.cause, looks.short) == (Light.AT_RISK, Cause.OTHER_CARS, kwh(12))
    assert looks.plug_by == PLUG_BY


@pytest.mark.parametrize(("lacks", "light"), [("0.2", Light.WILL_BE_READY), ("0.4", Light.AT_RISK)])
def test_who_lacks_less_than_half_a_percent_of_its_battery_will_be_ready(lacks: str, light: Light) -> None:
    """Of 60 kWh 0.3: what is in a battery is told in whole percents, so that nobody knows it better."""
    length = HOUR * float((kwh(30) - kwh(lacks)).kwh / Decimal(9))  # 10 kW, of which nine tenths stay in it
    looks = readiness(trip(), standing(plugged=plugged(planned=(block(NOW, length, kw(10)),))), NOW)
    assert looks.light is light


def test_who_is_plugged_in_too_late_would_have_been_ready_in_time() -> None:
    late = SIX - 2 * HOUR
    looks = readiness(trip(), standing(plugged=plugged(since_at=late)), late)
    assert (looks.cause, looks.short, looks.plug_by) == (Cause.PLUGGED_IN_LATE, kwh(12), None)


def test_a_socket_too_weak_would_not_have_done_it_in_a_whole_night() -> None:
    weak = standing(plugged=plugged(power=kw(2)), fastest=kw(10))
    looks = readiness(trip(), weak, NOW)
    assert (looks.cause, looks.plug_by) == (Cause.POWER_TOO_LOW, PLUG_BY)


def test_a_broken_charger_gives_nothing_and_another_one_still_saves_it() -> None:
    looks = readiness(trip(), standing(plugged=plugged(works=False)), NOW)
    assert (looks.cause, looks.short, looks.plug_by) == (Cause.CHARGER_BROKEN, kwh(30), PLUG_BY)
    nowhere = readiness(trip(), standing(fastest=kw(0)), NOW)
    assert (nowhere.cause, nowhere.plug_by) == (Cause.CHARGER_BROKEN, None)


def test_who_stands_unplugged_has_time_until_shortly_before_it_is_too_late() -> None:
    assert readiness(trip(), standing(), NOW).light is Light.TO_PLUG_IN
    assert readiness(trip(), standing(), NOW).plug_by == PLUG_BY
    just_before = PLUG_BY - NOTICE - timedelta(seconds=1)
    assert readiness(trip(), standing(), just_before).light is Light.TO_PLUG_IN
    alerted = readiness(trip(), standing(), PLUG_BY - NOTICE)
    assert (alerted.light, alerted.cause, alerted.plug_by) == (Light.AT_RISK, Cause.NOT_PLUGGED_IN, PLUG_BY)
    too_late = readiness(trip(), standing(), PLUG_BY + timedelta(seconds=1))
    assert (too_late.light, too_late.cause, too_late.plug_by) == (Light.AT_RISK, Cause.NOT_PLUGGED_IN, None)


def test_who_is_back_too_late_for_its_next_trip_is_known_to_be_as_soon_as_the_timetable_is() -> None:
    away = standing(home_at=SIX - HOUR)
    looks = readiness(trip(), away, NOW)
    assert (looks.cause, looks.short) == (Cause.BACK_TOO_LATE, kwh(21))
    assert readiness(trip(), standing(inside=60, home_at=SIX + HOUR), NOW).cause is Cause.BACK_TOO_LATE


def test_no_charge_makes_a_battery_larger() -> None:
    looks = readiness(trip(need=km(400)), standing(plugged=plugged()), NOW)
    assert (looks.cause, looks.plug_by) == (Cause.BATTERY_TOO_SMALL, None)


def test_who_leaves_without_enough_has_missed_it() -> None:
    assert readiness(trip(), standing(), SIX).light is Light.MISSED


def test_the_second_trip_of_a_day_begins_with_what_the_first_leaves() -> None:
    early, late = trip(), trip(departs_at=SIX + 9 * HOUR, departure="D2", back_at=None)
    first, second = outlooks({"V1": standing(inside=40)}, [late, early], NOW)
    assert first.readiness.light is Light.READY
    assert second.content.energy == kwh(10)
    assert (second.readiness.cause, second.readiness.short) == (Cause.BACK_TOO_LATE, kwh(17))


# Laws -----------------------------------------------------------------------------------------------------------------

powers = st.integers(0, 50).map(kw)
insides = st.integers(0, 60)
distances = st.integers(1, 270).map(km)
moments = st.integers(0, 11 * 60).map(lambda minutes: NOW + timedelta(minutes=minutes))
LIGHTS = list(Light)


@st.composite
def blocks(draw: st.DrawFn) -> tuple[object, ...]:
    at, found = NOW, []
    for power in draw(st.lists(powers, max_size=6)):
        length = timedelta(minutes=draw(st.integers(1, 180)))
        found.append(block(at, length, power))
        at += length
    return tuple(found)


@given(inside=insides, need=distances, fastest=powers, swaps=st.booleans())
def test_an_alert_never_comes_later_than_the_last_moment_to_act(
    inside: int, need: Need, fastest: Power, swaps: bool
) -> None:
    """Somebody looks every ten minutes, from the evening on; nobody plugs the van in."""
    stood, wanted = standing(inside=inside, fastest=fastest), trip(need=need)
    could_act: list[datetime] = []
    for minutes in range(0, 11 * 60, 10):
        looks = readiness(wanted, stood, NOW + timedelta(minutes=minutes))
        if looks.light is Light.AT_RISK:
            if looks.cause is Cause.NOT_PLUGGED_IN and minutes:
                until = act_by(wanted, looks, swaps)
                assert until is not None
                assert until >= NOW + timedelta(minutes=minutes)
            break
        if looks.plug_by is not None:
            could_act.append(looks.plug_by)
    assert len(set(could_act)) <= 1  # while nothing happens, the last moment stays where it is


@given(inside=insides, need=distances, now=moments, fastest=powers, at=st.none() | powers, plan=st.none() | blocks())
def test_whoever_charges_with_all_power_from_the_last_moment_on_is_ready(
    inside: int, need: Need, now: datetime, fastest: Power, at: Power | None, plan: tuple[object, ...] | None
) -> None:
    here = None if at is None else plugged(power=at, planned=plan)
    looks = readiness(trip(need=need), standing(inside=inside, fastest=fastest, plugged=here), now)
    if looks.plug_by is not None:
        assert now <= looks.plug_by <= SIX
        most = max(fastest, at or kw(0))
        assert gained(most, SIX - looks.plug_by) >= looks.missing


@given(
    inside=insides,
    need=distances,
    now=moments,
    fastest=powers,
    at=st.none() | powers,
    plan=st.none() | blocks(),
    more=st.integers(1, 30),
)
def test_more_power_never_makes_a_departure_less_ready(
    inside: int,
    need: Need,
    now: datetime,
    fastest: Power,
    at: Power | None,
    plan: tuple[object, ...] | None,
    more: int,
) -> None:
    def looks(extra: int) -> tuple[int, Energy]:
        def added(power: Power) -> Power:
            return Power(power.watts + extra * 1000)

        planned = None
        if plan is not None:
            planned = tuple(block(one.begin_at, one.length, added(one.power)) for one in plan)  # type: ignore[attr-defined]  # a strategy does not say what it draws
        here = None if at is None else plugged(power=added(at), planned=planned)
        stood = standing(inside=inside, fastest=added(fastest), plugged=here)
        one = readiness(trip(need=need), stood, now)
        return LIGHTS.index(one.light), one.short if one.light is Light.AT_RISK else NO_ENERGY

    before, after = looks(0), looks(more)
    assert after[0] <= before[0]
    assert after[1] <= before[1] or before[0] != after[0]


@given(inside=insides, more=st.integers(0, 20), need=distances, now=moments, fastest=powers, at=st.none() | powers)
def test_more_in_the_battery_never_makes_a_departure_less_ready(
    inside: int, more: int, need: Need, now: datetime, fastest: Power, at: Power | None
) -> None:
    here = None if at is None else plugged(power=at)

    def light(much: int) -> int:
        looks = readiness(trip(need=need), standing(inside=much, fastest=fastest, plugged=here), now)
        return LIGHTS.index(looks.light)

    if needed(need, van()) <= van().battery:
        assert light(min(inside + more, 60)) <= light(inside)


@given(amount=st.integers(1, 100_000).map(lambda wh: Energy(Decimal(wh))), power=st.integers(1, 400).map(kw))
def test_the_time_for_an_energy_is_enough_and_a_second_less_is_not_much_too_long(amount: Energy, power: Power) -> None:
    length = time_for(amount, power)
    assert length is not None
    assert gained(power, length) >= amount
    assert gained(power, length - timedelta(seconds=2)) < amount


def test_the_losses_are_those_that_are_stated() -> None:
    assert EFFICIENCY == Decimal("0.9")
    assert HANDOVER == timedelta(minutes=15)
    assert hours(0.5) == NOTICE
