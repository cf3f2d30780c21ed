"""A car that follows the roof: never more than there is to spare, not less than the least, and no flicker."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from laddnav.scheduling.surplus import Following, Terms, at_rest, followed, spare

NOW = datetime(2026, 6, 21, 10, 0, tzinfo=UTC)
THREE = Terms(amps_max=16)
EITHER = Terms(amps_max=16, phases=(1, 3))
TICK = timedelta(seconds=10)


def run(terms: Terms, *watts: float, begin: Following | None = None) -> list[Following]:
    """What it does with so much to spare, ten seconds each."""
    found, now = [], begin or at_rest(terms)
    for number, one in enumerate(watts):
        now = followed(terms, now, one, NOW + number * TICK)
        found.append(now)
    return found


def test_it_begins_once_there_has_been_enough_for_a_minute() -> None:
    assert [one.amps for one in run(THREE, *[5000.0] * 8)] == [0, 0, 0, 0, 0, 0, 7.2, 7.2]


def test_a_cloud_before_that_begins_the_minute_anew() -> None:
    assert [one.amps for one in run(THREE, *[5000.0] * 5, 4000.0, *[5000.0] * 6)] == [0] * 12


def test_it_goes_on_with_the_least_for_three_minutes_and_then_stops() -> None:
    amps = [one.amps for one in run(THREE, *[0.0] * 20, begin=Following(amps=10, phases=3))]
    assert amps == [6] * 18 + [0] * 2


def test_sun_in_between_begins_the_three_minutes_anew() -> None:
    amps = [one.amps for one in run(THREE, *[0.0] * 17, 6900.0, *[0.0] * 17, begin=Following(amps=10, phases=3))]
    assert amps == [6] * 17 + [10] + [6] * 17


def test_a_little_more_does_not_change_what_a_station_is_told_and_a_little_less_does() -> None:
    amps = [one.amps for one in run(THREE, 6900.0, 7100.0, 7300.0, 6800.0, begin=Following(amps=10, phases=3))]
    assert amps == [10, 10, 10.5, 9.8]


def test_one_phase_will_do_where_three_are_too_much_and_back() -> None:
    begun = run(EITHER, *[2300.0] * 7)[-1]
    assert (begun.amps, begun.phases) == (10, 1)
    wider = run(EITHER, *[6900.0] * 7, begin=begun)
    assert [(one.amps, one.phases) for one in wider[-2:]] == [(16, 1), (10, 3)]
    narrower = run(EITHER, *[2300.0] * 19, begin=wider[-1])
    assert [(one.amps, one.phases) for one in narrower[-2:]] == [(6, 3), (10, 1)]


def test_what_goes_out_and_what_the_car_draws_itself_is_to_spare() -> None:
    assert spare(grid_watts=-1500, car_watts=4140) == 5640
    assert spare(grid_watts=2000, car_watts=4140) == 2140
    assert spare(grid_watts=0, car_watts=4140, battery_watts=-4140) == 0  # a battery is not emptied into a car


@settings(max_examples=50)
@given(
    st.lists(st.floats(-20_000, 30_000), min_size=1, max_size=60),
    st.sampled_from([THREE, EITHER, Terms(amps_max=10, phases=(1,), keep_watts=300)]),
)
def test_it_draws_nothing_or_between_the_least_and_the_most_and_imports_for_a_short_while_only(
    watts: list[float], terms: Terms
) -> None:
    short_since: int | None = None
    for number, (one, there) in enumerate(zip(run(terms, *watts), watts, strict=True)):
        assert one.amps == 0 or terms.amps_min <= one.amps <= terms.amps_max
        assert one.phases in terms.phases
        draws = one.amps * one.phases * terms.volts
        if draws > max(there - terms.keep_watts, 0) + 1e-6:
            short_since = number if short_since is None else short_since
            assert one.amps == terms.amps_min, "more than there is, it never takes but for the least"
            assert (number - short_since) * TICK < terms.stop_after
        else:
            short_since = None
