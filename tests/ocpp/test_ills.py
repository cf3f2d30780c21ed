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
from laddnav.ocpp.ills import CURES, Cure, EvseSeen, Ill, Noticed, ill_of, ranked
from laddnav.ocpp.security import noticing
from laddnav.ocpp.wire.security import SecurityNoticed
from tests.clock import SetClock
from tests.things import THEM, US

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
    said_at=NOW,
    beats_every=5 * MINUTE,
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
        ({"heard_at": NOW - HOUR, "refused_at": NOW - 59 * MINUTE}, Ill.SHUT_OUT),
        ({"heard_at": NOW - 2 * HOUR, "refused_at": NOW - HOUR}, Ill.SILENT),
        ({"refused_at": NOW}, None),
        ({"status": Status.OUTOFORDER}, Ill.FAULTED),
        ({"status": Status.CHARGING, "charging_since": NOW - HOUR}, None),
        ({"charging_since": NOW - 2 * HOUR}, Ill.ENDLESS),
        ({"charging_since": NOW - 2 * HOUR, "status_at": NOW - MINUTE}, None),
        ({"status": Status.BLOCKED}, None),
        ({"status": Status.BLOCKED, "status_at": NOW - 8 * HOUR}, Ill.STUCK),
        ({"said_at": NOW - 14 * MINUTE}, None),
        ({"said_at": NOW - 15 * MINUTE, "status": Status.OUTOFORDER}, Ill.MUTE),
        ({"said_at": NOW - HOUR, "beats_every": HOUR}, None),
        ({"clock_off_at": NOW - HOUR}, Ill.CLOCK_OFF),
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
    told = [
        _noticed("BUSY", "ResetOrReboot", drivers=99),
        _noticed("QUIET", "StartupOfTheDevice", "TamperDetectionActivated", drivers=3),
    ]
    assert [(one.station_id, one.ill, one.cure) for one in ranked(seen, told, [], [], [], NOW)] == [
        ("DEAR", Ill.FAULTED, Cure.RESET),
        ("MANY", Ill.FAULTED, Cure.RESET),
        ("QUIET", Ill.ATTACKED, Cure.SEE),
        ("FEW", Ill.FAULTED, Cure.RESET),
        ("BUSY", Ill.TOUCHED, Cure.SEE),
    ]
    assert ranked([], told, [], [], [], NOW)[0].noticed == ("TamperDetectionActivated", "StartupOfTheDevice")
    assert set(CURES) == set(Ill)


def _noticed(station_id: str, *kinds: str, drivers: int) -> Noticed:
    return Noticed(
        holder=US,
        station_id=station_id,
        kinds=kinds,
        since=NOW,
        last_id=1,
        drivers=drivers,
        money=Decimal(0),
        currency=None,
    )


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


async def test_what_a_station_noticed_is_listed_until_it_was_looked_at(
    database: Database, station: Station, clock: SetClock
) -> None:
    """A04.FR.02: what comes after somebody looked still waits, and so does what another party's Station noticed."""
    async with database.unit() as unit:
        for kind in ("ResetOrReboot", "InvalidMessages"):
            await noticing.hear(unit, station, SecurityNoticed(kind=kind, at=NOW))
    async with database.unit() as unit:
        (first,) = await attention.wanted(unit, US)
        assert (first.ill, first.noticed, first.evse_no, first.since) == (Ill.TOUCHED, ("ResetOrReboot",), None, NOW)
        assert await attention.wanted(unit, THEM) == []
        await noticing.hear(unit, station, SecurityNoticed(kind="TamperDetectionActivated", at=NOW + HOUR))
    async with database.unit() as unit:
        (both,) = await attention.wanted(unit, None)
        assert (both.ill, both.noticed) == (Ill.ATTACKED, ("TamperDetectionActivated", "ResetOrReboot"))
        await noticing.see(unit, station, "ada", first.last_id)
        (left,) = await attention.wanted(unit, US)
        assert left.noticed == ("TamperDetectionActivated",)
        await noticing.see(unit, station, "ada", left.last_id)
        assert await attention.wanted(unit, US) == []
