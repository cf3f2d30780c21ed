"""What drivers are told of maintenance: ahead, while it lasts, and no longer."""

from __future__ import annotations

from datetime import timedelta

from laddnav.db.unit import Database
from laddnav.locations import actions as locations
from laddnav.locations.actions import maintenance
from laddnav.locations.model import OutageReason
from tests.clock import SetClock
from tests.things import US, location, settled

HOUR = timedelta(hours=1)


async def test_maintenance_stands_in_the_schedule_until_it_is_over(database: Database, clock: SetClock) -> None:
    """OCPI 2.2.1 mod_locations_statusschedule_class."""
    station = await settled(database)
    ends = [clock.now() + hours * HOUR for hours in (2, 9)]

    async def told() -> set[object]:
        async with database.unit() as unit:
            place = await locations.fetch(unit, US, US, "LOC1")
        return {one.end_at for evse in place.evses for one in evse.status_schedule}

    for end_at in ends:
        async with database.unit() as unit:
            reason, begin_at = OutageReason.GRID, unit.now + HOUR
            await maintenance.enter(
                unit, US, station, begin_at=begin_at, end_at=end_at, reason=reason, note="", by="ada"
            )
    assert (await maintenance.tell_over(database), await told()) == (0, set(ends))
    clock.advance(2 * HOUR)
    assert (await maintenance.tell_over(database), await told()) == (1, {ends[1]})
    assert await maintenance.tell_over(database) == 0
    clock.advance(timedelta(days=400))  # nobody was there to say it for so long
    assert (await maintenance.tell_over(database), await told()) == (1, set())


async def test_where_a_station_stood_and_where_it_stands_its_maintenance_is_over(
    database: Database, clock: SetClock
) -> None:
    station = await settled(database)
    end_at = clock.now() + HOUR
    async with database.unit() as unit:
        await locations.keep(unit, US, location("LOC2", evses=()))
        reason, begin_at = OutageReason.GRID, unit.now
        await maintenance.enter(unit, US, station, begin_at=begin_at, end_at=end_at, reason=reason, note="", by="ada")
        await locations.relocate(unit, "ST1", "LOC2")
    clock.advance(HOUR)
    assert await maintenance.tell_over(database) == 2
    async with database.unit() as unit:
        places = [await locations.fetch(unit, US, US, id) for id in ("LOC1", "LOC2")]
        assert not any(evse.status_schedule for place in places for evse in place.evses)
