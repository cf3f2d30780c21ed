"""A session told as a curve becomes stretches: exact, marked where it is drawn, or refused in one sentence."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laddnav.kit import json
from laddnav.kit.energy import NO_ENERGY, kwh, wh
from laddnav.kit.json import Unreadable
from laddnav.kit.refusal import Refusal
from laddnav.metering.curve import UnusableCurve, read_session, stretches_of
from laddnav.metering.model import Activity, Stretch

NINE = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def at(minutes: float) -> str:
    return (NINE + timedelta(minutes=minutes)).isoformat()


def told(**fields: Any) -> tuple[Stretch, ...]:
    """An hour from nine, unless `fields` say otherwise."""
    return stretches_of(read_session(json.encode({"start": at(0), "end": at(60), **fields})))


def meter(*points: tuple[float, str | int]) -> list[dict[str, Any]]:
    return [{"t": at(minutes), "kwh": Decimal(energy)} for minutes, energy in points]


def states(*marks: tuple[float, str]) -> list[dict[str, str]]:
    return [{"t": at(minutes), "state": state} for minutes, state in marks]


def minutes_and_wh(stretches: tuple[Stretch, ...]) -> list[tuple[object, object, Activity]]:
    return [(stretch.length / timedelta(minutes=1), stretch.energy.wh, stretch.activity) for stretch in stretches]


def test_start_and_end_of_the_meter_are_enough() -> None:
    (whole,) = told(meter=meter((0, "1000.5"), (60, "1011.5")))
    assert whole == Stretch(started_at=NINE, ended_at=NINE + timedelta(hours=1), energy=kwh(11))


def test_each_value_of_the_meter_ends_a_stretch_because_the_power_may_change_there() -> None:
    done = told(meter=meter((0, 0), (15, 4), (60, 7)))
    assert minutes_and_wh(done) == [(15, 4000, Activity.CHARGING), (45, 3000, Activity.CHARGING)]
    assert not any(stretch.interpolated for stretch in done)


def test_a_state_between_two_values_cuts_the_straight_line_and_says_so() -> None:
    done = told(meter=meter((0, 0), (60, 1)), states=states((20, "SUSPENDED_EVSE"), (40, "CHARGING")))
    assert minutes_and_wh(done) == [
        (20, Decimal("333.333333"), Activity.CHARGING),
        (20, Decimal("333.333333"), Activity.SUSPENDED_EVSE),
        (20, Decimal("333.333334"), Activity.CHARGING),
    ]
    assert all(stretch.interpolated for stretch in done)


def test_a_state_where_the_meter_stands_still_is_not_drawn() -> None:
    done = told(meter=meter((0, 0), (30, 5), (60, 5)), states=states((40, "PARKING")))
    assert [stretch.interpolated for stretch in done] == [False, False, False]


def test_the_states_are_the_four_of_the_interface() -> None:
    done = told(states=states((0, "RESERVED"), (15, "CHARGING"), (30, "SUSPENDED_EVSE"), (45, "PARKING")))
    assert [stretch.activity for stretch in done] == [
        Activity.RESERVED,
        Activity.CHARGING,
        Activity.SUSPENDED_EVSE,
        Activity.SUSPENDED_EV,
    ]


def test_before_its_first_state_a_session_charges() -> None:
    assert [stretch.activity for stretch in told(states=states((30, "PARKING")))] == [
        Activity.CHARGING,
        Activity.SUSPENDED_EV,
    ]


def test_of_two_states_at_one_instant_the_later_one_holds() -> None:
    (only,) = told(states=states((0, "RESERVED"), (0, "PARKING")))
    assert only.activity is Activity.SUSPENDED_EV


def test_energy_that_was_metered_while_parked_stays_there() -> None:
    done = told(meter=meter((0, 0), (30, 6), (60, "6.1")), states=states((30, "PARKING")))
    assert minutes_and_wh(done) == [(30, 6000, Activity.CHARGING), (30, 100, Activity.SUSPENDED_EV)]


def test_before_its_first_value_and_after_its_last_a_meter_stands_still() -> None:
    """TAR-062: a reservation takes time and no energy, so the meter may begin with the charge."""
    done = told(meter=meter((15, 1000), (45, 1006)), states=states((0, "RESERVED"), (15, "CHARGING")))
    assert minutes_and_wh(done) == [
        (15, 0, Activity.RESERVED),
        (30, 6000, Activity.CHARGING),
        (15, 0, Activity.CHARGING),
    ]


def test_a_falling_meter_is_energy_fed_back() -> None:
    done = told(meter=meter((0, 0), (30, 5), (60, 2)))
    assert [stretch.energy for stretch in done] == [kwh(5), kwh(-3)]


def test_a_session_without_a_meter_brought_no_energy() -> None:
    (whole,) = told()
    assert whole.energy == NO_ENERGY and whole.length == timedelta(hours=1)


def test_a_session_of_no_length_is_one_stretch_of_none() -> None:
    assert told(end=at(0)) == (Stretch(started_at=NINE, ended_at=NINE, energy=NO_ENERGY),)


def test_times_without_a_zone_are_utc_and_others_become_it() -> None:
    naive, eastern = "2026-11-21T09:00:00", "2026-11-21T11:00:00+01:00"
    (whole,) = told(start=naive, end=eastern)
    assert (whole.started_at, whole.ended_at) == (NINE, NINE + timedelta(hours=1))


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no start": ({"start": None}, "`start` is missing: say when the session started"),
    "no end": ({"end": None}, "`end` is missing: say when the session ended"),
    "end first": ({"end": at(-1)}, "`end` 2026-11-21T08:59:00Z is before `start` 2026-11-21T09:00:00Z"),
    "for ever": ({"end": "9999-12-31T00:00:00Z"}, "`end` 9999-12-31T00:00:00Z is more than ten years after"),
    "meter out of order": ({"meter": meter((30, 1), (10, 2))}, "`meter[1].t` 2026-11-21T09:10:00Z is before"),
    "meter outside": ({"meter": meter((0, 0), (61, 2))}, "`meter[1].t` 2026-11-21T10:01:00Z is outside"),
    "states out of order": ({"states": states((30, "PARKING"), (10, "CHARGING"))}, "`states[1].t`"),
    "state outside": ({"states": states((-1, "RESERVED"))}, "`states[0].t`"),
    "no such state": ({"states": states((0, "SLEEPING"))}, "`states[0].state` 'SLEEPING' is not known"),
    "two values at once": ({"meter": meter((0, 0), (0, 1))}, "leave out one of them"),
    "unknown beginning": ({"meter": meter((30, 1), (60, 2))}, "put first what the meter said at `start`"),
    "unknown first minutes": (
        {"meter": meter((30, 1)), "states": states((10, "RESERVED"))},
        "put first what the meter said at `start`",
    ),
    "not a number": ({"meter": [{"t": at(0), "kwh": "NaN"}]}, "`meter[0].kwh` is not what a meter can say"),
    "too much": ({"meter": [{"t": at(0), "kwh": "1e10"}]}, "`meter[0].kwh` is not what a meter can say"),
    "before the calendar": ({"start": "0001-01-01T00:00:00+14:00"}, "`start` is beyond the calendar"),
}


@pytest.mark.parametrize(("fields", "why"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused_in_one_sentence(fields: dict[str, Any], why: str) -> None:
    with pytest.raises(UnusableCurve) as refused:
        told(**fields)
    assert why in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"meter": 5}', b'{"meter": [{}]}', b'{"start": "soon"}', b"[" * 10_000])
def test_what_is_no_session_at_all_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read_session(body)


moments = st.lists(st.integers(0, 3600), max_size=12, unique=True).map(sorted)


@given(moments, moments, st.data())
def test_stretches_cover_the_session_and_hold_all_that_the_meter_said(
    metered: list[int], marked: list[int], data: st.DataObject
) -> None:
    points = [(second / 60, data.draw(st.decimals(-10, 50, places=3))) for second in metered]
    if points and metered[0] > 0:
        points[0] = (points[0][0], Decimal(0))
    marks = [
        (second / 60, data.draw(st.sampled_from(["RESERVED", "CHARGING", "SUSPENDED_EVSE", "PARKING"])))
        for second in marked
    ]
    done = told(meter=meter(*((m, str(e)) for m, e in points)), states=states(*marks))
    assert done[0].started_at == NINE and done[-1].ended_at == NINE + timedelta(hours=1)
    for before, after in pairwise(done):
        assert before.ended_at == after.started_at
    rise = points[-1][1] - points[0][1] if points else Decimal(0)
    assert sum((stretch.energy for stretch in done), NO_ENERGY) == wh(rise * 1000)


@given(st.binary(max_size=200))
def test_whatever_is_told_is_read_or_refused(body: bytes) -> None:
    try:
        stretches_of(read_session(body))
    except Refusal:
        pass
