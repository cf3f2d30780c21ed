"""Registers and marks become stretches; what does not fit is a doubt."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from laddnav.kit import json
from laddnav.kit.energy import NO_ENERGY, Energy, wh
from laddnav.kit.power import kw
from laddnav.metering.model import Activity, Doubt, DoubtKind, Fact, Mark, Measurand, Measured, Meter, Reading, Stretch
from laddnav.metering.periods import begun, ended, measured, stretches

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FIRST = wh(1000)


def after(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def register(minutes: float, amount: int | str) -> Reading:
    return Reading(at=after(minutes), measurand=Measurand.ENERGY_IMPORT_REGISTER, value=Decimal(amount))


def mark(minutes: float, activity: Activity) -> Mark:
    return Mark(at=after(minutes), activity=activity)


def folded(*facts: Fact, start: Energy | None = FIRST, power_max: int | None = None) -> Measured:
    """The facts one by one, in the order in which they came."""
    meter = begun(NOON, start, power_max=None if power_max is None else kw(power_max))
    found: list[Stretch] = []
    doubts: list[Doubt] = []
    for fact in facts:
        more = measured(meter, fact)
        meter, found, doubts = more.meter, [*found, *more.stretches], [*doubts, *more.doubts]
    return Measured(meter=meter, stretches=tuple(found), doubts=tuple(doubts))


def energies(done: Measured) -> list[Decimal]:
    return [stretch.energy.wh for stretch in done.stretches]


def kinds(done: Measured) -> list[DoubtKind]:
    return [doubt.kind for doubt in done.doubts]


def test_each_register_ends_a_stretch() -> None:
    done = folded(register(10, 1500), register(20, "2750.5"))
    assert energies(done) == [500, Decimal("1250.5")]
    assert [(stretch.started_at, stretch.ended_at) for stretch in done.stretches] == [
        (NOON, after(10)),
        (after(10), after(20)),
    ]
    assert not any(stretch.interpolated for stretch in done.stretches)
    assert kinds(done) == []


def test_the_same_reading_twice_is_one_reading() -> None:
    assert energies(folded(register(10, 1500), register(10, 1500), register(20, 2000))) == [500, 500]


def test_a_backward_register_is_a_doubt_not_a_credit() -> None:
    done = folded(register(10, 1500), register(20, 0), register(30, 1800))
    assert energies(done) == [500, 300]
    assert kinds(done) == [DoubtKind.BACKWARD_REGISTER]


def test_a_late_reading_is_named_and_left_to_the_fold_over_all() -> None:
    facts = (register(10, 1500), register(30, 2500), register(20, 1600))
    done = folded(*facts)
    assert kinds(done) == [DoubtKind.LATE_READING]
    assert energies(done) == [500, 1000]
    whole = stretches(facts, NOON, wh(1000), after(30), wh(2500))
    assert energies(whole) == [500, 100, 900]
    assert kinds(whole) == []


def test_readings_of_other_things_move_nothing() -> None:
    power = Reading(at=after(5), measurand=Measurand.POWER_IMPORT, value=Decimal(11000))
    phase = Reading(at=after(5), measurand=Measurand.ENERGY_IMPORT_REGISTER, value=Decimal(400), phase="L1")
    inlet = Reading(at=after(5), measurand=Measurand.ENERGY_IMPORT_REGISTER, value=Decimal(9000), location="Inlet")
    unheard = Reading(at=after(5), measurand="Vendor.Something", value=Decimal(1))
    done = folded(power, phase, inlet, unheard)
    assert done.meter == begun(NOON, wh(1000))
    assert done.stretches == () and done.doubts == ()


def test_energy_flows_while_the_car_charges_and_not_while_it_is_paused() -> None:
    done = folded(mark(10, Activity.SUSPENDED_EV), register(30, 2000))
    assert [(stretch.activity, stretch.length, stretch.energy) for stretch in done.stretches] == [
        (Activity.CHARGING, timedelta(minutes=10), wh(1000)),
        (Activity.SUSPENDED_EV, timedelta(minutes=20), NO_ENERGY),
    ]
    assert not any(stretch.interpolated for stretch in done.stretches)


def test_energy_between_two_registers_with_a_pause_is_drawn_as_a_line_and_says_so() -> None:
    done = folded(mark(10, Activity.SUSPENDED_EVSE), mark(20, Activity.CHARGING), register(40, 2000))
    assert energies(done) == [Decimal("333.333333"), 0, Decimal("666.666667")]
    assert [stretch.interpolated for stretch in done.stretches] == [True, False, True]


def test_energy_that_flowed_while_nobody_said_so_is_not_lost() -> None:
    done = folded(register(10, 1500), mark(10, Activity.SUSPENDED_EV), register(20, 1510))
    assert energies(done) == [500, 10]
    assert done.stretches[1].activity is Activity.SUSPENDED_EV


def test_a_mark_that_comes_late_counts_from_what_is_not_folded_yet() -> None:
    done = folded(register(10, 1500), mark(5, Activity.SUSPENDED_EV), register(20, 1500))
    assert [stretch.activity for stretch in done.stretches] == [Activity.CHARGING, Activity.SUSPENDED_EV]
    assert kinds(done) == [DoubtKind.LATE_READING]


def test_a_mark_before_the_start_says_how_the_session_starts() -> None:
    done = folded(mark(-1, Activity.SUSPENDED_EVSE), register(10, 1000))
    assert [stretch.activity for stretch in done.stretches] == [Activity.SUSPENDED_EVSE]
    assert kinds(done) == []


def test_without_a_start_register_energy_before_the_first_reading_is_a_doubt() -> None:
    done = folded(register(10, 1500), register(20, 2000), start=None)
    assert energies(done) == [0, 500]
    assert done.stretches[0].length == timedelta(minutes=10)
    assert kinds(done) == [DoubtKind.START_UNKNOWN]


def test_a_register_at_the_very_start_stands_in_for_the_missing_one() -> None:
    done = folded(register(0, 1500), register(20, 2000), start=None)
    assert energies(done) == [500]
    assert kinds(done) == []


def test_a_register_before_the_start_is_a_doubt_unless_it_agrees() -> None:
    assert kinds(folded(register(-5, 990))) == [DoubtKind.REGISTER_BEFORE_START]
    assert kinds(folded(register(-5, 1000))) == []


def test_a_leap_waits_for_the_next_register_and_falls_if_that_denies_it() -> None:
    done = folded(register(10, 1500), register(11, 9_999), register(12, 1600), power_max=22)
    assert energies(done) == [500, 100]
    assert kinds(done) == [DoubtKind.POWER_IMPLAUSIBLE]


def test_a_leap_that_the_next_register_confirms_is_billed_and_stays_a_doubt() -> None:
    done = folded(register(10, 1500), register(11, 9000), register(20, 9500), power_max=22)
    assert energies(done) == [500, 7500, 500]
    assert kinds(done) == [DoubtKind.POWER_IMPLAUSIBLE]


def test_a_long_silence_while_energy_flowed_is_a_gap() -> None:
    assert kinds(folded(register(5, 1500), register(50, 9000))) == [DoubtKind.GAP]
    parked = folded(register(5, 1500), mark(5, Activity.SUSPENDED_EV), register(500, 1500))
    assert kinds(parked) == []


def test_the_stop_register_ends_the_last_stretch() -> None:
    done = ended(folded(register(10, 1500)).meter, after(15), wh(1700))
    assert energies(done) == [200]
    assert done.stretches[-1].ended_at == after(15)
    assert kinds(done) == []


def test_without_a_stop_register_time_runs_to_the_stop_and_energy_does_not() -> None:
    done = ended(folded(register(10, 1500)).meter, after(15))
    assert energies(done) == [0]
    assert kinds(done) == [DoubtKind.STOP_UNKNOWN]


def test_a_stop_register_below_the_last_reading_is_a_doubt_that_says_how_much() -> None:
    done = ended(folded(register(10, 1500)).meter, after(15), wh(1400))
    assert energies(done) == [0]
    assert [(doubt.kind, doubt.energy) for doubt in done.doubts] == [(DoubtKind.BACKWARD_REGISTER, wh(-100))]


def test_another_mark_at_the_instant_since_which_something_holds_takes_its_place() -> None:
    done = folded(mark(5, Activity.SUSPENDED_EV), register(10, 1500), mark(5, Activity.SUSPENDED_EVSE))
    assert done.meter.activity is Activity.SUSPENDED_EVSE
    assert kinds(done) == [DoubtKind.LATE_READING]


def test_the_same_register_again_confirms_one_that_seemed_too_much() -> None:
    done = folded(register(10, 900_000), register(20, 900_000), power_max=60)
    assert energies(done)[0] == 899_000


def test_one_reading_is_enough_for_a_session_to_have_some() -> None:
    assert kinds(stretches([register(1, 1100)], NOON, wh(1000), after(120), wh(9000))) == []


def test_a_stop_before_the_last_reading_is_a_clock_in_doubt() -> None:
    done = ended(folded(register(10, 1500)).meter, after(9), wh(1500))
    assert done.stretches == ()
    assert kinds(done) == [DoubtKind.CLOCK_OFF]


def test_only_start_and_stop_of_a_long_session_is_a_doubt() -> None:
    done = stretches((), NOON, wh(1000), after(120), wh(9000))
    assert energies(done) == [8000]
    assert kinds(done) == [DoubtKind.NO_READINGS]


def test_half_an_hour_without_a_word_is_no_gap_yet_nor_is_a_session_in_which_nothing_flowed() -> None:
    assert kinds(folded(register(30, 1500))) == []
    assert kinds(folded(register(31, 1500))) == [DoubtKind.GAP]
    assert kinds(stretches((), NOON, wh(1000), after(30), wh(9000))) == []
    assert kinds(stretches((), NOON, wh(1000), after(120), wh(1000))) == []


def test_a_register_may_imply_the_most_that_the_evse_gives_for_a_minute_more_than_passed() -> None:
    """Stations round their times to the second, and meters count in steps."""
    most = 1000 + 60_000 * 11 // 60
    assert kinds(folded(register(10, most), power_max=60)) == []
    assert kinds(folded(register(10, most + 1), power_max=60)) == [DoubtKind.POWER_IMPLAUSIBLE]


def test_a_mark_at_the_instant_of_a_register_holds_from_then_on_and_is_not_kept_twice() -> None:
    done = folded(mark(10, Activity.SUSPENDED_EV), register(10, 1500))
    assert (done.meter.activity, done.meter.since, done.meter.marks) == (Activity.SUSPENDED_EV, after(10), ())


def test_a_stop_before_the_last_reading_ends_the_session_with_that() -> None:
    done = ended(folded(register(10, 1500)).meter, after(9), wh(1700))
    assert [(stretch.started_at, stretch.ended_at) for stretch in done.stretches] == [(after(10), after(10))]


def test_readings_after_the_stop_are_not_billed() -> None:
    done = stretches([register(10, 1500), register(40, 3000)], NOON, wh(1000), after(30), wh(1800))
    assert energies(done) == [500, 300]
    assert kinds(done) == [DoubtKind.READING_AFTER_STOP]


@pytest.mark.parametrize("start", [None, wh(1000)])
def test_a_meter_is_kept_as_json(start: Energy | None) -> None:
    meter = folded(
        register(5, 1500), mark(6, Activity.SUSPENDED_EV), register(7, 900_000), start=start, power_max=22
    ).meter
    assert meter.held is not None and meter.marks
    assert json.decode(json.encode(meter), Meter) == meter


# ---- Reservations


def test_a_reserved_evse_waits_without_energy_and_nobody_doubts_its_meter() -> None:
    """CDR-039: reserved time comes first, and no register has to be known before the car is there."""
    facts = (register(15, 1000), mark(15, Activity.CHARGING), register(30, 3000))
    done = stretches(facts, NOON, None, after(45), wh(4000), activity=Activity.RESERVED)
    assert [(stretch.activity, stretch.energy) for stretch in done.stretches] == [
        (Activity.RESERVED, NO_ENERGY),
        (Activity.CHARGING, wh(2000)),
        (Activity.CHARGING, wh(1000)),
    ]
    assert kinds(done) == []


def test_a_first_register_after_the_car_came_leaves_what_was_before_it_in_doubt() -> None:
    facts = (mark(15, Activity.CHARGING), register(20, 1000))
    done = stretches(facts, NOON, None, after(45), wh(4000), activity=Activity.RESERVED)
    assert kinds(done) == [DoubtKind.START_UNKNOWN]


def test_a_reservation_that_expires_has_no_meter_to_doubt() -> None:
    done = stretches((), NOON, None, after(60), None, activity=Activity.RESERVED)
    assert [(stretch.activity, stretch.length) for stretch in done.stretches] == [
        (Activity.RESERVED, timedelta(minutes=60))
    ]
    assert kinds(done) == []


def test_energy_that_flowed_while_the_car_was_paused_did_not_flow_before_it_came() -> None:
    facts = (mark(10, Activity.SUSPENDED_EV), register(20, 1010))
    done = stretches(facts, NOON, FIRST, after(20), wh(1010), activity=Activity.RESERVED)
    assert energies(done) == [0, 10]


# ---- Currents


def current(
    minutes: float, amperes: int | str, phase: str | None = None, *, measurand: str = "Current.Import"
) -> Reading:
    return Reading(at=after(minutes), measurand=measurand, value=Decimal(amperes), phase=phase)


def three(minutes: float, amperes: int | str) -> tuple[Reading, ...]:
    return tuple(current(minutes, amperes, phase) for phase in ("L1", "L2", "L3"))


def currents(done: Measured) -> list[Decimal | None]:
    return [stretch.current for stretch in done.stretches]


def test_the_phases_are_summed_and_their_sums_averaged_over_the_stretch() -> None:
    """TAR-054: limits of current are for the sum over all phases."""
    done = folded(*three(5, 16), *three(10, 10), register(10, 1500), *three(20, 6), register(20, 2000))
    assert currents(done) == [39, 18]


def test_a_sum_by_the_station_itself_counts_alone() -> None:
    assert currents(folded(*three(5, 16), current(5, 47), current(5, 16, "L2"), register(10, 1500))) == [47]


@pytest.mark.parametrize("other", ["Current.Offered", "Current.Export", "Power.Active.Import"])
def test_what_is_not_drawn_by_the_car_is_no_current(other: str) -> None:
    done = folded(current(5, 32, measurand=other), current(5, 1, "N"), current(5, "1e39"), register(10, 1500))
    assert currents(done) == [None]


def test_the_same_current_twice_is_one() -> None:
    assert currents(folded(*three(5, 16), *three(5, 16), register(10, 1500))) == [48]


def test_a_pause_draws_no_current_and_charging_goes_on_as_before() -> None:
    paused = (mark(15, Activity.SUSPENDED_EV), mark(18, Activity.CHARGING))
    done = folded(*three(10, 16), register(10, 1500), *paused, register(20, 2000))
    assert currents(done) == [48, 48, 0, 48]


def test_what_is_said_in_a_pause_is_not_the_current_of_the_charging_before_it() -> None:
    done = folded(*three(4, 16), mark(5, Activity.SUSPENDED_EV), *three(9, 0), register(10, 1500))
    assert currents(done) == [48, 0]


def test_a_current_before_the_first_or_after_the_stretch_is_not_of_it() -> None:
    done = folded(*three(0, 0), register(10, 1500), *three(10, 16), register(20, 2000))
    assert currents(done) == [None, None]


def test_a_running_meter_remembers_sums_of_currents_and_not_each_of_them() -> None:
    said = [reading for second in range(1, 600) for reading in three(second / 60, 16)]
    meter = folded(*said).meter
    assert len(meter.drawn) == 1
    assert json.decode(json.encode(meter), Meter) == meter
    assert len(json.encode(meter)) < 300


def test_at_one_instant_a_register_ends_what_was_and_a_mark_begins_what_is_whatever_their_order() -> None:
    facts: list[Fact] = [mark(10, Activity.SUSPENDED_EV), register(10, 2000), register(20, 2000)]
    for came in (facts, facts[::-1], [facts[1], facts[0], facts[2]]):
        done = stretches(came, NOON, FIRST, after(20), wh(2000))
        assert [(one.activity, one.energy.wh) for one in done.stretches] == [
            (Activity.CHARGING, Decimal(1000)),
            (Activity.SUSPENDED_EV, Decimal(0)),
        ]
        assert not done.doubts


def test_of_two_registers_at_one_instant_the_lower_is_folded_first() -> None:
    done = stretches([register(10, 2000), register(10, 1500)], NOON, FIRST, after(10), wh(2000))
    assert (sum(energies(done)), kinds(done)) == (1000, [])


def test_a_register_that_waits_falls_at_the_stop_if_that_denies_it_or_says_nothing() -> None:
    leaps = [register(10, 900_000)]
    for stop, energy in ((wh(2000), 1000), (None, 0), (wh(900_000), 899_000)):
        done = stretches(leaps, NOON, FIRST, after(20), stop, power_max=kw(22))
        assert sum(energies(done)) == energy
        assert kinds(done)[0] is DoubtKind.JUMP


def test_a_register_that_waits_is_no_second_doubt_when_it_is_told_again() -> None:
    done = folded(register(10, 900_000), register(10, 900_000), power_max=22)
    assert kinds(done) == [DoubtKind.JUMP]
    assert done.stretches == ()


def given_back(minutes: float, amount: int | str) -> Reading:
    return Reading(at=after(minutes), measurand=Measurand.ENERGY_EXPORT_REGISTER, value=Decimal(amount))


def test_what_a_car_gives_back_counts_down_with_the_register_that_follows() -> None:
    facts = (given_back(0, 70), given_back(10, 70), register(10, 1500), given_back(20, 770), register(20, 1500))
    done = folded(*facts)
    assert energies(done) == [500, -700] and done.meter.given == wh(700) and done.meter.counted == wh(-200)
    later = stretches([*facts, given_back(25, 970)], NOON, FIRST, after(30), wh(1600))
    assert energies(later) == [500, -700, -100] and kinds(later) == []


def test_what_was_given_back_before_it_was_first_said_is_not_known_and_one_that_falls_is_not_used() -> None:
    done = folded(given_back(10, 9000), register(10, 1500), given_back(20, 8000), register(20, 1600))
    assert energies(done) == [500, 100] and kinds(done) == [DoubtKind.BACKWARD_REGISTER]


def test_what_was_given_back_is_held_against_the_time_since_it_was_said_last() -> None:
    """Each minute 180 Wh of 11 kW; an event with the other register alone comes just before each tenth of them."""
    tens = range(10, 60, 10)
    said = [
        one for ten in tens for one in (register(ten - 0.01, 1000), given_back(ten, ten * 180), register(ten, 1000))
    ]
    done = folded(given_back(0, 0), *said, power_max=11)
    assert kinds(done) == [] and done.meter.given == wh(50 * 180) and done.meter.returned_at == after(50)


def test_one_that_says_again_that_nothing_was_given_back_says_it_of_then() -> None:
    """A thousand in the minute after that is more than 11 kW give, however long it gave nothing."""
    done = folded(given_back(0, 0), given_back(30, 0), given_back(31, 1000), register(31, 1000), power_max=11)
    assert kinds(done) == [DoubtKind.POWER_IMPLAUSIBLE] and done.meter.returned_at == after(30)


def test_a_meter_that_was_kept_before_it_was_known_when_still_counts_what_comes_back() -> None:
    kept = replace(begun(NOON, FIRST, power_max=kw(11)), returned=wh(70), read_at=after(20))
    done = measured(kept, given_back(20, 1870))
    assert done.doubts == () and (done.meter.giving, done.meter.returned_at) == (wh(1800), after(20))


def test_more_given_back_than_an_evse_can_is_not_used() -> None:
    done = folded(given_back(0, 0), given_back(10, 90_000), register(10, 1500), power_max=11)
    assert energies(done) == [500] and kinds(done) == [DoubtKind.POWER_IMPLAUSIBLE]
