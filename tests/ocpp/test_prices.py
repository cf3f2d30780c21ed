"""Drivers see at a station what charging will cost, costs so far, and in the end; and no credit is overdrawn."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from laddnav.db.unit import Database
from laddnav.kit.time import rfc3339
from laddnav.locations import actions as locations
from laddnav.locations.actions import Provisioning
from laddnav.ocpp import reports
from laddnav.ocpp.wire.reports import Topic
from laddnav.tokens import actions as tokens
from tests.clock import SetClock
from tests.ocpp.conftest import Raw, until
from tests.ocpp.numbered import PACKAGES, Numbered, metered, numbered
from tests.ocpp.stations import BOOT
from tests.things import US

CARD: dict[str, Any] = {"id_token": {"id_token": "CARD1", "type": "ISO14443"}}
AT_1: dict[str, Any] = {"evse": {"id": 1, "connector_id": 1}}
WHILE = timedelta(minutes=10)  # 12 kW, for 2 kWh
LIMITS = {
    "component": {"name": "TxCtrlr"},
    "variable": {"name": "SupportedLimits"},
    "variable_attribute": [{"type": "Actual", "value": "maxCost,maxTime"}],
}


@pytest.fixture(params=list(PACKAGES))
async def twin(request: pytest.FixtureRequest, url: str, database: Database) -> AsyncIterator[Numbered]:
    changes = Provisioning(protocols=(request.param,), shows_prices=True, on_connect="none")
    async with database.unit() as unit:
        await locations.provision(unit, "ST1", changes)
    async with numbered(url, request.param) as one:
        yield one


async def give_credit(database: Database, credit: str) -> None:
    async with database.unit() as unit:
        (token,) = await tokens.by_uid(unit, US, "CARD1")
        await tokens.keep(unit, US, replace(token, credit=Decimal(credit)))


async def test_a_display_tells_the_price_the_cost_so_far_and_all_of_it(
    twin: Numbered, database: Database, clock: SetClock
) -> None:
    """I01.FR.01 I02.FR.01 I03.FR.02 I06.FR.02: in answers, and by CostUpdated where nothing was asked."""
    given = await twin.say("Authorize", **CARD)
    assert "3.125 SEK/kWh" in given.id_token_info["personal_message"]["content"]
    begun = await twin.tell("Started", clock.now(), **CARD, **AT_1, meter_value=metered(clock.now(), 0))
    assert "3.125 SEK/kWh" in begun.updated_personal_message["content"]
    assert begun.total_cost == 6.25
    told = await twin.tell("Updated", clock.advance(WHILE), meter_value=metered(clock.now(), 2000))
    assert told.total_cost == 12.5
    assert told.updated_personal_message is None
    await twin.say("MeterValues", evse_id=1, meter_value=metered(clock.advance(WHILE), 3000))
    await until(lambda: ("CostUpdated", {"total_cost": 15.63, "transaction_id": "T-1"}) in twin.asked)
    last = metered(clock.advance(WHILE), 4000, "Transaction.End")
    ended = await twin.tell("Ended", clock.now(), meter_value=last)
    assert ended.total_cost == 18.75
    again = await twin.tell("Ended", clock.now(), number=2, meter_value=last)
    assert again.total_cost == 18.75


async def test_a_charge_of_which_something_is_missing_has_no_cost_yet(twin: Numbered, clock: SetClock) -> None:
    """I03.FR.02, I03.FR.04: what is left out was not free."""
    await twin.tell("Started", clock.now(), **CARD, **AT_1, meter_value=metered(clock.now(), 0))
    ended = await twin.tell("Ended", clock.advance(WHILE), number=3, meter_value=metered(clock.now(), 2000))
    assert ended.total_cost is None


async def test_a_driver_with_credit_charges_for_no_more(twin: Numbered, database: Database, clock: SetClock) -> None:
    """C17.FR.01 C17.FR.02 C17.FR.03 E16.FR.02 E16.FR.12: a station that counts is told, any other stopped."""
    await give_credit(database, "12.5")
    counts = twin.package is PACKAGES["ocpp2.1"]
    if counts:
        await twin.say(
            "NotifyReport", request_id=1, generated_at=rfc3339(clock.now()), seq_no=0, tbc=False, report_data=[LIMITS]
        )
    given = await twin.say("Authorize", **CARD)
    assert given.id_token_info["cache_expiry_date_time"] == rfc3339(clock.now())
    begun = await twin.tell("Started", clock.now(), **CARD, **AT_1, meter_value=metered(clock.now(), 0))
    limit = getattr(begun, "transaction_limit", None)
    assert (limit is not None and limit["max_cost"] == 12.5) is counts
    for register, stops in ((1500, False), (2000, not counts), (2100, True)):
        await twin.tell("Updated", clock.advance(WHILE), meter_value=metered(clock.now(), register))
        if stops:
            await until(lambda: ("RequestStopTransaction", {"transaction_id": "T-1"}) in twin.asked)
            break
        await asyncio.sleep(0)
        assert "RequestStopTransaction" not in dict(twin.asked)
    await give_credit(database, "0")
    refused = await twin.say("Authorize", **CARD)
    assert refused.id_token_info["status"] == "NoCredit"


async def costs(raw: Raw) -> tuple[str, dict[str, Any]]:
    """The next DataTransfer about costs, answered."""
    _, id, action, payload = await raw.hear()
    assert (action, payload["vendorId"]) == ("DataTransfer", "org.openchargealliance.costmsg")
    await raw.say(json.dumps([3, id, {"status": "Accepted"}]))
    return payload["messageId"], json.loads(payload["data"])


async def test_a_1_6_station_made_for_it_is_told_prices_and_costs(
    url: str, database: Database, clock: SetClock
) -> None:
    """SetUserPrice, RunningCost, FinalCost and ConnectorUnplugged; with credit the charge is stopped from here."""
    await give_credit(database, "12.5")
    async with database.unit() as unit:
        await locations.provision(unit, "ST1", Provisioning(shows_prices=True, on_connect="none"))
    raw = await Raw.connect(url)
    await raw.ask("BootNotification", BOOT)
    assert (await raw.ask("Authorize", {"idTag": "CARD1"}, "1"))[2]["idTagInfo"]["status"] == "Accepted"
    name, data = await costs(raw)
    assert (name, data["idToken"]) == ("SetUserPrice", "CARD1")
    assert "3.125 SEK/kWh" in data["priceText"]
    start = {"connectorId": 1, "idTag": "CARD1", "meterStart": 1000, "timestamp": rfc3339(clock.now())}
    number = (await raw.ask("StartTransaction", start, "2"))[2]["transactionId"]
    value = {"timestamp": rfc3339(clock.advance(WHILE)), "sampledValue": [{"value": "3000"}]}
    await raw.ask("MeterValues", {"connectorId": 1, "transactionId": number, "meterValue": [value]}, "3")
    said = {}
    for _ in range(2):
        _, id, action, payload = await raw.hear()
        said[action] = payload
        await raw.say(json.dumps([3, id, {"status": "Accepted"}]))
    assert said["RemoteStopTransaction"] == {"transactionId": number}
    running = json.loads(said["DataTransfer"]["data"])
    assert running == {
        "transactionId": number,
        "timestamp": rfc3339(clock.now()),
        "meterValue": 3000,
        "cost": 12.5,
        "state": "Charging",
        "chargingPrice": {"kWhPrice": 3.125, "flatFee": 6.25},
    }
    stop = {"transactionId": number, "meterStop": 3000, "timestamp": rfc3339(clock.now())}
    await raw.ask("StopTransaction", stop, "4")
    assert await costs(raw) == ("FinalCost", {"transactionId": number, "cost": 12.5})
    at_last = json.dumps({"transactionId": number, "timestamp": rfc3339(clock.now())})
    unplugged = {"vendorId": "org.openchargealliance.costmsg", "messageId": "ConnectorUnplugged", "data": at_last}
    assert (await raw.ask("DataTransfer", unplugged, "5"))[2] == {"status": "Accepted"}
    assert (await raw.ask("DataTransfer", unplugged | {"data": "{"}, "6"))[2] == "PropertyConstraintViolation"
    async with database.unit() as unit:
        station = await locations.station(unit, "ST1")
        (kept,) = await reports.page(unit, station, Topic.UNPLUGGED)
    assert kept.key == str(number)
