"""While maintenance closes a place, nobody may charge there; afterwards everybody may."""

from __future__ import annotations

from datetime import timedelta

import pytest

from laddnav.db.unit import Database
from laddnav.locations import actions as locations
from laddnav.locations.actions import maintenance
from laddnav.locations.model import OutageReason, Station, Status
from laddnav.ocpp import closing
from laddnav.ocpp.tasks import going_on
from tests.clock import SetClock
from tests.ocpp.conftest import until
from tests.ocpp.managed import managed
from tests.things import US

HOUR = timedelta(hours=1)


@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.1"])
async def test_stations_are_closed_and_opened_with_the_maintenance(
    url: str, database: Database, station: Station, clock: SetClock, protocol: str
) -> None:
    """G03.FR.01: of two that overlap the later one opens; one that closes nothing, or is over, asks for nothing."""

    async def enter(of: Station | str, begins: int, ends: int, *, closes: bool = True) -> None:
        async with database.unit() as unit:
            await locations.attach(unit, "ST1", 1, station.evses[0][1])
            now = clock.now()
            reason, when = OutageReason.MAINTENANCE, {"begin_at": now + begins * HOUR, "end_at": now + ends * HOUR}
            await maintenance.enter(unit, US, of, **when, reason=reason, note="", by="ada", closes=closes)

    async def asked() -> list[str]:
        said = [one.get("type") or one["operationalStatus"] for one in wire.asked_for("ChangeAvailability")]
        return said

    async with managed(url, protocol, {"ChangeAvailability": {"status": "Accepted"}}) as wire:
        await wire.boot()
        await enter(station, -9, -8)
        await enter(station, 0, 9, closes=False)
        await enter(station, 1, 3)
        await enter("LOC1", 2, 4)
        assert await closing.look_after(database) == 0
        clock.advance(HOUR)
        assert await closing.look_after(database) == 1
        await until(lambda: len(wire.asked_for("ChangeAvailability")) == 1)
        async with database.unit() as unit:
            for evse in ("EVSE1", "EVSE2"):
                await locations.report_status(unit, US, US, "LOC1", evse, Status.INOPERATIVE, unit.now)
        assert await closing.look_after(database) == 0
        clock.advance(HOUR)
        assert await closing.look_after(database) == 1  # the place, too
        await until(lambda: len(wire.asked_for("ChangeAvailability")) == 2)
        clock.advance(HOUR)
        await closing.look_after(database)
        await going_on.go_on(database)
        clock.advance(HOUR)
        await closing.look_after(database)
        await closing.look_after(database)

        async def opened() -> bool:
            await going_on.go_on(database)
            return (await asked())[2:] == ["Operative"]

        await until(opened)
        assert await asked() == ["Inoperative", "Inoperative", "Operative"]
