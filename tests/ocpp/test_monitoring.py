"""Operators say what stations watch of themselves; what a whole report does not name any more is not there."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from laddnav.db.unit import Database
from laddnav.kit.time import rfc3339
from laddnav.locations import actions as locations
from laddnav.locations.actions import Provisioning
from laddnav.ocpp import monitoring_routes as routes
from laddnav.ocpp.monitoring import NeverSent
from laddnav.ocpp.monitoring_routes import (
    BaseWanted,
    LevelWanted,
    MonitorsWanted,
    MonitorWanted,
    Often,
    ReportWanted,
)
from laddnav.ocpp.rules import NotInItsVersion
from laddnav.ocpp.streams import freer
from laddnav.ocpp.wire.monitoring import Base, Criterion, Flush, MonitorType
from laddnav.ocpp.wire.reports import Topic
from laddnav.people.api import NotYours
from tests.clock import SetClock
from tests.ocpp.conftest import until
from tests.ocpp.numbered import BOOT, PACKAGES, Numbered, numbered
from tests.ocpp.test_displays import OPERATOR, STRANGER
from tests.ocpp.test_reports import kept

FAN = {"component": {"name": "Fan"}, "variable": {"name": "Temperature"}}
WARM = MonitorWanted(variable="Fan.Temperature", type=MonitorType.UPPER_THRESHOLD, value=Decimal(80), severity=4)


@pytest.mark.parametrize("protocol", PACKAGES)
async def test_a_whole_report_says_by_its_silence_which_monitors_are_gone(
    url: str, database: Database, clock: SetClock, protocol: str
) -> None:
    """N02.FR.01 N02.FR.05 N02.FR.09 N03.FR.01 N03.FR.05 N04.FR.01 N04.FR.09 N04.FR.12 N04.FR.19 N05.FR.01 N06.FR.04."""
    async with database.unit() as unit:
        await locations.provision(unit, "ST1", Provisioning(on_connect="none"))
    async with numbered(url, protocol) as station:

        async def tell(number: int, part: int, *monitors: int, more: bool = False) -> None:
            clock.advance(timedelta(seconds=1))
            await _tell(station, clock, number, part, *monitors, more=more)

        await tell(99, 0, 1, 2, 3)  # that nobody asked for says what is, and nothing of what is not
        await tell(99, 0, 4)
        await _alert(station, clock, 2)
        await _alert(station, clock, 4)
        assert (await kept(database, Topic.MONITOR)).keys() == {
            "1",
            "2",
            "2/Fan.Temperature",
            "3",
            "4",
            "4/Fan.Temperature",
        }

        clock.advance(timedelta(seconds=1))
        only = await routes.report_monitors(database, OPERATOR, "ST1", ReportWanted(criteria=(Criterion.DELTA,)))
        await tell(only.number, 0, 1)
        assert len(await kept(database, Topic.MONITOR)) == 6

        clock.advance(timedelta(seconds=1))
        whole = await routes.report_monitors(database, OPERATOR, "ST1", ReportWanted())
        assert whole.answer.result == {"status": "Accepted"}
        await tell(whole.number, 1, 2)
        assert len(await kept(database, Topic.MONITOR)) == 6
        await tell(whole.number, 0, 1, more=True)
        assert (await kept(database, Topic.MONITOR)).keys() == {"1", "2", "2/Fan.Temperature"}

        await routes.set_level(database, OPERATOR, "ST1", LevelWanted(severity=5))
        assert dict(station.asked)["SetMonitoringLevel"] == {"severity": 5}
        await routes.set_base(database, OPERATOR, "ST1", BaseWanted(base=Base.HARD_WIRED_ONLY))
        assert [action for action, _ in station.asked[-2:]] == ["SetMonitoringBase", "GetMonitoringReport"]
        await tell(station.asked[-1][1]["request_id"], 0, 1)
        assert (await kept(database, Topic.MONITOR)).keys() == {"1"}

        station.wire.answers["ClearVariableMonitoring"] = {"clear_monitoring_result": [{"id": 1, "status": "Accepted"}]}
        assert len((await routes.clear_monitor(database, OPERATOR, "ST1", 1)).answers) == 1
        assert await kept(database, Topic.MONITOR) == {}

        result = FAN | {"type": "UpperThreshold", "severity": 4, "id": 7, "status": "Accepted"}
        station.wire.answers["SetVariableMonitoring"] = {"set_monitoring_result": [result]}
        said = await routes.set_monitors(database, OPERATOR, "ST1", MonitorsWanted(monitors=(WARM,) * 12))
        assert len(said.answers) == 2 and (await kept(database, Topic.MONITOR)).keys() == {"7"}
        lots = [said["set_monitoring_data"] for action, said in station.asked if action == "SetVariableMonitoring"]
        assert [len(lot) for lot in lots] == [10, 2]
        assert lots[0][0] == FAN | {"value": 80, "type": "UpperThreshold", "severity": 4}
        with pytest.raises(NotYours):
            await routes.set_base(database, STRANGER, "ST1", BaseWanted(base=Base.ALL))

        async with database.unit() as unit:
            await locations.provision(unit, "ST1", Provisioning(on_connect="configure"))
        before = len([one for one in station.asked if one[0] == "GetMonitoringReport"])
        await station.say("BootNotification", **BOOT)
        await until(lambda: len([one for one in station.asked if one[0] == "GetMonitoringReport"]) > before)


async def test_a_stream_is_known_with_its_monitor_and_what_was_sent_last(
    url: str, database: Database, clock: SetClock
) -> None:
    """N11.FR.04 N11.FR.06 N11.FR.08 N11.FR.09 N12.FR.01 N13.FR.02 N14.FR.01 N15.FR.03."""
    async with database.unit() as unit:
        await locations.provision(unit, "ST1", Provisioning(on_connect="none"))
    opened = {"id": 5, "variable_monitoring_id": 1, "params": {"interval": 60, "values": 10}}
    wanted = MonitorWanted(
        variable="Fan.Temperature", type=MonitorType.PERIODIC, value=Decimal(5), severity=8, stream=Often(interval=60)
    )
    async with numbered(url, "ocpp2.1") as station:
        result = FAN | {"type": "Periodic", "severity": 8, "id": 1, "status": "Accepted"}
        station.wire.answers["SetVariableMonitoring"] = {"set_monitoring_result": [result]}
        await routes.set_monitors(database, OPERATOR, "ST1", MonitorsWanted(monitors=(wanted,)))
        (asked,) = dict(station.asked)["SetVariableMonitoring"]["set_monitoring_data"]
        assert asked["periodic_event_stream"] == {"interval": 60}
        answer = await station.say("OpenPeriodicEventStream", constant_stream_data=opened)
        assert answer.status == "Accepted"
        at = rfc3339(clock.now())
        sent = f'{{"id":5,"pending":0,"basetime":"{at}","data":[{{"t":0,"v":"41"}}]}}'
        await station.wire._connection.send(f'[6,"s1","NotifyPeriodicEventStream",{sent}]')
        await until(lambda: kept(database, Topic.STREAMED))
        (stream,) = await _streams(database)
        assert stream.monitor is not None and stream.monitor["variable"] == "Fan.Temperature"
        assert stream.newest is not None and stream.newest["data"] == [{"t": 0, "v": "41"}]

        adjusted = await routes.adjust_stream(database, OPERATOR, "ST1", 5, Often(values=100))
        assert adjusted.result == {"status": "Accepted"}
        assert dict(station.asked)["AdjustPeriodicEventStream"] == {"id": 5, "params": {"values": 100}}
        with pytest.raises(NeverSent):
            await routes.adjust_stream(database, OPERATOR, "ST1", 5, Often())
        station.wire.answers["GetPeriodicEventStream"] = {"constant_stream_data": [opened | {"id": 6}]}
        clock.advance(timedelta(seconds=1))
        await routes.tell_streams(database, OPERATOR, "ST1")
        assert [one.id for one in await _streams(database)] == ["6"]
        await station.say("ClosePeriodicEventStream", id=6)
        assert await _streams(database) == ()


async def test_a_stream_whose_backlog_grows_is_asked_to_say_more_at_a_time(
    url: str, database: Database, clock: SetClock
) -> None:
    """N15.FR.05."""
    async with database.unit() as unit:
        await locations.provision(unit, "ST1", Provisioning(on_connect="none"))
    opened = {"id": 5, "variable_monitoring_id": 1, "params": {"interval": 60, "values": 10}}
    async with numbered(url, "ocpp2.1") as station:

        async def send(pending: int) -> None:
            clock.advance(timedelta(minutes=1))
            at = rfc3339(clock.now())
            sent = f'{{"id":5,"pending":{pending},"basetime":"{at}","data":[{{"t":0,"v":"41"}}]}}'
            await station.wire._connection.send(f'[6,"s{at}","NotifyPeriodicEventStream",{sent}]')
            await until(lambda: told_last(pending))

        async def told_last(pending: int) -> bool:
            newest = (await _streams(database))[0].newest
            return newest is not None and newest["pending"] == pending

        def adjusted() -> list[Any]:
            return [said["params"] for action, said in station.asked if action == "AdjustPeriodicEventStream"]

        async def goes_by(values: int) -> bool:
            opened: dict[str, Any] = (await _streams(database))[0].opened
            return bool(opened["params"] == {"interval": 60, "values": values})

        await station.say("OpenPeriodicEventStream", constant_stream_data=opened)
        for pending in (7, 7, 3, 0):
            await send(pending)
        assert adjusted() == []
        await send(1)
        await until(lambda: goes_by(20))
        assert adjusted() == [{"interval": 60, "values": 20}]

        await send(9)  # said before it could know
        await send(8)
        station.wire.answers["AdjustPeriodicEventStream"] = {"status": "Rejected"}
        await send(10)
        await until(lambda: len(adjusted()) == 2)
        await send(12)
        await routes.adjust_stream(database, OPERATOR, "ST1", 5, Often(values=500))
        assert adjusted()[1:] == [{"interval": 60, "values": 40}, {"values": 500}]
        assert await goes_by(20)


def test_a_stream_is_let_say_more_and_then_more_often_until_it_is_as_free_as_it_can_be() -> None:
    steps = [Flush(interval=3, values=600)]
    while (freed := freer(steps[-1])) is not None:
        steps.append(freed)
    assert steps[1:] == [Flush(interval=3, values=1000), Flush(interval=1, values=1000)]
    assert freer(Flush()) is None


async def test_a_station_of_2_0_1_has_no_streams(url: str, database: Database) -> None:
    async with database.unit() as unit:
        await locations.provision(unit, "ST1", Provisioning(on_connect="none"))
    async with numbered(url, "ocpp2.0.1"):
        with pytest.raises(NotInItsVersion):
            await routes.tell_streams(database, OPERATOR, "ST1")


async def _streams(database: Database) -> tuple[Any, ...]:
    async with database.unit() as unit:
        return (await routes.list_streams(unit, OPERATOR, "ST1")).streams


async def _tell(station: Numbered, clock: SetClock, number: int, part: int, *monitors: int, more: bool) -> None:
    told = {"transaction": False, "value": 80, "type": "UpperThreshold", "severity": 4}
    if station.package is PACKAGES["ocpp2.1"]:
        told["event_notification_type"] = "CustomMonitor"
    monitor = [FAN | {"variable_monitoring": [{"id": one} | told for one in monitors]}]
    at = rfc3339(clock.now())
    said = {"request_id": number, "seq_no": part, "tbc": more, "generated_at": at, "monitor": monitor}
    await station.say("NotifyMonitoringReport", **said)


async def _alert(station: Numbered, clock: SetClock, monitor: int) -> None:
    at = rfc3339(clock.now())
    said = {
        "event_id": 1,
        "timestamp": at,
        "trigger": "Alerting",
        "actual_value": "85",
        "variable_monitoring_id": monitor,
    }
    data = [said | FAN | {"event_notification_type": "CustomMonitor"}]
    await station.say("NotifyEvent", generated_at=at, seq_no=0, event_data=data)
