"""What a Station says that holds, beside what it was asked for; and which new profile is no news."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from laddnav.scheduling.held import Obeyed, alike, obeyed, prolongs
from laddnav.scheduling.model import ActiveChargingProfile, ChargingProfile, ProfileLimit, RateUnit
from tests.scheduling.test_merged import BEGUN, FEED, A, W, profile

HOUR = timedelta(hours=1)


def told(unit: RateUnit, *limits: tuple[int, str]) -> ActiveChargingProfile:
    made = tuple(ProfileLimit(timedelta(minutes=after), Decimal(rate)) for after, rate in limits)
    return ActiveChargingProfile(
        started_at=BEGUN, profile=ChargingProfile(unit=unit, started_at=BEGUN, duration=HOUR, limits=made)
    )


@pytest.mark.parametrize(
    ("unit", "rate", "found"),
    [
        (A, "16", Obeyed.AS_ASKED),
        (A, "15.5", Obeyed.AS_ASKED),  # a whole ampere is the finest that some can say
        (A, "16.2", Obeyed.MORE),
        (A, "10", Obeyed.LESS),
        (W, "11040", Obeyed.AS_ASKED),  # on three phases
        (W, "3700", Obeyed.AS_ASKED),  # on one
        (W, "12000", Obeyed.MORE),
        (W, "3000", Obeyed.LESS),
    ],
)
def test_what_it_says_is_read_with_its_rounding_and_in_its_unit(unit: RateUnit, rate: str, found: Obeyed) -> None:
    """K08.FR.02: sixteen amperes were asked for."""
    assert obeyed(told(unit, (0, rate)), profile(A, (0, 16)), begun_at=BEGUN, feed=FEED) is found


def test_in_the_same_unit_watts_are_watts() -> None:
    for rate, found in (("7360", Obeyed.AS_ASKED), ("7500", Obeyed.MORE), ("7000", Obeyed.LESS)):
        assert obeyed(told(W, (0, rate)), profile(W, (0, 7360)), begun_at=BEGUN, feed=FEED) is found


def test_once_more_than_asked_is_more() -> None:
    """Sixteen, then eight: it means to give ten there, and less at first."""
    asked = profile(A, (0, 16), (15, 8))
    assert obeyed(told(A, (0, "12"), (15, "10")), asked, begun_at=BEGUN, feed=FEED) is Obeyed.MORE
    assert obeyed(told(A, (0, "12"), (15, "8")), asked, begun_at=BEGUN, feed=FEED) is Obeyed.LESS


def test_of_a_time_for_which_nothing_was_asked_nobody_can_tell() -> None:
    over = profile(A, (0, 16), started_at=BEGUN - 2 * HOUR, duration=HOUR)
    assert obeyed(told(A, (0, "32")), over, begun_at=BEGUN, feed=FEED) is Obeyed.UNKNOWN
    assert obeyed(told(A), profile(A, (0, 16)), begun_at=BEGUN, feed=FEED) is Obeyed.UNKNOWN


def test_a_lease_that_goes_on_is_no_news_and_one_that_says_otherwise_is() -> None:
    lease = profile(A, (0, 16), (20, 8), started_at=BEGUN, duration=timedelta(minutes=30))
    later, now = BEGUN + timedelta(minutes=10), BEGUN + timedelta(minutes=10)
    renewed = profile(A, (0, 16), (10, 8), started_at=later, duration=timedelta(minutes=30))
    assert prolongs(renewed, lease, now=now, begun_at=BEGUN)
    for other in (
        replace(renewed, limits=renewed.limits[:1]),
        replace(renewed, duration=timedelta(minutes=5)),
        replace(renewed, unit=W),
        replace(renewed, started_at=later + timedelta(minutes=1)),
    ):
        assert not prolongs(other, lease, now=now, begun_at=BEGUN)
    short = profile(A, (0, 16), started_at=later, duration=timedelta(minutes=5))
    assert not prolongs(short, profile(A, (0, 16)), now=now, begun_at=BEGUN)
    assert not prolongs(renewed, lease, now=BEGUN + HOUR, begun_at=BEGUN)  # it was over


def test_what_holds_is_the_same_where_both_say_so_from_now_on() -> None:
    first, again = told(A, (0, "16"), (30, "8")), told(A, (0, "16"), (30, "8"))
    moved = replace(again, started_at=BEGUN + timedelta(minutes=10))
    assert alike(first, again, now=BEGUN)
    assert not alike(first, moved, now=BEGUN + timedelta(minutes=31))
    assert not alike(first, told(W, (0, "16")), now=BEGUN)
    assert not alike(first, again, now=BEGUN + 2 * HOUR)
