"""What is done about ills: decided by rules that are pure, asked of real stations, and followed until it helped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from laddnav.db.unit import Database
from laddnav.kit.energy import wh
from laddnav.locations import actions as locations
from laddnav.locations.model import Station, Status
from laddnav.metering.model import DoubtKind
from laddnav.ocpp import attention
from laddnav.ocpp.cures import actions as cures
from laddnav.ocpp.cures.model import Rule, State, Tried
from laddnav.ocpp.cures.rules import CureUnderWay, NoSuchCure, NotIll, SomebodyCharges, due, judged
from laddnav.ocpp.ills import Attention, Cure, Ill
from laddnav.ocpp.rules import Offline
from laddnav.people import actions as people
from laddnav.readings import actions as readings
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import Status as Course
from tests.clock import SetClock
from tests.ocpp.conftest import until
from tests.ocpp.managed import managed
from tests.things import US

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
FOUND = Attention(
    holder=US,
    station_id="ST1",
    evse_no=1,
    evse_uid="EVSE1",
    ill=Ill.FAULTED,
    since=NOW - HOUR,
    cure=Cure.RESET,
    drivers=0,
    money=Decimal(0),
    currency=None,
)
RULE = Rule(
    holder=US,
    ill=Ill.FAULTED,
    cure=Cure.RESET,
    after_minutes=30,
    every_minutes=120,
    changed_at=NOW,
    changed_by="ada",
)
TRIED = Tried(
    holder=US,
    ref="1",
    station_id="ST1",
    evse_no=1,
    ill=Ill.FAULTED,
    since=NOW - HOUR,
    cure=Cure.RESET,
    asked_by="rule of ada",
    by_rule=True,
    at=NOW - HOUR,
    state=State.IN_VAIN,
)


@pytest.mark.parametrize(
    ("rule", "found", "tried", "charging", "now_due"),
    [
        ({}, {}, [], {}, True),
        ({}, {"since": NOW - 29 * MINUTE}, [], {}, False),  # it has not lasted
        ({}, {"ill": Ill.STUCK}, [], {}, False),
        ({}, {}, [{}], {}, False),  # an hour ago, and at most every second hour
        ({}, {}, [{"at": NOW - 2 * HOUR}], {}, True),
        ({}, {}, [{"evse_no": 2}], {}, True),  # another Evse of it
        ({}, {}, [{"evse_no": 2, "state": State.TAKEN, "at": NOW - 2 * HOUR}], {}, False),  # never two at once
        ({}, {}, [], {2}, False),  # a car charges beside it
        ({}, {}, [], {1}, True),  # the charge that ails
        ({"ill": Ill.STUCK, "cure": Cure.UNLOCK}, {"ill": Ill.STUCK}, [], {2}, True),
        ({"ill": Ill.STUCK, "cure": Cure.UNLOCK}, {"ill": Ill.STUCK}, [], {1}, False),
        ({"ill": Ill.CLOCK_OFF, "cure": Cure.BEAT}, {"ill": Ill.CLOCK_OFF}, [], {1, 2}, True),
    ],
)
def test_a_rule_cures_what_lasts_and_disturbs_nobody(
    rule: dict[str, Any], found: dict[str, Any], tried: list[dict[str, Any]], charging: set[int], now_due: bool
) -> None:
    past = [replace(TRIED, **one) for one in tried]
    assert due(replace(RULE, **rule), replace(FOUND, **found), past, charging, NOW) is now_due


@pytest.mark.parametrize(
    ("state", "ago", "ill", "on_the_line", "after"),
    [
        (State.ASKED, HOUR, True, True, State.ASKED),  # whoever carries it says how it went
        (State.TAKEN, MINUTE, True, True, State.TAKEN),
        (State.TAKEN, MINUTE, False, True, State.CURED),
        (State.TAKEN, MINUTE, False, False, State.TAKEN),  # nobody knows how it is while it is away
        (State.UNANSWERED, 10 * MINUTE, True, True, State.IN_VAIN),
        (State.UNANSWERED, 10 * MINUTE, False, False, State.IN_VAIN),
        (State.REFUSED, HOUR, False, True, State.REFUSED),
    ],
)
def test_whether_a_cure_helped_is_seen(
    state: State, ago: timedelta, ill: bool, on_the_line: bool, after: State
) -> None:
    one = replace(TRIED, state=state, at=NOW - ago)
    assert judged(one, ill=ill, on_the_line=on_the_line, now=NOW).state is after


async def _ails(database: Database, ill: Ill) -> bool:
    async with database.unit() as unit:
        return any(one.ill is ill for one in await attention.wanted(unit, US))


async def _states(database: Database) -> list[tuple[Cure, State]]:
    async with database.unit() as unit:
        return [(one.cure, one.state) for one in await cures.page(unit, US)]


async def _reaches(database: Database, state: State) -> None:
    async def there() -> bool:
        return (await _states(database))[0][1] is state

    await until(there)


@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
async def test_a_faulted_evse_is_restarted_by_rule_once(
    url: str, database: Database, clock: SetClock, protocol: str
) -> None:
    """B11.FR.01, B12.FR.01: never twice, audited, and its outcome is what the station says of itself afterwards."""
    async with managed(url, protocol, {"Reset": {"status": "Accepted"}}) as station:
        await station.boot()
        async with database.unit() as unit:
            await locations.report_status(unit, US, US, "LOC1", "EVSE1", Status.OUTOFORDER, unit.now)
            with pytest.raises(NoSuchCure):
                await cures.keep_rule(unit, US, Ill.SILENT, cure=None, after_minutes=1, every_minutes=60, by="ada")
            await cures.keep_rule(unit, US, Ill.FAULTED, cure=None, after_minutes=5, every_minutes=60, by="ada")
        assert await cures.look_after(database) == 0
        clock.advance(5 * MINUTE)
        assert await cures.look_after(database) == 1
        assert await cures.look_after(database) == 0
        await _reaches(database, State.TAKEN)
        async with database.unit() as unit:
            assert (await people.deeds(unit))[0].who == "rule of ada"
            with pytest.raises(CureUnderWay):
                await cures.begin(unit, US, "ST1", 1, Ill.FAULTED, by="eve")
        clock.advance(10 * MINUTE)
        assert await cures.look_after(database) == 0
        assert await _states(database) == [(Cure.RESET, State.IN_VAIN)]
        assert [said["type"] for said in station.asked_for("Reset")] == ["Soft" if protocol == "ocpp1.6" else "OnIdle"]
        clock.advance(HOUR)
        await station.boot()
        assert await cures.look_after(database) == 1
        await _reaches(database, State.TAKEN)
        async with database.unit() as unit:
            await locations.report_status(unit, US, US, "LOC1", "EVSE1", Status.AVAILABLE, unit.now)
        await cures.look_after(database)
        assert (await _states(database))[0] == (Cure.RESET, State.CURED)


async def test_a_stuck_plug_is_let_go_and_a_wrong_clock_set_by_a_click(
    url: str, database: Database, station: Station, clock: SetClock
) -> None:
    """F05.FR.01, F06.FR.01: in the words of OCPP 1.6 a Finishing that lasts; what is refused says so."""
    answers = {
        "UnlockConnector": {"status": "UnlockFailed"},
        "TriggerMessage": {"status": "Accepted"},
        "Reset": {"status": "Accepted"},
    }
    async with database.unit() as unit:
        with pytest.raises(NotIll):
            await cures.begin(unit, US, "ST1", 1, Ill.STUCK, by="ada")
    async with managed(url, "ocpp1.6", answers) as wire:
        await wire.boot()
        await wire.say("StatusNotification", connector_id=1, error_code="NoError", status="Finishing")
        clock.advance(9 * HOUR)
        await wire.say("Heartbeat")
        async with database.unit() as unit:
            await cures.begin(unit, US, "ST1", 1, Ill.STUCK, by="ada")
        database.wake()
        await _reaches(database, State.REFUSED)
        start = {"connector_id": 2, "id_tag": "CARD1", "meter_start": 0}
        begun = await wire.say("StartTransaction", **start, timestamp=clock.now().isoformat())
        async with database.unit() as unit:
            with pytest.raises(SomebodyCharges):
                await cures.begin(unit, US, "ST1", 1, Ill.STUCK, cure=Cure.RESET, by="ada")
        ahead = (clock.now() + HOUR).isoformat()
        sample = [{"timestamp": ahead, "sampled_value": [{"value": "10"}]}]
        await wire.say("MeterValues", connector_id=2, transaction_id=begun.transaction_id, meter_value=sample)
        assert await _ails(database, Ill.STUCK)
        await wire.say("StatusNotification", connector_id=2, error_code="NoError", status="Charging")
        assert not await _ails(database, Ill.ENDLESS)
        async with database.unit() as unit:
            one = await cures.begin(unit, US, "ST1", 2, Ill.CLOCK_OFF, by="ada")
        database.wake()
        await _reaches(database, State.TAKEN)
        assert wire.asked_for("TriggerMessage")[-1]["requestedMessage"] == "Heartbeat"
        await cures.look_after(database)
        assert one.cure is Cure.BEAT and (await _states(database))[0] == (Cure.BEAT, State.CURED)
        assert not await _ails(database, Ill.CLOCK_OFF)


@pytest.mark.parametrize("says", ["Rejected", "Accepted"])
async def test_a_charge_whose_stop_is_lost_is_closed_with_what_is_known(
    url: str, database: Database, clock: SetClock, says: str
) -> None:
    """A station that agrees gets two minutes to tell the stop; one that tells it later still is believed."""
    async with managed(url, "ocpp1.6", {"RemoteStopTransaction": {"status": says}}) as wire:
        await wire.boot()
        start = {"connector_id": 1, "id_tag": "CARD1", "meter_start": 0}
        begun = await wire.say("StartTransaction", **start, timestamp=clock.now().isoformat())
        at = clock.advance(30 * MINUTE)
        sample = [{"timestamp": at.isoformat(), "sampled_value": [{"value": "6000"}]}]
        await wire.say("MeterValues", connector_id=1, transaction_id=begun.transaction_id, meter_value=sample)
        await wire.say("StatusNotification", connector_id=1, error_code="NoError", status="Available")
        clock.advance(11 * MINUTE)
        async with database.unit() as unit:
            await cures.keep_rule(unit, US, Ill.ENDLESS, cure=None, after_minutes=10, every_minutes=60, by="ada")
        assert await cures.look_after(database) == 1
        if says == "Accepted":
            await _reaches(database, State.TAKEN)
            clock.advance(2 * MINUTE)
            await cures.look_after(database)
        await _reaches(database, State.CURED)
        assert not await _ails(database, Ill.ENDLESS)
        async with database.unit() as unit:
            (session,) = await sessions.page(unit, US)
            kinds = {one.kind for one in await readings.doubts_of(unit, US, session.id)}
        assert session.status is Course.COMPLETED and session.energy == wh(6000) and session.ended_at == at
        assert DoubtKind.STOP_LOST in kinds
        told = {"transaction_id": begun.transaction_id, "meter_stop": 6500}
        await wire.say("StopTransaction", **told, timestamp=(at + MINUTE).isoformat())
        async with database.unit() as unit:
            (session,) = await sessions.page(unit, US)
        assert session.energy == wh(6500)


async def test_a_charge_without_an_end_that_somebody_closed_ails_no_more(
    url: str, database: Database, clock: SetClock
) -> None:
    """By hand, on its own page: its stop may never come."""
    async with managed(url, "ocpp1.6", {}) as wire:
        await wire.boot()
        start = {"connector_id": 1, "id_tag": "CARD1", "meter_start": 0}
        await wire.say("StartTransaction", **start, timestamp=clock.now().isoformat())
        await wire.say("StatusNotification", connector_id=1, error_code="NoError", status="Available")
        clock.advance(11 * MINUTE)
        await wire.say("Heartbeat")
        assert await _ails(database, Ill.ENDLESS)
        async with database.unit() as unit:
            (session,) = await sessions.page(unit, US)
            await sessions.close_lost(unit, US, session.id, by="ada", why="nothing more was heard of it")
        assert not await _ails(database, Ill.ENDLESS)
        await wire.say("StatusNotification", connector_id=1, error_code="NoError", status="Finishing")
        clock.advance(timedelta(hours=13))
        await wire.say("Heartbeat")
        async with database.unit() as unit:  # nobody charges there whom that would cut off
            assert (await cures.begin(unit, US, "ST1", 1, Ill.STUCK, by="ada")).cure is Cure.UNLOCK


async def test_a_station_that_says_nothing_is_asked_to_and_one_that_is_away_cannot_be(
    url: str, database: Database, station: Station, clock: SetClock
) -> None:
    async with managed(url, "ocpp2.0.1", {"TriggerMessage": {"status": "Accepted"}}) as wire:
        await wire.boot()
        clock.advance(16 * MINUTE)
        async with database.unit() as unit:
            await cures.begin(unit, US, "ST1", 1, Ill.MUTE, by="ada")
        database.wake()
        await _reaches(database, State.TAKEN)
        await wire.say("Heartbeat")
        await cures.look_after(database)
        assert await _states(database) == [(Cure.BEAT, State.CURED)]
        async with database.unit() as unit:
            await locations.report_status(unit, US, US, "LOC1", "EVSE1", Status.OUTOFORDER, unit.now)
    async with database.unit() as unit:
        locations.disconnected(unit, station, process="test")
    async with database.unit() as unit:
        with pytest.raises((Offline, NotIll)):
            await cures.begin(unit, US, "ST1", 1, Ill.FAULTED, by="ada")
