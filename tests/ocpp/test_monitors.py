"""What a station monitors, and what its monitors alert of until that is over."""

from __future__ import annotations

from typing import Any

import pytest

from laddnav.db.unit import Database
from laddnav.kit.time import rfc3339
from laddnav.locations import actions as locations
from laddnav.locations.actions import Provisioning
from laddnav.ocpp import attention, calls
from laddnav.ocpp.ills import Ill
from laddnav.ocpp.wire.reports import Topic
from laddnav.scheduling.notes import Said
from tests.clock import SetClock
from tests.ocpp.numbered import PACKAGES, numbered
from tests.ocpp.test_reports import kept
from tests.things import US

FAN = {"component": {"name": "FanController"}, "variable": {"name": "Temperature"}}
MONITOR = {"type": "UpperThreshold", "severity": 4}
ANSWERS = {
    "SetVariableMonitoring": {
        "set_monitoring_result": [
            FAN | MONITOR | {"severity": 8, "status": "Rejected"},
            FAN | MONITOR | {"id": 7, "status": "Accepted"},
        ]
    },
    "ClearVariableMonitoring": {
        "clear_monitoring_result": [{"id": 7, "status": "Accepted"}, {"id": 9, "status": "NotFound"}]
    },
}


@pytest.mark.parametrize("protocol", PACKAGES)
async def test_an_alert_needs_attention_until_it_is_cleared_or_nobody_monitors_it(
    url: str, database: Database, clock: SetClock, protocol: str
) -> None:
    """N02.FR.01, N03.FR.01, N04.FR.01, N05.FR.01, N06.FR.01, N07.FR.02, N07.FR.12, N08.FR.02."""
    async with database.unit() as unit:
        await locations.provision(unit, "ST1", Provisioning(on_connect="none"))
    async with numbered(url, protocol) as station:
        station.wire.answers.update(ANSWERS)

        async def ask(action: str, **payload: Any) -> None:
            await calls.ask(database, "ST1", action, payload)

        async def alert(**more: Any) -> None:
            said = {"event_id": 1, "timestamp": rfc3339(clock.now()), "trigger": "Alerting", "actual_value": "85"}
            about = FAN | {"event_notification_type": "CustomMonitor"}
            data = [said | about | more]
            await station.say("NotifyEvent", generated_at=rfc3339(clock.now()), seq_no=0, event_data=data)

        await ask("SetMonitoringBase", monitoringBase="HardWiredOnly")
        await ask("SetMonitoringLevel", severity=6)
        wanted = [FAN | MONITOR | {"value": 80}, FAN | MONITOR | {"severity": 8, "value": 60}]
        await ask("SetVariableMonitoring", setMonitoringData=wanted)
        told = {"id": 7, "transaction": False, "value": 80, "type": "UpperThreshold", "severity": 4}
        assert await kept(database, Topic.MONITOR) == {"7": {"variable": "FanController.Temperature"} | told}
        await ask("GetMonitoringReport", requestId=1)
        other = told | {"id": 9, "severity": 8}
        if protocol == "ocpp2.1":
            other["event_notification_type"] = "CustomMonitor"
        monitor = [FAN | {"variable_monitoring": [other]}]
        at = rfc3339(clock.now())
        await station.say("NotifyMonitoringReport", request_id=1, seq_no=0, generated_at=at, monitor=monitor)

        for number, severity in ((7, 4), (9, 8)):
            await alert(variable_monitoring_id=number, **({"severity": severity} if protocol == "ocpp2.1" else {}))
        assert await alerts(database) == [(Ill.ALERTING, ("FanController.Temperature",) * 2, 4)]
        await alert(variable_monitoring_id=7, cleared=True)
        assert await alerts(database) == [(Ill.ALERTING, ("FanController.Temperature",), 8)]
        await ask("ClearVariableMonitoring", id=[7, 9])
        assert await alerts(database) == [] and await kept(database, Topic.MONITOR) == {}
        await alert()
        assert await alerts(database) == [(Ill.ALERTING, ("FanController.Temperature",), None)]
        await alert(cleared=True)
        assert await alerts(database) == []


async def alerts(database: Database) -> list[tuple[Ill, tuple[Said, ...], int | None]]:
    async with database.unit() as unit:
        return [(one.ill, one.noticed, one.severity) for one in await attention.wanted(unit, US)]
