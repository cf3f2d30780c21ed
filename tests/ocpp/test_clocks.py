"""A station whose clock is behind is found by what it tells while it is on the line, and not by what it had to keep."""

from __future__ import annotations

from datetime import timedelta

import pytest

from laddnav.db.unit import Database
from laddnav.ocpp import attention
from laddnav.ocpp.ills import Cure, Ill
from tests.clock import SetClock
from tests.ocpp.stations import CAR, Street, on_the_line
from tests.things import US

HOUR = timedelta(hours=1)


async def ails(database: Database) -> list[tuple[int | None, Ill, Cure | None]]:
    async with database.unit() as unit:
        return [(one.evse_no, one.ill, one.cure) for one in await attention.wanted(unit, US)]


@pytest.mark.parametrize(("behind", "found"), [(HOUR, [(1, Ill.CLOCK_OFF, Cure.BEAT)]), (timedelta(), [])])
async def test_a_clock_that_is_an_hour_behind_is_on_the_list_and_one_that_is_right_is_not(
    street: Street, database: Database, clock: SetClock, behind: timedelta, found: list[object]
) -> None:
    station = await on_the_line(street)
    clock.advance(3 * HOUR)
    station.clock_off = -behind
    await station.plug_in(1, CAR)
    await station.begin(1, "CARD1")
    clock.advance(timedelta(minutes=5))
    await station.sample(1)
    await station.tell()
    assert await ails(database) == found


async def test_what_was_kept_while_a_station_was_away_is_late_and_right(
    street: Street, database: Database, clock: SetClock
) -> None:
    station = await on_the_line(street)
    await station.plug_in(1, CAR)
    await station.begin(1, "CARD1")
    await station.go_offline()
    clock.advance(HOUR)
    await station.sample(1)
    clock.advance(2 * HOUR)
    await station.come_online()
    await station.sample(1)
    assert await ails(database) == []
