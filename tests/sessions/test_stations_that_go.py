"""A station at which somebody charges stays, whatever its EVSEs were told to be; a charge without an end is closed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from laddnav.db.unit import Database, Unit
from laddnav.kit.energy import wh
from laddnav.locations import actions as locations
from laddnav.locations.model import Station, Status
from laddnav.locations.rules import CarThere
from laddnav.sessions import actions as sessions
from laddnav.tokens.model import Allowed, Authorization
from tests.things import US, location, settled, token

Goes = Callable[[Unit], Awaitable[Station]]
GOING: list[Goes] = [
    lambda unit: sessions.relocate(unit, "ST1", "LOC2"),
    lambda unit: sessions.leave(unit, "ST1", ""),
]


@pytest.mark.parametrize("goes", GOING, ids=["to another place", "away"])
@pytest.mark.parametrize("told", [Status.AVAILABLE, Status.UNKNOWN])
async def test_a_station_goes_once_its_charge_is_over_or_closed(database: Database, told: Status, goes: Goes) -> None:
    """It never said that it charges, or has been away for longer than its word is believed."""
    station = await settled(database)
    async with database.unit() as unit:
        await locations.keep(unit, US, location("LOC2", evses=()))
        given = Authorization(allowed=Allowed.ALLOWED, token=token())
        charge = await sessions.begin(
            unit, station=station, evse_no=2, uid="CARD1", given=given, at=unit.now, register=wh(0)
        )
        await locations.report_status(unit, US, US, "LOC1", "EVSE2", told, unit.now)
    with pytest.raises(CarThere, match=r"'EVSE2'.*if the end of that charge was lost, close the charge first"):
        async with database.unit() as unit:
            await goes(unit)
    async with database.unit() as unit:
        assert await locations.station(unit, "ST1") == station
        await sessions.close_lost(unit, US, charge.id, by="Ada", why="it burnt down")
        gone = await goes(unit)
        assert "LOC1" not in {where.location_id for _, where in gone.evses}


async def test_where_a_station_stands_already_nothing_moves(database: Database) -> None:
    station = await settled(database)
    async with database.unit() as unit:
        given = Authorization(allowed=Allowed.ALLOWED, token=token())
        await sessions.begin(unit, station=station, evse_no=1, uid="CARD1", given=given, at=unit.now, register=wh(0))
        assert await sessions.relocate(unit, "ST1", "loc1") == station
