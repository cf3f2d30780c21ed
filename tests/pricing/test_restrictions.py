"""Each restriction at its very border, and what a policy makes of what nobody said."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest

from laddnav.kit.power import kw
from laddnav.pricing.model import Span
from laddnav.pricing.policy import OURS, DurationFrom, EqualWindow, Extent, Missing, Policy, WindowDay
from laddnav.pricing.restrictions import Moment, SinceParking, conditions
from laddnav.tariffs.model import Restriction, Weekday

FRIDAY = datetime(2026, 3, 6, tzinfo=UTC)
SATURDAY = FRIDAY + timedelta(days=1)
FRIDAY_NIGHT = Restriction(start_time=time(22), end_time=time(6), weekdays=(Weekday.FRIDAY,))
BY_ITS_START = Policy(window_day=WindowDay.START)
FAILING = Policy(missing=Missing.FAILS)
WHOLLY_INSIDE = Policy(extent=Extent.WHOLE)
SINCE_PARKING = Policy(duration_from=DurationFrom.PARKING)


def holds(restriction: Restriction, moment: Moment, policy: Policy = OURS, *, parking: bool = False) -> bool:
    return all(condition.holds(moment) for condition in conditions(restriction, policy, parking=parking))


@pytest.mark.parametrize(
    ("at", "ours", "others"),
    [
        (FRIDAY.replace(hour=5, minute=59), True, False),
        (FRIDAY.replace(hour=6), False, False),
        (FRIDAY.replace(hour=22), True, True),
        (SATURDAY.replace(hour=5, minute=59), False, True),
        (SATURDAY.replace(hour=6), False, False),
        (SATURDAY.replace(hour=22), False, False),
    ],
)
def test_a_window_over_midnight_is_of_the_day_itself_or_of_that_on_which_it_began(
    at: datetime, ours: bool, others: bool
) -> None:
    """TAR-050, TAR-051."""
    assert holds(FRIDAY_NIGHT, Moment(at)) is ours
    assert holds(FRIDAY_NIGHT, Moment(at), BY_ITS_START) is others


def test_a_window_within_a_day_is_of_that_day_however_it_is_read() -> None:
    """TAR-049."""
    morning = Restriction(start_time=time(1), end_time=time(6), weekdays=(Weekday.FRIDAY,))
    for policy in (OURS, BY_ITS_START):
        assert [holds(morning, Moment(day.replace(hour=5)), policy) for day in (FRIDAY, SATURDAY)] == [True, False]


def test_from_midnight_to_midnight_is_the_whole_day_however_equal_times_are_read() -> None:
    """TAR-050: 00:00 as an end is the end of the day."""
    never = Policy(equal_window=EqualWindow.NEVER)
    assert holds(Restriction(start_time=time(0), end_time=time(0)), Moment(FRIDAY), never)
    assert not holds(Restriction(start_time=time(5), end_time=time(5)), Moment(FRIDAY), never)


def test_who_counts_parking_from_its_own_start_does_so_to_the_second() -> None:
    restriction = Restriction(duration_min=timedelta(minutes=5))
    parked = Moment(FRIDAY, elapsed=timedelta(hours=1), parked=timedelta(minutes=5))
    (condition,) = conditions(restriction, SINCE_PARKING, parking=True)
    assert condition.borders == (SinceParking(timedelta(minutes=5)),)
    assert condition.holds(parked)
    assert not condition.holds(Moment(FRIDAY, elapsed=timedelta(hours=1), parked=timedelta(minutes=4, seconds=59)))


@pytest.mark.parametrize("policy", [FAILING, Policy(extent=Extent.WHOLE, missing=Missing.FAILS)])
@pytest.mark.parametrize(
    ("restriction", "span", "by_peak_and_trough", "wholly"),
    [
        # Known to the end: the trough decides of all of it, the peak of some of it.
        (Restriction(power_min=kw(10)), Span(Decimal(10), None), True, True),
        (Restriction(power_min=kw(10)), Span(Decimal(9), None), False, False),
        (Restriction(power_min=kw(10)), Span(None, Decimal(10)), True, False),
        (Restriction(power_max=kw(10)), Span(None, Decimal(10)), False, False),
        (Restriction(power_max=kw(10)), Span(None, Decimal(9)), True, True),
        (Restriction(power_max=kw(10)), Span(Decimal(9), None), True, False),
        (Restriction(power_max=kw(10)), Span(Decimal(10), None), False, False),
    ],
)
def test_of_power_that_is_known_on_one_side_that_side_is_used_if_it_decides(
    policy: Policy, restriction: Restriction, span: Span, by_peak_and_trough: bool, wholly: bool
) -> None:
    """TAR-055."""
    expected = by_peak_and_trough if policy.extent is Extent.PEAK_AND_TROUGH else wholly
    assert holds(restriction, Moment(FRIDAY, power=span), policy) is expected


def test_what_cannot_be_above_its_peak_is_not_wholly_above_though_missing_data_matches() -> None:
    below = Moment(FRIDAY, power=Span(None, Decimal(9)))
    assert not holds(Restriction(power_min=kw(10)), below, WHOLLY_INSIDE)
    above = Moment(FRIDAY, power=Span(Decimal(10), None))
    assert not holds(Restriction(power_max=kw(10)), above, WHOLLY_INSIDE)
