"""What opens a door is nowhere in the database, whoever said it to whom."""

from __future__ import annotations

import asyncio
from typing import Any

from laddnav.db.unit import Database
from laddnav.ocpp import calls
from tests.ocpp.security.stations import proving
from tests.security.contents import every_row

SECRET = "open-sesame-open-sesame"
PASSWORD: dict[str, Any] = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}


async def test_a_secret_that_a_station_tells_or_an_operator_says_is_kept_by_nobody(
    url: str, database: Database
) -> None:
    """A00.FR.207: in no log of frames, no answer, no request and no report."""
    async with proving(url, "ocpp1.6") as station:
        key = {"key": "AuthorizationKey", "readonly": False, "value": SECRET}
        station.answers["GetConfiguration"] = {"configuration_key": [key]}
        replied = await calls.ask(database, "ST1", "GetConfiguration", {})
        assert replied.result == {"configurationKey": [key | {"value": "…"}]}
        asking = calls.ask(database, "ST1", "ChangeConfiguration", {"key": "AuthorizationKey", "value": SECRET})
        _, said = await asyncio.gather(asking, station.was_asked("ChangeConfiguration"))
        assert said["value"] == SECRET
    async with proving(url, "ocpp2.1") as station:
        monitored = PASSWORD | {"event_id": 1, "timestamp": "2026-11-23T08:00:00Z", "trigger": "Alerting"}
        monitored |= {"actual_value": SECRET, "event_notification_type": "CustomMonitor"}
        report = PASSWORD | {"variable_attribute": [{"value": SECRET}]}
        await station.say(
            "NotifyReport", request_id=1, seq_no=0, generated_at=monitored["timestamp"], report_data=[report]
        )
        await station.say("NotifyEvent", generated_at=monitored["timestamp"], seq_no=0, event_data=[monitored])
        asking = calls.ask(
            database, "ST1", "SetVariables", {"setVariableData": [PASSWORD | {"attributeValue": SECRET}]}
        )
        _, said = await asyncio.gather(asking, station.was_asked("SetVariables"))
        assert said["set_variable_data"][0]["attribute_value"] == SECRET
    rows = await every_row(database)
    assert sum("BasicAuthPassword" in row for row in rows) > 5
    assert [row for row in rows if SECRET in row] == []
