"""A station that is away: nobody knows how its Evses are, until it is back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from laddnav.db.unit import Database
from laddnav.kit.ids import EvseRef
from laddnav.locations import actions as locations
from laddnav.locations.actions import away
from laddnav.locations.model import Status
from laddnav.parties import actions as parties
from tests.clock import SetClock
from tests.things import US, evse, location, party


@pytest.fixture
async def standing(database: Database, clock: SetClock) -> Database:
    """ST1 behind both Evses, connected; one of them is charging."""
    async with database.unit() as unit:
        await parties.add(unit, party(ref=unit.new_id()))
        await locations.keep(unit, US, location(evses=(evse("EVSE1"), evse("EVSE2", status=Status.CHARGING))))
        station = await locations.add_station(unit, US, "ST1")
        for number in (1, 2):
            await locations.attach(unit, "ST1", number, EvseRef("LOC1", f"EVSE{number}"))
        locations.connected(unit, station, process="p", protocol="ocpp1.6")
    return database


async def gone(database: Database) -> None:
    async with database.unit() as unit:
        locations.disconnected(unit, await locations.station(unit, "ST1"), process="p")


async def back(database: Database) -> None:
    async with database.unit() as unit:
        locations.connected(unit, await locations.station(unit, "ST1"), process="p", protocol="ocpp1.6")


async def statuses(database: Database) -> list[Status]:
    async with database.unit() as unit:
        return [one.status for one in (await locations.fetch(unit, US, US, "LOC1")).evses]


KNOWN, UNKNOWN = [Status.AVAILABLE, Status.CHARGING], [Status.UNKNOWN, Status.UNKNOWN]


async def test_an_evse_is_unknown_when_its_station_has_been_away_for_a_while(
    standing: Database, clock: SetClock
) -> None:
    """LOC-064: not at once, for a station that starts anew is away for a moment; and told as new as it is."""
    await gone(standing)
    clock.advance(away.AWAY_FOR)
    assert await away.look_after(standing) == 0
    clock.advance(timedelta(seconds=1))
    assert await away.look_after(standing) == 2
    assert await statuses(standing) == UNKNOWN
    assert await away.look_after(standing) == 0
    async with standing.unit() as unit:
        assert (await locations.fetch(unit, US, US, "LOC1")).last_updated == clock.now()


async def test_a_station_is_away_from_when_nobody_held_it_not_from_when_it_was_last_heard(
    standing: Database, clock: SetClock
) -> None:
    """Its process died while it said nothing for an hour: it has the same time as any to come back."""
    clock.advance(timedelta(hours=1))
    async with standing.unit() as unit:
        await locations.nobody_holds(unit, "p")
    assert await away.look_after(standing) == 0
    clock.advance(away.AWAY_FOR + timedelta(seconds=1))
    assert await away.look_after(standing) == 2
    assert await statuses(standing) == UNKNOWN


async def test_what_it_was_is_told_again_when_the_station_is_back(standing: Database, clock: SetClock) -> None:
    await gone(standing)
    clock.advance(timedelta(hours=1))
    await away.look_after(standing)
    await back(standing)
    assert await away.look_after(standing) == 2
    assert await statuses(standing) == KNOWN
    assert await away.look_after(standing) == 0


async def test_what_the_station_says_itself_is_the_newer_word(standing: Database, clock: SetClock) -> None:
    """Also where it dates it by the moment in which it happened, while it was away."""
    await gone(standing)
    happened = clock.advance(timedelta(minutes=1))
    clock.advance(timedelta(hours=1))
    await away.look_after(standing)
    await back(standing)
    async with standing.unit() as unit:
        assert await locations.report_status(unit, US, US, "LOC1", "EVSE2", Status.OUTOFORDER, happened)
    assert await away.look_after(standing) == 1
    assert await statuses(standing) == [Status.AVAILABLE, Status.OUTOFORDER]


async def test_who_says_nothing_does_not_wait_for_all_who_said_it_themselves(
    standing: Database, clock: SetClock
) -> None:
    """After a power cut thousands come back and say how they are; of these nothing is told."""
    numbers = range(1, away.TOGETHER + 2)
    async with standing.unit() as unit:
        await locations.keep(
            unit, US, location(evses=tuple(evse(f"EVSE{n}") for n in numbers), last_updated=clock.now())
        )
        for number in numbers:
            await locations.attach(unit, "ST1", number, EvseRef("LOC1", f"EVSE{number}"))
    await gone(standing)
    clock.advance(timedelta(hours=1))
    assert await away.look_after(standing) == away.TOGETHER
    assert await away.look_after(standing) == 1
    await back(standing)
    async with standing.unit() as unit:
        for number in numbers[:-1]:
            await locations.report_status(unit, US, US, "LOC1", f"EVSE{number}", Status.CHARGING, unit.now)
    assert await away.look_after(standing) == 1
    assert (await statuses(standing))[-1] is Status.AVAILABLE
    assert await away.look_after(standing) == 0


async def test_what_was_taken_away_or_is_not_there_yet_stays_so(standing: Database, clock: SetClock) -> None:
    async with standing.unit() as unit:
        planned = evse("EVSE1", status=Status.PLANNED)
        await locations.keep(unit, US, location(evses=(planned,), last_updated=clock.now()))
    await gone(standing)
    clock.advance(timedelta(hours=1))
    assert await away.look_after(standing) == 0
    assert await statuses(standing) == [Status.PLANNED, Status.REMOVED]
