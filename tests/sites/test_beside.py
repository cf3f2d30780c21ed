"""What is thought to be drawn beside the cars: nothing too little because a car stopped, nothing too much for long."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from laddnav.scheduling.outlets import Lease
from laddnav.sites.beside import believed, news
from laddnav.sites.facts import Facts
from laddnav.sites.model import Beside, Place, Standing
from laddnav.sites.moment import outlet
from laddnav.sites.needs import Drawn
from tests.sites.garage import member, site
from tests.sites.moments import NOW, charge, facts, measured

SECOND = timedelta(seconds=1)


def told(mains: float, sample: float, *, sampled: int, beside: Beside | None = None, now: int = 0) -> Facts:
    """One car, allowed 16 A a minute ago; it drew `sample` so many seconds ago, and `mains` is what comes in now."""
    long_ago, at = NOW - 60 * SECOND, NOW + now * SECOND
    lease = Lease(
        number=1, amps=16, asked_at=long_ago, until_at=long_ago + 300 * SECOND, acknowledged_at=long_ago + SECOND
    )
    standing = Standing(station_id="G1", evse_no=1, fallback=Decimal(6), session_id="S-G1", leases=(lease,))
    return facts(
        charge(),
        site=site(members=(member(),)),
        at=at,
        standings={("G1", 1): standing},
        measurements={Place.GRID: measured(Place.GRID, mains, at)},
        drawn={"S-G1": (Drawn(at - sampled * SECOND, (sample,) * 3, (0, 1, 2)),)},
        beside=beside,
    )


def believes(now: Facts) -> Beside:
    found = believed(now, tuple(outlet(now, one) for one in now.site.members))
    assert found is not None
    return found


def test_a_car_that_stopped_since_its_last_sample_does_not_make_the_building_smaller() -> None:
    """24 A were 16 of the car and 8 of the building; now 8 come in, and the car's sample is 10 s old."""
    before = Beside(at=NOW - SECOND, amps=(8.0, 8.0, 8.0))
    now = told(8, 16, sampled=10, beside=before)
    found = believes(now)
    assert found.amps == pytest.approx((8, 8, 8)) and found.falls_since_at == NOW
    assert news(now, found) == found
    # Its next sample says so, and there was nothing to be settled.
    after = told(8, 0, sampled=0, beside=found, now=10)
    assert believes(after).amps == pytest.approx((8, 8, 8)) and believes(after).falls_since_at is None
    assert news(after, believes(after)) == believes(after)


def test_a_building_that_truly_draws_less_is_believed_after_as_long_as_a_sample_counts() -> None:
    before = Beside(at=NOW - SECOND, amps=(8.0, 8.0, 8.0))
    course = []
    for second in (0, 14, 15):
        before = believes(told(20, 16, sampled=0, beside=before, now=second))
        course.append((before.amps[0], before.falls_since_at))
    assert course == [(8, NOW), (8, NOW), (4, None)]


def test_it_is_never_thought_to_draw_more_than_all_that_comes_in() -> None:
    before = Beside(at=NOW - SECOND, amps=(8.0, 8.0, 8.0))
    assert believes(told(5, 0, sampled=0, beside=before)).amps == (5, 5, 5)


def test_a_building_that_draws_more_is_believed_at_once() -> None:
    before = Beside(at=NOW - SECOND, amps=(8.0, 8.0, 8.0), falls_since_at=NOW - SECOND)
    found = believes(told(30, 16, sampled=0, beside=before))
    assert found.amps == pytest.approx((14, 14, 14)) and found.falls_since_at is None


def test_a_battery_that_charges_is_drawn_beside_the_cars_whichever_meter_says_the_rest() -> None:
    """A meter of the building does not see it; that of the connection does."""
    battery = {Place.BATTERY: measured(Place.BATTERY, 5)}
    of_building = facts(measurements={Place.BUILDING: measured(Place.BUILDING, 3), **battery})
    of_mains = facts(measurements={Place.GRID: measured(Place.GRID, 8), **battery})
    for now in (of_building, of_mains):
        assert believes(now).amps == (8, 8, 8)
    gives = replace(of_mains, measurements={**of_mains.measurements, Place.BATTERY: measured(Place.BATTERY, -5)})
    assert believes(gives).amps == (13, 13, 13)
