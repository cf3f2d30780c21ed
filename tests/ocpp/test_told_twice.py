"""What stations tell twice, late or in another order is one charge, and billed as it was."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from decimal import Decimal

import pytest

from laddnav.db.unit import Database
from laddnav.kit.energy import wh
from laddnav.locations import actions as locations
from laddnav.locations.actions import Provisioning
from laddnav.metering.model import DoubtKind
from laddnav.ocpp.serve import Sockets
from laddnav.readings import actions as readings
from laddnav.sessions.model import Status
from laddnav.sim.station import Manners
from tests.clock import SetClock
from tests.ocpp.conftest import Raw
from tests.ocpp.stations import CAR, STAMP, Street, all_sessions, count, doubts, on_the_line
from tests.things import US


async def test_a_start_told_twice_is_one_charge_with_one_number(url: str, database: Database) -> None:
    start = {"connectorId": 1, "idTag": "CARD1", "meterStart": 1000, "timestamp": STAMP}
    raw = await Raw.connect(url)
    first = await raw.ask("StartTransaction", start, "1")
    again = await raw.ask("StartTransaction", start, "2")
    other = await Raw.connect(url)
    over_another_socket = await other.ask("StartTransaction", start, "1")
    assert first[2]["idTagInfo"] == {"status": "Accepted"}
    assert first[2] == again[2] == over_another_socket[2]
    assert len(await all_sessions(database)) == 1


async def test_a_start_told_on_two_sockets_at_once_is_one_charge(
    url: str, database: Database, sockets: Sockets
) -> None:
    start = json.dumps(
        [2, "1", "StartTransaction", {"connectorId": 1, "idTag": "CARD1", "meterStart": 1, "timestamp": STAMP}]
    )
    one = await Raw.connect(url)
    held = sockets.connections.pop("ST1")
    two = await Raw.connect(url)
    await asyncio.gather(one.say(start), two.say(start))
    answers = [await one.hear(), await two.hear()]
    assert answers[0] == answers[1]
    assert len(await all_sessions(database)) == 1
    await held.close(1000, "")


async def on_two_sockets(url: str, sockets: Sockets, protocol: str = "ocpp1.6") -> tuple[Raw, Raw]:
    """The first is not let go when the second comes, as where each is with another process."""
    one = await Raw.connect(url, protocol=protocol)
    held = sockets.connections.pop("ST1")
    two = await Raw.connect(url, protocol=protocol)
    sockets.connections["ST1, before"] = held
    return one, two


async def test_a_boot_and_a_stop_told_on_two_sockets_at_once_are_one(
    url: str, database: Database, sockets: Sockets, clock: SetClock
) -> None:
    one, two = await on_two_sockets(url, sockets)
    boot = {"chargePointVendor": "V", "chargePointModel": "M"}
    booted = await asyncio.gather(*(raw.ask("BootNotification", boot) for raw in (one, two)))
    assert [answer[2]["status"] for answer in booted] == ["Accepted", "Accepted"]
    start = {"connectorId": 1, "idTag": "CARD1", "meterStart": 1000, "timestamp": STAMP}
    number = (await one.ask("StartTransaction", start))[2]["transactionId"]
    clock.advance(timedelta(minutes=20))
    stop = {"transactionId": number, "meterStop": 3000, "timestamp": "2026-11-23T08:20:00Z", "idTag": "CARD1"}
    stopped = await asyncio.gather(*(raw.ask("StopTransaction", stop) for raw in (one, two)))
    assert stopped[0][0] == 3 and stopped[0][2] == stopped[1][2]
    (session,) = await all_sessions(database)
    assert session.energy == wh(2000) and await doubts(database) == []


@pytest.mark.parametrize("protocol", ["ocpp2.0.1", "ocpp2.1"])
async def test_numbered_events_told_on_two_sockets_at_once_are_one_charge(
    url: str, database: Database, sockets: Sockets, protocol: str
) -> None:
    async with database.unit() as unit:
        await locations.provision(unit, "ST1", Provisioning(protocols=(protocol,)))
    one, two = await on_two_sockets(url, sockets, protocol)
    card = {"idToken": {"idToken": "CARD1", "type": "ISO14443"}}
    for number, (kind, why, register) in enumerate(
        (("Started", "Authorized", 1000), ("Ended", "StopAuthorized", 3000))
    ):
        said = {
            "eventType": kind,
            "timestamp": STAMP,
            "triggerReason": why,
            "seqNo": number,
            "transactionInfo": {"transactionId": "T1"},
            "evse": {"id": 1, "connectorId": 1},
            "meterValue": [{"timestamp": STAMP, "sampledValue": [{"value": register}]}],
            **card,
        }
        told = await asyncio.gather(*(raw.ask("TransactionEvent", said, str(number)) for raw in (one, two)))
        assert told[0][0] == 3 and told[0][2] == told[1][2]
    (session,) = await all_sessions(database)
    assert session.energy == wh(2000)


async def test_readings_and_a_stop_told_twice_change_nothing(url: str, database: Database, clock: SetClock) -> None:
    raw = await Raw.connect(url)
    start = {"connectorId": 1, "idTag": "CARD1", "meterStart": 1000, "timestamp": STAMP}
    number = (await raw.ask("StartTransaction", start))[2]["transactionId"]
    value = {"timestamp": "2026-11-23T08:10:00Z", "sampledValue": [{"value": "2000"}]}
    told = {"connectorId": 1, "transactionId": number, "meterValue": [value]}
    stop = {"transactionId": number, "meterStop": 3000, "timestamp": "2026-11-23T08:20:00Z", "idTag": "CARD1"}
    clock.advance(timedelta(minutes=20))
    for id in ("2", "2", "3"):
        assert (await raw.ask("MeterValues", told, id))[2] == {}
    for id in ("4", "4", "5"):
        assert (await raw.ask("StopTransaction", stop, id))[2] == {"idTagInfo": {"status": "Accepted"}}
    assert (await raw.ask("MeterValues", told, "6"))[2] == {}
    (session,) = await all_sessions(database)
    assert (session.status, session.energy) == (Status.COMPLETED, wh(2000))
    assert await count(database, "reading") == 1


async def test_what_happened_offline_is_told_later_and_billed_as_it_was(
    street: Street, database: Database, clock: SetClock
) -> None:
    station = await on_the_line(street)
    await station.go_offline()
    await station.plug_in(1, CAR)
    await station.show_card(1, "CARD1")
    began_at = clock.now()
    for _ in range(3):
        clock.advance(timedelta(minutes=20))
        await station.sample(1)
    await station.unplug(1)
    assert len(station.untold) == 5
    clock.advance(timedelta(hours=5))
    await station.come_online()
    assert station.untold == []
    (session,) = await all_sessions(database)
    assert (session.status, session.started_at) == (Status.COMPLETED, began_at)
    assert session.ended_at == began_at + timedelta(hours=1)
    assert session.energy.wh == (session.meter_stopped or 0) - (session.meter_started or 0)
    assert await doubts(database) == []


async def test_a_stop_that_overtook_its_start_is_put_right(url: str, database: Database, clock: SetClock) -> None:
    clock.advance(timedelta(hours=2))
    raw = await Raw.connect(url)
    stop = {"transactionId": -1, "meterStop": 5000, "timestamp": "2026-11-23T09:00:00Z", "idTag": "CARD1"}
    assert (await raw.ask("StopTransaction", stop, "1"))[2] == {"idTagInfo": {"status": "Accepted"}}
    assert await doubts(database) == [DoubtKind.STOP_WITHOUT_START]
    start = {"connectorId": 1, "idTag": "card1", "meterStart": 1000, "timestamp": STAMP}
    assert (await raw.ask("StartTransaction", start, "2"))[2]["idTagInfo"]["status"] == "Accepted"
    (session,) = await all_sessions(database)
    assert (session.status, session.energy) == (Status.COMPLETED, wh(4000))
    assert DoubtKind.STOP_WITHOUT_START not in await doubts(database)


async def test_a_stop_whose_start_never_comes_is_a_doubt_and_bills_nobody(
    street: Street, database: Database, clock: SetClock
) -> None:
    station = await on_the_line(street, manners=Manners(forgets_starts=1.0))
    await station.plug_in(1, CAR)
    await station.begin(1, "CARD1")
    clock.advance(timedelta(minutes=30))
    await station.sample(1)
    await station.end(1)
    assert station.untold == []
    assert station.refusals == []
    assert await all_sessions(database) == []
    assert await doubts(database) == [DoubtKind.STOP_WITHOUT_START]
    assert await count(database, "reading") == 2


async def test_a_stop_without_a_name_ends_the_only_charge_that_it_can_mean(url: str, database: Database) -> None:
    """OCPP 1.6 errata §3.18: the answer to the start was lost on its way."""
    raw = await Raw.connect(url)
    start = {"connectorId": 1, "idTag": "CARD1", "meterStart": 1000, "timestamp": STAMP}
    await raw.ask("StartTransaction", start, "1")
    stop = {"transactionId": -1, "meterStop": 5000, "timestamp": "2026-11-23T09:00:00Z", "idTag": "CARD1"}
    assert (await raw.ask("StopTransaction", stop, "2"))[0] == 3
    (session,) = await all_sessions(database)
    assert (session.status, session.energy) == (Status.COMPLETED, wh(4000))


async def test_readings_without_a_name_belong_to_the_charge_at_that_connector(url: str, database: Database) -> None:
    raw = await Raw.connect(url)
    await raw.ask("StartTransaction", {"connectorId": 1, "idTag": "CARD1", "meterStart": 1000, "timestamp": STAMP}, "1")
    value = {"timestamp": "2026-11-23T08:10:00Z", "sampledValue": [{"value": "2000"}]}
    for no, id in ((1, "2"), (2, "3"), (0, "4")):
        await raw.ask("MeterValues", {"connectorId": no, "meterValue": [value]}, id)
    (session,) = await all_sessions(database)
    assert session.energy == wh(1000)
    async with database.unit() as unit:
        assert len(await readings.of_session(unit, US, session.id)) == 1
    assert await count(database, "reading") == 3


async def test_an_older_charge_told_late_leaves_the_newer_one_alone(
    url: str, database: Database, clock: SetClock
) -> None:
    raw = await Raw.connect(url)
    newer = {"connectorId": 1, "idTag": "CARD1", "meterStart": 5000, "timestamp": "2026-11-23T09:00:00Z"}
    older = {"connectorId": 1, "idTag": "CARD1", "meterStart": 1000, "timestamp": STAMP}
    clock.advance(timedelta(hours=1))
    await raw.ask("StartTransaction", newer, "1")
    number = (await raw.ask("StartTransaction", older, "2"))[2]["transactionId"]
    stop = {"transactionId": number, "meterStop": 4000, "timestamp": "2026-11-23T08:30:00Z"}
    await raw.ask("StopTransaction", stop, "3")
    kept = {session.started_at.hour: (session.status, session.energy) for session in await all_sessions(database)}
    assert kept == {9: (Status.ACTIVE, wh(0)), 8: (Status.COMPLETED, wh(3000))}


async def test_a_stop_that_comes_after_the_next_start_is_taken_at_its_word(
    url: str, database: Database, clock: SetClock
) -> None:
    raw = await Raw.connect(url)
    first = {"connectorId": 1, "idTag": "CARD1", "meterStart": 1000, "timestamp": STAMP}
    number = (await raw.ask("StartTransaction", first, "1"))[2]["transactionId"]
    clock.advance(timedelta(hours=1))
    second = {"connectorId": 1, "idTag": "CARD1", "meterStart": 4000, "timestamp": "2026-11-23T09:00:00Z"}
    await raw.ask("StartTransaction", second, "2")
    stop = {"transactionId": number, "meterStop": 4000, "timestamp": "2026-11-23T08:30:00Z"}
    await raw.ask("StopTransaction", stop, "3")
    older = (await all_sessions(database))[0]
    assert (older.status, older.energy, older.meter_stopped) == (Status.COMPLETED, wh(3000), Decimal(4000))
    assert older.ended_at == older.started_at + timedelta(minutes=30)


async def test_a_charge_at_a_number_without_an_evse_is_a_doubt(url: str, database: Database) -> None:
    raw = await Raw.connect(url)
    start = {"connectorId": 7, "idTag": "CARD1", "meterStart": 1000, "timestamp": STAMP}
    number = (await raw.ask("StartTransaction", start, "1"))[2]["transactionId"]
    stop = {"transactionId": number, "meterStop": 5000, "timestamp": "2026-11-23T09:00:00Z"}
    assert (await raw.ask("StopTransaction", stop, "2"))[0] == 3
    assert await all_sessions(database) == []
    assert await doubts(database) == [DoubtKind.UNKNOWN_EVSE]


@pytest.mark.parametrize("seed", [0, 5, 10, 31])
async def test_a_station_without_manners_is_billed_what_its_meter_says(
    street: Street, database: Database, clock: SetClock, seed: int
) -> None:
    station = await on_the_line(street, manners=Manners(repeats=0.5, shuffles=1.0), seed=seed)
    drawn = []
    for charge in range(5):
        before = station.plugs[1].register
        if seed >> charge & 1:
            await station.go_offline()
        await station.plug_in(1, CAR)
        await station.begin(1, "CARD1")
        for _ in range(3):
            clock.advance(timedelta(minutes=10))
            await station.sample(1)
        clock.advance(timedelta(minutes=10))
        await station.unplug(1)
        drawn.append(station.plugs[1].register - before)
        clock.advance(timedelta(minutes=30))
        if not station.online:
            await station.come_online()
    assert station.untold == []
    kept = sorted(await all_sessions(database), key=lambda session: session.started_at)
    assert [session.energy for session in kept] == drawn, f"seed {seed}"
    assert {session.status for session in kept} == {Status.COMPLETED}
