"""What is thought to be drawn beside the cars: nothing too little because a car stopped, nothing too much for long."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from laddnav.scheduling.beside import Beside, Stretch
from laddnav.scheduling.outlets import Lease
from laddnav.sites.beside import believed, news
from laddnav.sites.facts import Facts
from laddnav.sites.model.standing import Standing
from laddnav.sites.model.told import Place
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


def thought(amps: float, at: datetime = NOW) -> Beside:
    return Beside(at=at, amps=(amps,) * 3, stretches=(Stretch(at, (amps,) * 3),))


def test_a_car_that_stopped_since_its_last_sample_does_not_make_the_building_smaller() -> None:
    """24 A were 16 of the car and 8 of the building; now 8 come in, and the car's sample is 10 s old."""
    now = told(8, 16, sampled=10, beside=thought(8), now=1)
    found = believes(now)
    assert found.amps == pytest.approx((8, 8, 8))
    assert news(now, found) is None
    # Its next sample says so, and there was nothing to be settled.
    after = told(8, 0, sampled=0, beside=found, now=10)
    assert believes(after).amps == pytest.approx((8, 8, 8))


def test_a_building_that_truly_draws_less_is_believed_once_every_car_has_spoken() -> None:
    """Within 75 s, beside the stretch of 25 s that had begun before."""
    before, course = thought(8), []
    for second in range(0, 120, 10):
        now = told(20, 16, sampled=0, beside=before, now=second)
        found = believes(now)
        if news(now, found) is not None:
            before = found
        course.append(before.amps[0])
    assert course == [8] * 11 + [4]


def test_a_building_that_draws_more_is_believed_at_once() -> None:
    now = told(30, 16, sampled=0, beside=thought(8))
    assert believes(now).amps == pytest.approx((14, 14, 14)) and news(now, believes(now)) is not None


def test_a_charge_that_was_just_begun_or_ended_is_not_taken_for_the_building() -> None:
    """The mains meter spoke a moment before: what it counted of the car was not drawn beside it."""
    garage = site(members=(member(),))
    ended = Standing(station_id="G1", evse_no=1, fallback=Decimal(6), session_id="S-G1")
    mains = {Place.GRID: measured(Place.GRID, 24, NOW - 2 * SECOND)}
    gone = facts(site=garage, standings={("G1", 1): ended}, measurements=mains, beside=thought(8))
    assert believes(gone).amps == (8, 8, 8)
    nobody = Standing(station_id="G1", evse_no=1, fallback=Decimal(6))
    begun = facts(charge(), site=garage, standings={("G1", 1): nobody}, measurements=mains, beside=thought(8))
    assert believes(begun).amps == (8, 8, 8)


def test_a_battery_that_charges_is_drawn_beside_the_cars_whichever_meter_says_the_rest() -> None:
    """A meter of the building does not see it; that of the connection does."""
    battery = {Place.BATTERY: measured(Place.BATTERY, 5)}
    of_building = facts(measurements={Place.BUILDING: measured(Place.BUILDING, 3), **battery})
    of_mains = facts(measurements={Place.GRID: measured(Place.GRID, 8), **battery})
    for now in (of_building, of_mains):
        assert believes(now).amps == (8, 8, 8)
    gives = replace(of_mains, measurements={**of_mains.measurements, Place.BATTERY: measured(Place.BATTERY, -5)})
    assert believes(gives).amps == (13, 13, 13)
