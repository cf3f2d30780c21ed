"""What planning was worth: the same car and the same energy, as it was and as soon as it could have been."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from msgspec.structs import replace

from laddnav.db.unit import Database
from laddnav.kit.energy import kwh
from laddnav.market.model import MarketStep, Series
from laddnav.scheduling.site import Steps
from laddnav.sites.model import Measurement, Place, Quarter
from laddnav.sites.problem import Outlook
from laddnav.sites.quarters import QUARTER, expected, shares
from laddnav.sites.worth import Past, savings
from tests.sites.garage import each, opened, plugged_in, site

BEGIN = datetime(2026, 11, 23, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


async def test_a_car_that_waited_for_a_cheap_hour_saved_what_that_hour_is_cheaper(database: Database) -> None:
    """10 kWh in the second hour at 1.00, instead of in the first at 3.00; the building cost the same in both."""
    await opened(database)
    session = await plugged_in(database, "G1")
    ended = replace(session, started_at=BEGIN, ended_at=BEGIN + 2 * HOUR)
    prices = Series(
        zone="SE3",
        currency="SEK",
        steps=(MarketStep(BEGIN, HOUR, Decimal(3)), MarketStep(BEGIN + HOUR, HOUR, Decimal(1))),
    )
    past = Past(
        site=site(amps=each(63)),
        begin_at=BEGIN,
        end_at=BEGIN + 2 * HOUR,
        charges=[ended],
        drawn=[(("G1", 1), BEGIN + HOUR + QUARTER * n, kwh("2.5")) for n in range(4)],
        quarters=[Quarter(at=BEGIN + QUARTER * n, building=4.0) for n in range(8)],
        outlook=Outlook(prices=prices),
    )
    found = savings(past)
    assert (found.cars, found.energy_kwh, found.missed_kwh, found.currency) == (1, Decimal(10), Decimal(0), "SEK")
    assert found.cost == Decimal("26.00") and found.cost_at_once == Decimal("46.00")
    assert found.saved == Decimal("20.00")


def test_what_a_meter_says_is_shared_among_quarters_as_a_straight_line_has_it() -> None:
    """From 0 to 12 A, 8.28 kW, in six minutes over a border; a gap of more is nobody's."""
    before = Measurement(place=Place.GRID, at=BEGIN + timedelta(minutes=12), amps=each(0))
    after = Measurement(place=Place.GRID, at=BEGIN + timedelta(minutes=18), amps=each(12))
    first, second = shares(before, after, Decimal(230))
    assert (first.at, first.seconds, second.at, second.seconds) == (BEGIN, 180, BEGIN + QUARTER, 180)
    assert abs(first.kwh - 2.07 / 20) < 1e-9 and abs(second.kwh - 6.21 / 20) < 1e-9
    assert shares(before, replace(after, at=BEGIN + timedelta(minutes=19)), Decimal(230)) == []
    assert shares(None, after, Decimal(230)) == [] and shares(after, before, Decimal(230)) == []


def test_what_is_expected_is_the_same_time_of_day_and_soon_as_it_is_now() -> None:
    steps = Steps(start_at=BEGIN, length=QUARTER, count=12)
    known = {BEGIN - timedelta(days=day) + QUARTER * n: 4.0 + day for day in (1, 2) for n in range(12)}
    assert set(expected(steps, known, None).tolist()) == {5.5}
    course = expected(steps, known, 9.5).tolist()
    assert course[0] == 9.5 and course[4] == 7.5 and course[8:] == [5.5] * 4
    assert set(expected(steps, {}, None, otherwise=3.0).tolist()) == {3.0}
