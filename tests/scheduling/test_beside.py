"""What is thought to be drawn beside the cars: never too little for long, never too much for long, by stated times."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from laddnav.scheduling import beside, committed
from laddnav.scheduling.beside import COUNTS_FOR, HELD, STRETCH, Beside, Look, Stretch
from laddnav.scheduling.outlets import Amps, Lease, Outlet

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LONG_AGO = NOON - timedelta(hours=1)


def even(amps: float) -> Amps:
    return (amps, amps, amps)


def lease(amps: float, number: int = 1, *, at: int = -300, replaced: int | None = None) -> Lease:
    asked_at = NOON + at * SECOND
    return Lease(
        number=number,
        amps=amps,
        asked_at=asked_at,
        until_at=asked_at + timedelta(hours=1),
        acknowledged_at=asked_at,
        replaced_at=None if replaced is None else NOON + replaced * SECOND,
    )


def car(said: float | None, *, sampled: int = 0, leases: tuple[Lease, ...] = (), **more: object) -> Outlet:
    """Told 16 A long ago, it said that it drew so much at so many seconds after noon."""
    fields: dict[str, object] = {
        "id": "A",
        "panel": 0,
        "phases": (0, 1, 2),
        "amps_max": 32.0,
        "leases": leases or (lease(16),),
        "drawn": None if said is None else even(said),
        "drawn_at": None if said is None else NOON + sampled * SECOND,
    }
    return Outlet(**fields | more)  # type: ignore[arg-type]  # fields by name


def between(mains: float, *cars: Outlet, at: int = 0) -> tuple[float, float]:
    found = beside.look(even(mains), NOON + at * SECOND, cars)
    return found.least[0], found.most[0]


# What a look tells ---------------------------------------------------------------------------------------------------


def test_a_car_that_was_told_the_same_all_the_while_draws_what_it_said_last() -> None:
    assert between(24, car(16, sampled=-60)) == (8, 8)
    assert between(24, car(16, sampled=-30, leases=(lease(16, replaced=-20), lease(16, 2, at=-20)))) == (8, 8)


def test_what_was_said_too_long_ago_and_what_nobody_said_leave_open_what_the_car_may_draw() -> None:
    assert between(24, car(16, sampled=-76)) == (8, 24)
    assert between(24, car(None)) == (8, 24)


def test_a_car_that_was_told_more_is_the_reason_for_more_until_it_has_said_so() -> None:
    raised = (lease(6, replaced=-10), lease(16, 2, at=-10))
    assert between(14, car(6, sampled=-20, leases=raised)) == (-2, 8)
    assert between(24, car(6, sampled=-20, leases=raised)) == (8, 18)
    # A sample within its reaction may be from before or after it followed, one after that tells.
    assert between(24, car(16, sampled=49, leases=raised), at=50) == (8, 18)
    assert between(24, car(16, sampled=51, leases=raised), at=52) == (8, 8)


def test_a_car_that_was_told_less_may_draw_that_already() -> None:
    lowered = (lease(16, replaced=-10), lease(6, 2, at=-10))
    assert between(14, car(16, sampled=-20, leases=lowered)) == (-2, 8)


def test_a_car_that_has_just_begun_may_draw_anything_up_to_its_limit() -> None:
    assert between(14, car(0, sampled=-10, since_at=NOON - 10 * SECOND)) == (-2, 14)
    assert between(14, car(6, sampled=-11, leases=(lease(6),), since_at=NOON - 10 * SECOND)) == (8, 14)


def test_where_nobody_charges_nothing_is_drawn_however_much_a_newcomer_might() -> None:
    """Twenty free plugs that fall back to 6 A hide no building of 50 A."""
    free = [car(0, busy=False, leases=(), since_at=LONG_AGO) for _ in range(20)]
    assert between(50, *free) == (50, 50)
    # But the mains meter may have spoken before the charge was over.
    assert between(24, car(0, busy=False, since_at=NOON + SECOND, sampled=2)) == (-8, 24)


def test_between_two_samples_a_car_drew_something_between_them() -> None:
    moved = car(16, sampled=10, drawn_before=even(10), drawn_before_at=NOON - 20 * SECOND)
    assert between(24, moved) == (8, 14)
    assert between(24, car(16, sampled=10)) == (8, 24)


# What is thought -----------------------------------------------------------------------------------------------------


MOST = even(60)  # that the site says the building may draw


def eight_amps(since: int = 0) -> Beside:
    return Beside(at=NOON, amps=even(8), stretches=(Stretch(NOON + since * SECOND, even(8)),))


def thought(*looks: tuple[int, float, float], before: Beside | None = None) -> list[float]:
    """After each look, (seconds after noon, least, most), from 8 A on."""
    now, course = before or eight_amps(), []
    for second, least, most in looks:
        now = beside.believed(now, Look(even(least), even(most)), NOON + second * SECOND, MOST)
        course.append(now.amps[0])
    return course


def test_more_is_believed_at_once_where_cars_cannot_be_the_reason() -> None:
    assert thought((1, 20, 20)) == [20]
    assert thought((1, 7, 20), (2, 9, 20)) == [8, 9]


def test_less_is_believed_once_all_looks_of_so_long_have_told_of_less_and_no_less_than_any_left_open() -> None:
    """The stretch in which the last of them was told of more is to be over for so long."""
    assert thought((10, 3, 4), (25, 3, 3), (75, 3, 5), (99, 3, 3), (100, 3, 3)) == [8, 8, 8, 8, 5]
    looks = [(second, 3, 4 if second < 60 else 3) for second in range(0, 170, 5)]
    course = thought(*looks)
    assert course.index(4) == 100 / 5 and course.index(3) == 150 / 5
    assert max(course[course.index(3) :]) == 3


def test_a_look_that_tells_nothing_between_others_does_not_keep_an_old_belief_alive() -> None:
    """20 A was believed when the cars of a garage had begun, and each raise of one of them kept it so for minutes."""
    now = Beside(at=NOON, amps=even(20), stretches=(Stretch(NOON, even(20)),))
    for second in range(0, 300, 10):
        raised = second % 40 == 0
        look = Look(even(-2 if raised else 8), even(14 if raised else 8))
        now = beside.believed(now, look, NOON + second * SECOND, MOST)
    assert now.amps[0] == 14  # what the raise of 6 A leaves open, and no more


def test_where_nothing_was_believed_the_word_of_the_site_is_as_far_as_meters_leave_it_open() -> None:
    """So after the mains meter was silent, while that word counted."""
    for least, most, amps in ((3, 4, 4), (3, 90, 60), (70, 80, 70)):
        assert thought((91, least, most)) == [amps]
        assert beside.believed(None, Look(even(least), even(most)), NOON, MOST).amps == even(amps)


# Laws ----------------------------------------------------------------------------------------------------------------


class Told(Struct, frozen=True):
    """A car as it truly is: at its second it is told so much, follows `late`, and says what it draws `every` second."""

    first: int
    then: int
    told: int
    late: int
    every: int
    offset: int
    stops: int | None


REACTION = 60
ENDS = 600

tolds = st.builds(
    Told,
    first=st.integers(6, 32),
    then=st.integers(6, 32),
    told=st.integers(0, 300),
    late=st.integers(0, REACTION - 1),
    every=st.integers(5, 60),
    offset=st.integers(0, 59),
    stops=st.none(),
)


def draws(one: Told, second: int) -> float:
    if one.stops is not None and second >= one.stops:
        return 0.0
    return float(one.then if second >= one.told + one.late else one.first)


def known(one: Told, second: int) -> Outlet:
    """As control knows it then: it was on its first limit for long, and acknowledged the other at once."""
    leases: tuple[Lease, ...] = (lease(one.first),)
    if second >= one.told:
        leases = (lease(one.first, replaced=one.told), lease(one.then, 2, at=one.told))
    last = second - (second - one.offset) % one.every
    before = last - one.every
    return car(
        draws(one, last),
        sampled=last,
        leases=leases,
        drawn_before=even(draws(one, before)),
        drawn_before_at=NOON + before * SECOND,
    )


def course(building: list[float], cars: list[Told], every: int) -> Iterator[tuple[int, float, float]]:
    """(second, what is thought, what all cars together may draw at most and do), with a mains meter of its own pace."""
    now: Beside | None = None
    for second in range(0, ENDS, 5):
        heard = second - second % every  # the mains meter's last word
        mains = building[heard] + sum(draws(one, heard) for one in cars)
        outlets = [known(one, second) for one in cars]
        seen = beside.look(even(mains), NOON + heard * SECOND, outlets)
        now = beside.believed(now, seen, NOON + second * SECOND, MOST)
        may = sum(beside.drawn_at(one, NOON + heard * SECOND)[1][0] for one in outlets)
        yield second, now.amps[0], mains - may


@settings(max_examples=40)
@given(cars=st.lists(tolds, min_size=1, max_size=4), amps=st.integers(0, 60), every=st.sampled_from((5, 10, 30, 60)))
def test_it_is_never_thought_to_draw_less_nor_for_long_more(cars: list[Told], amps: int, every: int) -> None:
    """However late cars follow and in whatever order meters speak; and never less than what cars cannot be."""
    settled = max(one.told for one in cars) + REACTION + 60 + 2 * every + (HELD + STRETCH).total_seconds() + 5
    for second, now, floor in course([float(amps)] * ENDS, cars, every):
        assert now >= amps - 1e-9
        assert now >= floor - 1e-9
        if second > settled:
            assert now == pytest.approx(amps)


@settings(max_examples=40)
@given(
    cars=st.lists(tolds, min_size=1, max_size=4),
    before=st.integers(0, 30),
    more=st.integers(1, 30),
    rises=st.integers(0, 300),
    every=st.sampled_from((5, 10, 30)),
)
def test_a_building_that_draws_more_hides_behind_a_car_that_was_told_more_no_longer_than_that_needs_to_say_so(
    cars: list[Told], before: int, more: int, rises: int, every: int
) -> None:
    """Its reaction and a minute; at once behind none."""
    building = [float(before if second < rises else before + more) for second in range(ENDS)]
    told = [one.told for one in cars]
    for second, now, _ in course(building, cars, every):
        hidden = any(at <= second <= at + REACTION + 60 + every for at in told)
        if second >= rises + every and not hidden:
            assert now >= building[second] - 1e-9


@settings(max_examples=40)
@given(
    cars=st.lists(tolds, min_size=1, max_size=4),
    stops=st.lists(st.integers(150, 400), min_size=4, max_size=4),
    every=st.sampled_from((5, 10)),
)
def test_cars_that_stop_without_a_word_do_not_make_the_building_smaller(
    cars: list[Told], stops: list[int], every: int
) -> None:
    """Told nothing; one after the other, each once the one before has said so and a stretch is over."""
    pause = round((HELD + COUNTS_FOR).total_seconds())
    steady = [
        Told(one.first, one.first, -200, 0, one.every, one.offset, stops[0] + number * pause)
        for number, one in enumerate(cars)
    ]
    for second, now, _ in course([10.0] * ENDS, steady, every):
        assert now >= 10 - 1e-9, second


def test_a_limit_that_was_renewed_or_never_was_is_one_limit() -> None:
    renewed = car(16, leases=(lease(16, replaced=-10), lease(16, 2, at=-10)))
    assert committed.kept_to(renewed, NOON - 60 * SECOND, NOON) == (16, 16)
    assert committed.kept_to(Outlet(id="A", panel=0, phases=(0,), amps_max=32), NOON, NOON) == (6, 6)
