"""The demo's prices are real ones, on days of their own weekday."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from laddnav.db.unit import Database
from laddnav.market import actions as market
from laddnav.sim.market import SOURCE, moved, publish
from tests import things
from tests.market.test_kept import steps

HOUR = timedelta(hours=1)


@pytest.mark.parametrize("month", [1, 4, 7, 12])
def test_whatever_the_season_four_weeks_are_there_on_their_own_weekdays(month: int) -> None:
    begin = datetime(2023, 5, 1, tzinfo=UTC)
    known = steps(begin, *range(24 * 7 * 30))
    until = datetime(2026, month, 9, 23, tzinfo=UTC)
    found = moved(known, until - timedelta(weeks=4), until)
    assert len(found) == 4 * 7 * 24 and found[-1].end_at == until
    assert {(one.begin_at - begin) // HOUR % 168 - int(one.value) % 168 for one in found} == {0}


async def test_the_demo_knows_prices_until_tomorrow_and_guesses_the_day_after(database: Database) -> None:
    async with database.unit() as unit:
        await publish(unit, things.US)
    async with database.unit() as unit:
        found = await market.prices(unit, "SE3", unit.now, unit.now + timedelta(days=3))
        (document,) = await market.documents(unit)
    assert (document.source, found.currency) == (SOURCE, "EUR")
    assert found.published_until == datetime(2026, 11, 24, 23, tzinfo=UTC)
    assert {one.forecast for one in found.steps if one.begin_at >= found.published_until} == {True}
