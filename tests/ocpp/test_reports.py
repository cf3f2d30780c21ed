"""What stations report is there for whoever looks, until it is taken back; what they ask is answered."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from laddnav.db.events import Event
from laddnav.db.outbox import drain
from laddnav.db.unit import Database, Listener
from laddnav.kit.time import rfc3339
from laddnav.locations import actions as locations
from laddnav.locations.actions import Provisioning
from laddnav.ocpp import calls, reports
from laddnav.ocpp.forgetting import forget_old
from laddnav.ocpp.settings import Keeping
from laddnav.ocpp.vat_numbers import well_formed
from laddnav.ocpp.wire.reports import Topic
from laddnav.reservations import actions as reservations
from laddnav.reservations.events import ReservationRequested
from laddnav.reservations.model import State
from laddnav.sessions.model import CdrToken
from laddnav.tokens.model import TokenType
from tests.clock import SetClock
from tests.ocpp.conftest import until
from tests.ocpp.numbered import Numbered, metered, numbered
from tests.things import US, evse, location

CARD: dict[str, Any] = {"id_token": {"id_token": "CARD1", "type": "ISO14443"}}
AT_1: dict[str, Any] = {"evse": {"id": 1, "connector_id": 1}}
NEEDS = {"requested_energy_transfer": "DC", "dc_charging_parameters": {"ev_max_current": 200, "ev_max_voltage": 800}}
NEWEST = "ocpp2.1"


@pytest.fixture
def hears() -> Mapping[type[Event], Sequence[Listener]]:
    return {ReservationRequested: [calls.reservation_requested]}


@asynccontextmanager
async def on_the_line(url: str, database: Database, protocol: str = NEWEST) -> AsyncIterator[Numbered]:
    async with database.unit() as unit:
        await locations.provision(unit, "ST1", Provisioning(protocols=(protocol,), on_connect="none"))
    async with numbered(url, protocol) as one:
        yield one


async def kept(database: Database, topic: Topic) -> dict[str, dict[str, Any]]:
    async with database.unit() as unit:
        station = await locations.station(unit, "ST1")
        return {one.key: one.document for one in await reports.page(unit, station, topic)}


@pytest.mark.parametrize(("protocol", "no"), [("ocpp2.0.1", "Rejected"), ("ocpp2.1", "NoChargingProfile")])
async def test_a_car_that_says_its_needs_gets_a_profile_that_fits_its_evse(
    url: str, database: Database, clock: SetClock, protocol: str, no: str
) -> None:
    """K15.FR.03 K15.FR.04 K15.FR.07 K15.FR.11 K15.FR.12 K15.FR.13 K16.FR.06 K16.FR.07 K16.FR.08."""
    async with on_the_line(url, database, protocol) as station:
        nobody = await station.say("NotifyEVChargingNeeds", evse_id=2, charging_needs=NEEDS)
        assert nobody.status == no
        await station.tell("Started", clock.now(), **CARD, **AT_1, meter_value=metered(clock.now(), 0))
        told = await station.say("NotifyEVChargingNeeds", evse_id=1, charging_needs=NEEDS)
        assert told.status == "Accepted"
        await until(lambda: "SetChargingProfile" in dict(station.asked))
        profile = dict(station.asked)["SetChargingProfile"]["charging_profile"]
        assert (profile["charging_profile_purpose"], profile["transaction_id"]) == ("TxProfile", "T-1")
        (schedule,) = profile["charging_schedule"]
        assert schedule["charging_rate_unit"] == "W"
        assert schedule["charging_schedule_period"] == [{"start_period": 0, "limit": 22000}]
        for watts, status in ((11000, "Accepted"), (22000, "Accepted"), (30000, "Rejected")):
            period = {"start_period": 0, "limit": watts}
            meant = {"id": 1, "charging_rate_unit": "W", "charging_schedule_period": [period]}
            said = {"time_base": rfc3339(clock.now()), "evse_id": 1, "charging_schedule": meant}
            assert (await station.say("NotifyEVChargingSchedule", **said)).status == status
        await until(lambda: [action for action, _ in station.asked].count("SetChargingProfile") == 2)
        assert station.asked[-1][1]["charging_profile"] == profile
        unlimited = await station.say("NotifyEVChargingSchedule", **said | {"evse_id": 2})
        assert unlimited.status == "Accepted"
    assert (await kept(database, Topic.CHARGING_NEEDS)).keys() == {"1", "2"}


async def test_what_others_limit_is_known_until_they_do_no_more(url: str, database: Database) -> None:
    """K12.FR.02, K13.FR.02, K22.FR.03, K22.FR.05."""
    async with on_the_line(url, database) as station:
        for source, evse_no in (("EMS", 1), ("EMS", 2), ("Other", None)):
            limit = {"charging_limit_source": source, "is_grid_critical": True}
            await station.say("NotifyChargingLimit", charging_limit=limit, evse_id=evse_no)
        await station.say("ClearedChargingLimit", charging_limit_source="EMS", evse_id=2)
        limits = await kept(database, Topic.CHARGING_LIMIT)
        assert limits.keys() == {"EMS/1", "Other/0"}
        assert limits["EMS/1"]["chargingLimit"] == {"chargingLimitSource": "EMS", "isGridCritical": True}
        await station.say("ClearedChargingLimit", charging_limit_source="Other")
        assert (await kept(database, Topic.CHARGING_LIMIT)).keys() == {"EMS/1"}
        for activated in (True, False):
            await station.say("NotifyPriorityCharging", transaction_id="T-1", activated=activated)
            assert bool(await kept(database, Topic.PRIORITY_CHARGING)) is activated


async def test_a_dynamic_profile_says_what_was_said_last(url: str, database: Database) -> None:
    """K28.FR.06 K28.FR.07 K28.FR.12."""
    period = {"startPeriod": 0, "limit": 9000, "operationMode": "ChargingOnly"}
    schedule = {"id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": [period]}
    profile = {
        "id": 7,
        "stackLevel": 1,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Dynamic",
        "dynUpdateInterval": 60,
        "chargingSchedule": [schedule],
    }
    async with on_the_line(url, database) as station:
        await calls.ask(database, "ST1", "SetChargingProfile", {"evseId": 0, "chargingProfile": profile})
        pulled = await station.say("PullDynamicScheduleUpdate", charging_profile_id=7)
        assert (pulled.status, pulled.schedule_update) == ("Accepted", {"limit": 9000})
        unknown = await station.say("PullDynamicScheduleUpdate", charging_profile_id=8)
        assert (unknown.status, unknown.status_info["reason_code"]) == ("Rejected", "InvalidProfile")
        fixed = profile | {"chargingProfileKind": "Relative"}
        await calls.ask(database, "ST1", "SetChargingProfile", {"evseId": 0, "chargingProfile": fixed})
        assert (await station.say("PullDynamicScheduleUpdate", charging_profile_id=7)).status == "Rejected"


async def test_what_a_station_shows_and_knows_is_put_together(url: str, database: Database, clock: SetClock) -> None:
    """O01 O03.FR.02 O05.FR.01 O06.FR.01 N09.FR.05 C21.FR.02 C22.FR.01."""
    message = {"id": 3, "priority": "InFront", "message": {"format": "UTF8", "content": "Closed on Sunday"}}
    async with on_the_line(url, database) as station:
        await calls.ask(database, "ST1", "SetDisplayMessage", {"message": message})
        other = {"id": 4, "priority": "NormalCycle", "message": {"format": "UTF8", "content": "Welcome"}}
        await station.say("NotifyDisplayMessages", request_id=1, message_info=[other])
        assert (await kept(database, Topic.DISPLAY_MESSAGE)) == {"3": message, "4": other}
        await calls.ask(database, "ST1", "ClearDisplayMessage", {"id": 3})
        assert (await kept(database, Topic.DISPLAY_MESSAGE)).keys() == {"4"}
        for seq_no, data, more in ((1, "of nobody", False), (0, "Keeps a card ", True)):
            part = {"data": data, "seq_no": seq_no, "generated_at": rfc3339(clock.now()), "request_id": 9, "tbc": more}
            await station.say("NotifyCustomerInformation", **part)
            async with database.unit() as unit:
                told, whole = await reports.customer_information(unit, await locations.station(unit, "ST1"), 9)
            assert whole is (seq_no == 0)
        assert told == "Keeps a card of nobody"
        clock.advance(timedelta(days=31))
        await forget_old(database, Keeping())
        assert await kept(database, Topic.CUSTOMER_INFORMATION) == {}
        assert (await kept(database, Topic.DISPLAY_MESSAGE)).keys() == {"4"}
        for status, at in (("Failed", clock.now()), ("Settled", clock.advance(timedelta(minutes=1)))):
            paid = {"psp_ref": "P1", "status": status, "settlement_amount": 12.5, "settlement_time": rfc3339(at)}
            await station.say("NotifySettlement", **paid)
        settled = await kept(database, Topic.SETTLEMENT)
    assert [one["status"] for one in settled.values()] == ["Failed", "Settled"]


async def test_a_vat_number_is_looked_at_and_answered_for_its_evse(url: str, database: Database) -> None:
    """C18.FR.09 C18.FR.10."""
    async with on_the_line(url, database) as station:
        for number, status in (("SE556677889901", "Accepted"), ("SE1", "Rejected"), ("ZZ123", "Rejected")):
            judged = await station.say("VatNumberValidation", vat_number=number, evse_id=2)
            assert (judged.vat_number, judged.evse_id, judged.status) == (number, 2, status)
    assert well_formed("de 123.456-789")
    assert not well_formed("DE１２３４５６７８９")


@pytest.mark.parametrize(("word", "state"), [("Expired", State.EXPIRED), ("Removed", State.WITHDRAWN)])
async def test_what_a_station_keeps_no_more_is_over_here_too(
    url: str, database: Database, clock: SetClock, word: str, state: State
) -> None:
    """H01.FR.16 H01.FR.17 H04.FR.01: told by its number; told again, or of what is unknown, it changes nothing."""
    card = CdrToken(owner=US, uid="CARD1", type=TokenType.RFID, contract_id="C1")
    async with on_the_line(url, database, "ocpp2.0.1") as station:
        async with database.unit() as unit:
            await locations.keep(unit, US, location(evses=(evse(capabilities=("RESERVABLE",)), evse("EVSE2"))))
            asked = await reservations.request(
                unit,
                holder=US,
                asked_by=US,
                id="R1",
                token=card,
                location_id="LOC1",
                evse_uid="EVSE1",
                until=clock.now() + timedelta(hours=1),
                request="1",
            )
        await drain(database)

        async def has(wanted: State) -> bool:
            async with database.unit() as unit:
                return (await reservations.by_ref(unit, asked.ref)).state is wanted

        await until(lambda: has(State.HELD))
        for number in (asked.number + 1, asked.number, asked.number):
            await station.say("ReservationStatusUpdate", reservation_id=number, reservation_update_status=word)
        assert await has(state)
