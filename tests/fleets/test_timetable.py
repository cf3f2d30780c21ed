"""When vehicles leave, by the clock at the depot, also in the nights in which it changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laddnav.fleets import written_departures
from laddnav.fleets.model import Departure, Swap
from laddnav.fleets.timetable import shown_at, trips
from tests.fleets.vans import TUESDAY, ZONE, departure, fleet, van
from tests.things import LONG_AGO

FORWARD, BACK = date(2026, 3, 29), date(2026, 10, 25)
A_WEEK = timedelta(days=7)


def leaves(one: Departure, since: datetime, length: timedelta = A_WEEK, *swaps: Swap) -> list[str]:
    """By the clock there."""
    found = trips([one], swaps, {"V1": ZONE, "V2": ZONE}, since, since + length)
    return [f"{each.vehicle} {each.departs_at.astimezone(ZoneInfo(ZONE)):%a %d %H:%M}" for each in found]


def test_a_vehicle_leaves_on_the_days_of_its_timetable() -> None:
    monday = datetime(2026, 11, 23, tzinfo=UTC)
    assert leaves(departure(days=(1, 3)), monday) == ["V1 Mon 23 06:00", "V1 Wed 25 06:00"]


def test_it_leaves_neither_before_its_timetable_begins_nor_after_it_ends_nor_on_days_that_are_called_off() -> None:
    monday = datetime(2026, 11, 23, tzinfo=UTC)
    one = departure(begins_on=date(2026, 11, 24), ends_on=date(2026, 11, 26), but_on=(date(2026, 11, 25),))
    assert leaves(one, monday) == ["V1 Tue 24 06:00", "V1 Thu 26 06:00"]


def test_what_is_once_is_on_that_day_alone() -> None:
    one = departure(days=(2,), begins_on=TUESDAY, ends_on=TUESDAY)
    assert leaves(one, datetime(2026, 11, 1, tzinfo=UTC), 6 * A_WEEK) == ["V1 Tue 24 06:00"]


def test_another_vehicle_leaves_instead_on_the_day_of_the_swap_alone() -> None:
    swap = Swap(departure="D1", on=TUESDAY, vehicle="V2", by="a test", at=LONG_AGO)
    found = leaves(departure(), datetime(2026, 11, 23, tzinfo=UTC), timedelta(days=3), swap)
    assert found == ["V1 Mon 23 06:00", "V2 Tue 24 06:00", "V1 Wed 25 06:00"]


def test_who_is_back_earlier_than_it_left_is_back_the_next_day() -> None:
    (night,) = trips([departure(days=(1,), at=time(22), back=time(5))], (), {"V1": ZONE}, *_week())
    assert night.back_at == datetime(2026, 11, 24, 4, tzinfo=UTC)


def _week() -> tuple[datetime, datetime]:
    monday = datetime(2026, 11, 23, tzinfo=UTC)
    return monday, monday + A_WEEK


@pytest.mark.parametrize(
    ("on", "at", "then"),
    [
        (FORWARD, time(1, 59), "2026-03-29T00:59:00+00:00"),
        (FORWARD, time(2, 30), "2026-03-29T01:00:00+00:00"),  # there is no 02:30: the clock is put forward by then
        (FORWARD, time(3, 0), "2026-03-29T01:00:00+00:00"),
        (BACK, time(2, 30), "2026-10-25T00:30:00+00:00"),  # it comes twice
        (BACK, time(3, 0), "2026-10-25T02:00:00+00:00"),
    ],
)
def test_in_the_nights_in_which_the_clock_changes_a_vehicle_is_rather_ready_too_early(
    on: date, at: time, then: str
) -> None:
    assert shown_at(on, at, ZONE).isoformat() == then


@given(
    on=st.dates(date(2026, 1, 1), date(2028, 12, 31)),
    at=st.times().map(lambda one: one.replace(second=0, microsecond=0)),
    zone=st.sampled_from([ZONE, "Europe/Lisbon", "America/New_York", "Australia/Lord_Howe", "UTC"]),
)
def test_a_departure_is_the_first_instant_at_which_the_clock_has_come_to_its_time(
    on: date, at: time, zone: str
) -> None:
    then, wanted = shown_at(on, at, zone), datetime.combine(on, at)
    shown = then.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert shown >= wanted
    before = (then - timedelta(seconds=1)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert before < wanted


@given(
    on=st.dates(date(2026, 3, 25), date(2026, 4, 2)) | st.dates(date(2026, 10, 20), date(2026, 10, 28)),
    times=st.lists(st.times().map(lambda one: one.replace(second=0, microsecond=0)), min_size=2, max_size=2),
)
def test_who_leaves_later_by_the_clock_never_leaves_before(on: date, times: list[time]) -> None:
    first, second = sorted(times)
    assert shown_at(on, first, ZONE) <= shown_at(on, second, ZONE)


@pytest.mark.parametrize(
    ("said", "days"),
    [
        ("Mon-Fri", (1, 2, 3, 4, 5)),
        ("mon wed, SAT", (1, 3, 6)),
        ("Sat-Mon", (1, 6, 7)),
        ("Monday", (1,)),
        ("daily", (1, 2, 3, 4, 5, 6, 7)),
    ],
)
def test_days_are_said_as_people_say_them(said: str, days: tuple[int, ...]) -> None:
    assert written_departures.days(said) == days


@given(st.sets(st.integers(1, 7), min_size=1))
def test_days_that_are_written_down_are_read_as_they_were(days: set[int]) -> None:
    one = departure(days=tuple(sorted(days)))
    assert written_departures.days(written_departures.days_said(one)) == one.days


def test_a_departure_that_is_written_down_is_read_as_it_was() -> None:
    once = departure(days=(2,), begins_on=TUESDAY, ends_on=TUESDAY)
    for one in (departure(), departure(back=None, but_on=(TUESDAY,), begins_on=date(2026, 11, 1)), once):
        said = written_departures.said_of_departure(one, "V1")
        assert written_departures.departure(said, fleet(), {"v1": van()}, one.ref, LONG_AGO) == one
