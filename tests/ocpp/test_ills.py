"""What ails an Evse, and whom to look after first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from laddnav.db.unit import Database
from laddnav.locations import actions as locations
from laddnav.locations.model import Station, Status
from laddnav.ocpp import attention
from laddnav.ocpp.ills import CURES, Cure, EvseSeen, Ill, ill_of, ranked
from tests.clock import SetClock
from tests.things import US

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
WELL = EvseSeen(
    holder=US,
    station_id="ST1",
    evse_no=1,
    evse_uid="EVSE1",
    status=Status.AVAILABLE,
    status_at=NOW - HOUR,
    heard_at=None,
    charging_since=None,
    drivers=0,
    money=Decimal(0),
    currency="SEK",
)


@pytest.mark.parametrize(
    ("changes", "ill"),
    [
        ({}, None),
        ({"heard_at": NOW - 14 * MINUTE}, None),
        ({"heard_at": NOW - 15 * MINUTE}, Ill.SILENT),
        ({"heard_at": NOW - HOUR, "status": Status.OUTOFORDER}, Ill.SILENT),
        ({"status": Status.OUTOFORDER}, Ill.FAULTED),
        ({"status": Status.CHARGING, "charging_since": NOW - HOUR}, None),
        ({"charging_since": NOW - 2 * HOUR}, Ill.ENDLESS),
        ({"charging_since": NOW - 2 * HOUR, "status_at": NOW - MINUTE}, None),
        ({"status": Status.BLOCKED}, None),
        ({"status": Status.BLOCKED, "status_at": NOW - 8 * HOUR}, Ill.STUCK),
    ],
)
def test_an_ill_is_known_by_what_was_told(changes: dict[str, object], ill: Ill | None) -> None:
    found = ill_of(replace(WELL, **changes), NOW)
    assert (found and found[0]) == ill


def test_who_is_missed_most_comes_first_with_what_may_cure_it() -> None:
    broken = replace(WELL, status=Status.OUTOFORDER)
    seen = [
        replace(broken, station_id="FEW", drivers=2, money=Decimal(900)),
        replace(broken, station_id="MANY", drivers=9, money=Decimal(10)),
        replace(broken, station_id="DEAR", drivers=9, money=Decimal(20)),
        WELL,
    ]
    assert [(one.station_id, one.cure) for one in ranked(seen, NOW)] == [
        ("DEAR", Cure.RESET),
        ("MANY", Cure.RESET),
        ("FEW", Cure.RESET),
    ]
    assert set(CURES) == set(Ill)


async def test_the_list_is_made_of_what_stations_told(database: Database, station: Station, clock: SetClock) -> None:
    async with database.unit() as unit:
        await locations.report_status(unit, US, US, "LOC1", "EVSE2", Status.OUTOFORDER, unit.now)
    async with database.unit() as unit:
        assert [(one.evse_no, one.ill) for one in await attention.wanted(unit, US)] == [(2, Ill.FAULTED)]
        locations.disconnected(unit, station, process="test")
    clock.advance(HOUR)
    async with database.unit() as unit:
        found = await attention.wanted(unit, None)
    assert [(one.evse_no, one.ill) for one in found] == [(1, Ill.SILENT), (2, Ill.SILENT)]
