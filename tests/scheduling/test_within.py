"""What a car means to draw is held against what it may, stretch by stretch."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from laddnav.scheduling.model import ChargingProfile, ProfileLimit, RateUnit
from laddnav.scheduling.within import within
from tests.things import LONG_AGO

HOUR = timedelta(hours=1)
PER_AMPERE = Decimal(690)  # W, of three phases


def profile(*rates: int | str, unit: RateUnit = RateUnit.WATT, **more: object) -> ChargingProfile:
    """Another rate each hour."""
    limits = tuple(ProfileLimit(HOUR * number, Decimal(rate)) for number, rate in enumerate(rates))
    return ChargingProfile(unit=unit, limits=limits, **more)  # type: ignore[arg-type]  # what a case says besides


@pytest.mark.parametrize(
    ("meant", "allowed", "fits"),
    [
        (profile(11000), profile(22000), True),
        (profile(22000), profile(22000), True),
        (profile(23000), profile(22000), False),
        (profile(11000, 11000), profile(22000, 7000), False),
        (profile(11000, 7000), profile(22000, 7000), True),
        (profile(11000), profile(22000, 7000), False),
        (profile(16, unit=RateUnit.AMPERE), profile(11040), True),
        (profile("16.1", unit=RateUnit.AMPERE), profile(11040), True),
        (profile("16.2", unit=RateUnit.AMPERE), profile(11040), False),
        (profile(11000, started_at=LONG_AGO + 2 * HOUR), profile(22000, 7000), False),
        (profile(11000, duration=HOUR), profile(22000, 7000), True),
        (profile(11000, started_at=LONG_AGO + HOUR), profile(7000, duration=HOUR), True),
        (profile(11000), profile(7000, started_at=LONG_AGO + HOUR), False),
        (profile(-5000), profile(0), True),
        (profile(), profile(7000), True),
        (profile(11000), profile(), True),
    ],
)
def test_no_stretch_may_be_beyond_its_limit(meant: ChargingProfile, allowed: ChargingProfile, fits: bool) -> None:
    assert within(meant, allowed, begun_at=LONG_AGO, watts_per_ampere=PER_AMPERE) is fits
