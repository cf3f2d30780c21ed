"""What planning was worth: the same car and the same energy, as it was and as soon as it could have been."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from laddnav.db.unit import Database
from laddnav.kit.energy import kwh
from laddnav.market.model import MarketStep, Series
from laddnav.readings.model import Flow
from laddnav.scheduling.site import Steps
from laddnav.sites.model.plan import Quarter
from laddnav.sites.model.told import Measurement, Place
from laddnav.sites.problem import Outlook
from laddnav.sites.quarters import QUARTER, expected, shares
from laddnav.sites.worth import Past, savings
from tests.sites.garage import each, opened, plugged_in, site
from tests.sites.moments import charge

BEGIN = datetime(2026, 11, 23, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


def counted(at: datetime, drawn: str, returned: str = "0") -> Flow:
    return Flow(station_id="G1", evse_no=1, at=at, drawn=kwh(drawn), returned=kwh(returned))


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
        flows=[counted(BEGIN + HOUR + QUARTER * n, "2.5") for n in range(4)],
        quarters=[Quarter(at=BEGIN + QUARTER * n, building=4.0) for n in range(8)],
        outlook=Outlook(prices=prices),
    )
    found = savings(past)
    assert (found.cars, found.energy_kwh, found.missed_kwh, found.currency) == (1, Decimal(10), Decimal(0), "SEK")
    assert found.cost == Decimal("26.00") and found.cost_at_once == Decimal("46.00")
    assert found.saved == Decimal("20.00")


@pytest.mark.parametrize(
    ("drawn", "lent", "cost", "saved"),
    [
        # Of 10 kWh that left it 9 came back, while 12 kW of the house cost 3.00; it has them again at 1.00, and 5 more.
        ("15", "0", 3 * (12 - 9) + 1 * (12 + 15), 3 * 5 - (-3 * 9 + 1 * 15)),
        # It left with 4 less than it came with, which are worth what a kWh costs on average: 2.00.
        ("6", "4", 3 * (12 - 9) + 1 * (12 + 6) + 2 * 4, 3 * 0 - (-3 * 9 + 1 * 6 + 2 * 4)),
    ],
)
def test_what_came_back_is_counted_and_what_was_lost_on_its_way_is_paid_for(
    drawn: str, lent: str, cost: float, saved: float
) -> None:
    """At once a car would have drawn, in the dear hour, only what it kept: 5 kWh, or nothing at all."""
    prices = (MarketStep(BEGIN, HOUR, Decimal(3)), MarketStep(BEGIN + HOUR, HOUR, Decimal(1)))
    back = [counted(BEGIN + QUARTER * n, "0", "2.25") for n in range(4)]
    again = [counted(BEGIN + HOUR + QUARTER * n, str(Decimal(drawn) / 4)) for n in range(4)]
    found = savings(
        Past(
            site=site(amps=each(63)),
            begin_at=BEGIN,
            end_at=BEGIN + 2 * HOUR,
            charges=[charge(started_at=BEGIN, ended_at=BEGIN + 2 * HOUR)],
            flows=[*back, *again],
            quarters=[Quarter(at=BEGIN + QUARTER * n, building=12.0) for n in range(8)],
            outlook=Outlook(prices=Series(zone="SE3", currency="SEK", steps=prices)),
        )
    )
    assert (found.returned_kwh, found.energy_kwh, found.lent_kwh) == (Decimal(9), Decimal(drawn) - 9, Decimal(lent))
    assert (float(found.cost), float(found.saved)) == (cost, saved)


def test_what_goes_out_beside_the_house_earns_what_was_told_of_it() -> None:
    """4.5 kWh go out at 2.00; had the car rested, nothing had."""
    prices = (MarketStep(BEGIN, HOUR, Decimal(3)),)
    found = savings(
        Past(
            site=site(amps=each(63)),
            begin_at=BEGIN,
            end_at=BEGIN + HOUR,
            charges=[charge(started_at=BEGIN)],
            flows=[counted(BEGIN, "0", "4.5")],
            quarters=[],
            outlook=Outlook(
                prices=Series(zone="SE3", currency="SEK", steps=prices),
                export_prices=Series(zone="", currency="SEK", steps=(MarketStep(BEGIN, HOUR, Decimal(2)),)),
            ),
        )
    )
    # What left the battery, 5 kWh, is worth 3.00 each: 6.00 less than it would cost to have it again.
    assert (found.lent_kwh, found.cost, found.saved) == (Decimal(5), Decimal(6), Decimal(-6))


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
