"""What a site gives is shared as it is said: never beyond a limit, the minimum to as many as can be, nobody starves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import process_time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from laddnav.scheduling.asking import floors, wanted
from laddnav.scheduling.control import TURN, after, shared
from laddnav.scheduling.outlets import NO_AMPS, Ban, Floats, Lease, Moment, Outlet
from laddnav.scheduling.room import at_connection, fuses_of, ratings_of, rows
from laddnav.scheduling.site import Panel

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def car(name: str = "A", wants: float = 32.0, **more: Any) -> Outlet:
    """On three phases, in no hurry."""
    usual = Outlet(
        id=name,
        panel=0,
        phases=(0, 1, 2),
        amps_max=32.0,
        keeps_for_newcomers=True,
        charging=True,
        wanted_amps=wants,
        laxity=timedelta(hours=2),
    )
    return replace(usual, **more)


def moment(*outlets: Outlet, amps: float = 63.0, **more: Any) -> Moment:
    panels = (Panel(name="connection", amps_max=(amps, amps, amps)),)
    return replace(Moment(at=NOON, panels=panels, outlets=outlets, overload=None), **more)


def given_to(now: Moment) -> list[float]:
    return [float(amps) for amps in shared(now)]


# Cases ---------------------------------------------------------------------------------------------------------------


def test_what_all_want_is_given_when_there_is_room() -> None:
    assert given_to(moment(car("A", 16), car("B", 10.7), car("C", 0), car("D", 3))) == [16, 10, 0, 6]


def test_what_is_short_is_shared_evenly_in_whole_amperes() -> None:
    assert given_to(moment(car("A"), car("B"), car("C", 8), amps=33)) == [13, 12, 8]


def test_as_many_as_can_be_have_their_minimum_and_those_who_could_wait_least() -> None:
    late = car("C", laxity=-10 * MINUTE)
    assert given_to(moment(car("A", laxity=timedelta(hours=3)), car("B"), late, amps=14)) == [0, 6, 8]


def test_who_would_be_late_is_filled_before_the_others() -> None:
    assert given_to(moment(car("A"), car("B", laxity=5 * MINUTE), car("C"), amps=40)) == [6, 28, 6]


def test_higher_priority_goes_first() -> None:
    assert given_to(moment(car("A"), car("B", priority=1), amps=11)) == [0, 11]


def test_a_full_phase_is_full_for_its_cars_alone() -> None:
    ones = [car(f"{phase}", phases=(phase,)) for phase in (0, 0, 1)]
    assert given_to(moment(*ones, amps=20)) == [10, 10, 20]


def test_a_board_limits_what_the_connection_would_give() -> None:
    boards = (Panel(name="connection", amps_max=(63,) * 3), Panel(name="garage", under=0, amps_max=(16,) * 3))
    assert given_to(moment(car("A", panel=1), car("B"), panels=boards)) == [16, 32]


def test_the_building_comes_first_and_a_silent_meter_counts_as_its_most() -> None:
    assert given_to(moment(car(), amps=40, building=(10.0, 20.0, 5.0), building_max=(30.0, 30.0, 30.0))) == [20]
    assert given_to(moment(car(), amps=40, building=None, building_max=(30.0, 30.0, 30.0))) == [10]


def test_what_the_roof_gives_is_no_room_of_a_fuse_but_of_a_limit_from_the_grid() -> None:
    sunny = moment(car(), amps=20, building=(-20.0, -20.0, -20.0))
    assert given_to(sunny) == [20]
    assert given_to(replace(sunny, kw_max=0.0)) == [20]
    assert given_to(replace(sunny, kw_max=-10.0)) == [0]


def test_a_limit_in_kilowatts_counts_all_phases_of_all_cars() -> None:
    assert given_to(moment(car("A"), car("B", phases=(1,)), kw_max=9.2)) == [10, 10]
    assert given_to(moment(car("A"), car("B", phases=(1,)), cars_kw_max=3.0)) == [0, 13]


def test_phases_differ_by_no_more_than_they_may_though_the_others_draw_nothing_yet() -> None:
    ones = [car(f"{phase}", phases=(phase,)) for phase in (0, 1, 2)]
    assert given_to(moment(*ones, unbalance_max=16.0)) == [16, 16, 16]
    amps = ((16.0, 0.0, 0.0), (0.0, 16.0, 0.0), (0.0, 0.0, 16.0))
    drawing = [replace(one, drawn=drawn, drawn_at=NOON) for one, drawn in zip(ones, amps, strict=True)]
    assert given_to(moment(*drawing, unbalance_max=16.0)) == [32, 32, 32]


def test_who_cannot_be_asked_counts_with_what_it_may_draw() -> None:
    lease = Lease(number=1, amps=20, asked_at=NOON, until_at=NOON + 4 * MINUTE, acknowledged_at=NOON)
    assert given_to(moment(car("A", reachable=False, leases=(lease,)), car("B"), amps=30)) == [0, 10]


def test_a_place_for_newcomers_keeps_its_fallback_unless_its_station_was_told_otherwise() -> None:
    free = car("A", charging=False, keeps_for_newcomers=False)
    assert given_to(moment(free, car("B"), amps=20)) == [0, 14]
    assert given_to(moment(replace(free, keeps_for_newcomers=True), car("B"), amps=20)) == [0, 20]


def test_others_make_room_at_once_for_a_station_that_is_out() -> None:
    assert given_to(moment(car("A", ban=Ban(since_at=NOON)), car("B"), car("C"), amps=50)) == [0, 9, 9]


def test_room_is_kept_so_that_one_station_may_follow_nothing() -> None:
    """1.25 × 40 A bear 32 A of one and 18 A of all others."""
    three = (car("A"), car("B", charging=False), car("C"))
    assert given_to(moment(*three, amps=40, overload=1.25)) == [9, 0, 9]
    assert given_to(moment(*three, amps=40)) == [20, 0, 20]


def test_where_one_station_is_too_much_by_itself_no_room_is_kept_in_vain() -> None:
    assert given_to(moment(car("A"), car("B", amps_max=63.0), amps=40, overload=1.25)) == [20, 20]


def test_who_draws_clearly_less_than_it_may_leaves_the_rest_to_others() -> None:
    long_ago = NOON - 2 * MINUTE
    lease = Lease(number=1, amps=16, asked_at=long_ago, until_at=NOON + 3 * MINUTE, acknowledged_at=long_ago)
    tapering = car("A", leases=(lease,), drawn=(7.2, 7.1, 7.0), drawn_at=NOON)
    assert given_to(moment(tapering, car("B"), amps=32)) == [10, 22]
    assert given_to(moment(replace(tapering, drawn=(15.0, 15.0, 15.0)), car("B"), amps=32)) == [16, 16]
    assert given_to(moment(tapering, car("B", 10), amps=32)) == [22, 10]


# Turns ---------------------------------------------------------------------------------------------------------------


def test_who_has_begun_keeps_its_minimum_for_a_turn() -> None:
    begun = car("A", laxity=timedelta(hours=9), on_since_at=NOON - TURN + MINUTE)
    assert given_to(moment(begun, car("B"), amps=9)) == [9, 0]
    assert given_to(moment(replace(begun, on_since_at=NOON - TURN), car("B"), amps=9)) == [0, 9]


def test_who_was_paused_rests_before_it_starts_again_and_only_with_an_ampere_to_spare() -> None:
    paused = car("A", paused=True, waits_since_at=NOON - MINUTE)
    assert given_to(moment(paused)) == [0]
    rested = replace(paused, waits_since_at=NOON - 2 * MINUTE)
    assert given_to(moment(rested, amps=6)) == [0]
    assert given_to(moment(rested, amps=7)) == [7]


@pytest.mark.parametrize("cars", [2, 3, 7])
def test_each_waits_two_turns_at_most_and_one_more_for_each_that_has_waited_longer(cars: int) -> None:
    """One place, with cars of every urgency that want it for good, and one that needs all three phases."""
    outlets = [car(f"{number}", phases=(0, 1, 2) if number == 0 else (0,)) for number in range(cars)]
    outlets = [replace(one, laxity=MINUTE * 7**number) for number, one in enumerate(outlets)]
    longest = timedelta()
    for minute in range(30 * (cars + 4)):
        now = moment(*outlets, at=NOON + minute * MINUTE, amps=7)
        outlets = [after(one, amps, now.at) for one, amps in zip(outlets, shared(now).tolist(), strict=True)]
        longest = max(longest, *(now.at - (one.waits_since_at or now.at) for one in outlets))
    assert TURN - MINUTE <= longest <= TURN * (2 + cars - 1)


def test_a_car_on_three_phases_does_not_starve_behind_cars_on_one() -> None:
    outlets = [car("A", laxity=timedelta(hours=20))] + [car(f"{n}", phases=(n % 3,)) for n in range(1, 7)]
    waited = timedelta()
    for minute in range(240):
        now = moment(*outlets, at=NOON + minute * MINUTE, amps=7)
        outlets = [after(one, amps, now.at) for one, amps in zip(outlets, shared(now).tolist(), strict=True)]
        waited = max(waited, now.at - (outlets[0].waits_since_at or now.at))
    assert TURN <= waited <= 3 * TURN


# Laws ----------------------------------------------------------------------------------------------------------------


@st.composite
def moments(draw: st.DrawFn) -> Moment:
    boards = draw(st.integers(0, 2))
    fuses = st.integers(10, 90).map(float)
    panels = [Panel(name="connection", amps_max=(draw(fuses), draw(fuses), draw(fuses)))]
    for number in range(boards):
        amps = draw(fuses)
        panels.append(Panel(name=f"{number}", under=draw(st.integers(0, number)), amps_max=(amps, amps, amps)))
    loads = st.integers(0, 30).map(float)
    building: st.SearchStrategy[tuple[float, float, float] | None] = st.none() | st.tuples(loads, loads, loads)
    outlets = [
        Outlet(
            id=f"{number}",
            panel=draw(st.integers(0, boards)),
            phases=draw(st.sampled_from([(0, 1, 2), (0,), (1,), (2,), (0, 1)])),
            amps_max=draw(st.sampled_from([16.0, 32.0, 63.0])),
            amps_min=draw(st.sampled_from([6.0, 8.0])),
            fallback_amps=draw(st.sampled_from([0.0, 6.0])),
            keeps_for_newcomers=draw(st.booleans()),
            reachable=draw(st.sampled_from([True, True, True, False])),
            charging=draw(st.sampled_from([True, True, False])),
            wanted_amps=draw(st.sampled_from([0.0, 4.0, 10.5, 16.0, 32.0, 63.0])),
            ceiling_amps=draw(st.sampled_from([None, None, 4.0, 9.9])),
            laxity=draw(st.integers(-60, 300)) * MINUTE,
            priority=draw(st.sampled_from([0, 0, 1])),
        )
        for number in range(draw(st.integers(1, 7)))
    ]
    return Moment(
        at=NOON,
        panels=tuple(panels),
        outlets=tuple(outlets),
        building=draw(building),
        building_max=(5.0, 5.0, 5.0),
        kw_max=draw(st.none() | st.floats(0, 50)),
        unbalance_max=draw(st.none() | st.floats(0, 30)),
        overload=draw(st.sampled_from([None, 1.25])),
    )


def over(now: Moment, targets: Floats) -> Floats:
    """(panel × phase) amperes above the fuse, with what cannot be taken from those who were given nothing."""
    held = np.maximum(targets, [0 if one.reachable and one.charging else amps for one, amps in _floors(now)])
    drawn = at_connection(now.panels, now.building or now.building_max)
    return fuses_of(now.panels, now.outlets) @ held + drawn - ratings_of(now.panels)


def _floors(now: Moment) -> list[tuple[Outlet, float]]:
    return list(zip(now.outlets, floors(now).tolist(), strict=True))


@settings(deadline=None, max_examples=50)
@given(now=moments())
def test_no_fuse_and_no_limit_is_exceeded_by_what_is_given(now: Moment) -> None:
    targets = shared(now)
    before = over(now, np.zeros(len(targets)))
    assert (over(now, targets) <= np.maximum(before, 0) + 1e-6).all()
    table = rows(now, floors(now))
    assert (table.of_others @ targets <= np.maximum(table.others, 0) + 1e-6).all()


@settings(deadline=None, max_examples=50)
@given(now=moments())
def test_each_has_nothing_or_its_minimum_in_whole_amperes_and_no_more_than_it_wants(now: Moment) -> None:
    for one, amps in zip(now.outlets, shared(now).tolist(), strict=True):
        assert amps == 0 or one.amps_min <= amps <= wanted(one) <= one.amps_max
        assert amps == int(amps)
        assert amps == 0 or (one.reachable and amps <= (one.ceiling_amps or amps))


@settings(deadline=None, max_examples=50)
@given(now=moments())
def test_nothing_is_kept_from_a_car_that_it_could_have(now: Moment) -> None:
    """Who has less than it wants meets a limit: with one ampere more, or its minimum, something would be exceeded."""
    now = replace(now, overload=None)
    targets, least = shared(now), floors(now)
    table = rows(now, least)
    draws_anyway = np.where([one.reachable for one in now.outlets], 0.0, least)
    for number, one in enumerate(now.outlets):
        if not one.reachable or targets[number] >= wanted(one):
            continue
        more = np.maximum(targets, draws_anyway)
        more[number] = targets[number] + 1 if targets[number] else one.amps_min
        fuses = table.wiring.through(np.maximum(more, least)) > table.fuses
        assert fuses.any() or (table.of_others @ more > table.others).any(), one.id


@settings(deadline=None, max_examples=50)
@given(now=moments(), more=st.floats(0, 40), which=st.integers(0, 2))
def test_a_larger_fuse_gives_no_fewer_cars_a_place_and_no_fewer_amperes_where_all_are_alike(
    now: Moment, more: float, which: int
) -> None:
    alike = tuple(
        replace(one, phases=(0, 1, 2), panel=0, amps_max=32.0, amps_min=6.0, ceiling_amps=None) for one in now.outlets
    )
    now = replace(now, outlets=alike, overload=None)
    amps = list(now.panels[0].amps_max)
    amps[which] += more
    wider = replace(now, panels=(replace(now.panels[0], amps_max=(amps[0], amps[1], amps[2])), *now.panels[1:]))
    before, afterwards = shared(now), shared(wider)
    assert np.count_nonzero(afterwards) >= np.count_nonzero(before)
    assert afterwards.sum() >= before.sum()


def test_a_thousand_cars_are_shared_among_in_no_time() -> None:
    """50 ms at home; a machine that does other things too has ten times as long."""
    boards = 33
    panels = [Panel(name="connection", amps_max=(9000.0,) * 3)]
    panels += [Panel(name=f"{number}", under=0, amps_max=(400.0,) * 3) for number in range(boards)]
    outlets = [
        car(f"{number}", panel=1 + number % boards, phases=(0, 1, 2) if number % 5 < 3 else (number % 3,))
        for number in range(1000)
    ]
    now = Moment(at=NOON, panels=tuple(panels), outlets=tuple(outlets), building=NO_AMPS, building_max=(20.0,) * 3)
    began = process_time()
    targets = shared(now)
    assert process_time() - began < 0.5
    assert targets.min() >= 6
