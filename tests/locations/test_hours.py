"""When a place is open."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from laddnav.locations.hours import is_open
from laddnav.locations.model import ExceptionalPeriod, Hours, RegularHours
from tests import things


def day(hour: int, minute: int = 0) -> datetime:
    """On midsummer's Sunday, in UTC: two hours before the clock in Stockholm."""
    return datetime(2026, 6, 21, hour, minute, tzinfo=UTC)


SUNDAYS = RegularHours(7, "08:00", "16:00")
OPENED = ExceptionalPeriod(day(17), day(19))
CLOSED = ExceptionalPeriod(day(12), day(18))


@pytest.mark.parametrize(
    ("hours", "opened"),
    [
        (None, [3, 7, 13, 15, 17, 18]),
        (Hours(twentyfourseven=True), [3, 7, 13, 15, 17, 18]),
        (Hours(twentyfourseven=False, regular=(SUNDAYS,)), [7, 13]),
        (Hours(twentyfourseven=False, regular=(RegularHours(1, "00:00", "24:00"),)), []),
        (Hours(twentyfourseven=False, regular=(SUNDAYS,), openings=(OPENED,)), [7, 13, 17, 18]),
        (Hours(twentyfourseven=False, regular=(SUNDAYS,), openings=(OPENED,), closings=(CLOSED,)), [7, 18]),
        (Hours(twentyfourseven=True, closings=(CLOSED,)), [3, 7, 18]),
    ],
)
def test_openings_add_to_the_regular_hours_and_closings_override_both(hours: Hours | None, opened: list[int]) -> None:
    """LOC-104: exceptions in UTC, the regular hours by the clock of the place."""
    place = things.location(opening_times=hours, time_zone="Europe/Stockholm")
    assert [hour for hour in (3, 7, 13, 15, 17, 18) if is_open(place, day(hour))] == opened


def test_a_period_ends_before_its_end() -> None:
    """LOC-102, LOC-104."""
    place = things.location(
        opening_times=Hours(twentyfourseven=False, regular=(SUNDAYS,)), time_zone="Europe/Stockholm"
    )
    assert [is_open(place, at) for at in (day(5, 59), day(6), day(13, 59), day(14))] == [False, True, True, False]
