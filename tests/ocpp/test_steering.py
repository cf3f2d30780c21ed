"""Charges follow more than a limit, batteries are swapped, and stations serve the grid, as operators say."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from laddnav.db.unit import Database
from laddnav.kit.time import rfc3339
from laddnav.locations import actions as locations
from laddnav.ocpp import der_routes, steering_routes
from laddnav.ocpp.der_routes import ControlsWanted
from laddnav.ocpp.rules import NotInItsVersion
from laddnav.ocpp.steering_routes import Dynamic, NothingSaid, Preferred, Signal, Swap, Transfers
from laddnav.ocpp.wire.der import (
    ControlType,
    ControlUnit,
    Curve,
    DerControl,
    FixedPowerFactor,
    Point,
    UnfitSetting,
    VoltageParams,
)
from laddnav.ocpp.wire.reports import Topic
from laddnav.ocpp.wire.steering import EnergyTransfer, Setpoints
from laddnav.people.api import NotYours
from laddnav.scheduling.model import RateUnit
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import Session
from laddnav.sessions.routes import TokenRefused
from laddnav.sessions.rules import UnknownSession
from tests.clock import SetClock
from tests.ocpp.numbered import metered
from tests.ocpp.test_displays import OPERATOR, STRANGER
from tests.ocpp.test_reports import AT_1, CARD, kept, on_the_line
from tests.things import LONG_AGO

VOLT_WATT = DerControl(
    type=ControlType.VOLT_WATT,
    default=False,
    curve=Curve(
        priority=1,
        y_unit=ControlUnit.PCT_MAX_W,
        curve_data=(Point(x=Decimal(250), y=Decimal(100)), Point(x=Decimal("253.5"), y=Decimal(0))),
        voltage_params=VoltageParams(hv_10_min_mean_value=Decimal(253)),
        start_time=LONG_AGO,
        duration=Decimal(3600),
    ),
)
FACTOR = DerControl(
    type=ControlType.FIXED_PF_INJECT,
    default=True,
    fixed_pf_inject=FixedPowerFactor(priority=2, displacement=Decimal("0.95"), excitation=True),
)


async def test_a_charge_is_preferred_told_its_ways_and_follows_values(
    url: str, database: Database, clock: SetClock
) -> None:
    """K21.FR.02 K21.FR.05 K21.FR.09 K28.FR.01 K28.FR.02 K28.FR.06 K28.FR.07 Q01 Q03.FR.01 Q08."""
    async with on_the_line(url, database) as station:
        await station.tell("Started", clock.now(), **CARD, **AT_1, meter_value=metered(clock.now(), 0))
        session = await _session(database)
        station.wire.answers["UsePriorityCharging"] = {"status": "NoProfile"}
        preferred = Preferred(session=session.ref, preferred=True)
        said = await steering_routes.prefer(database, OPERATOR, "ST1", preferred)
        assert said.result == {"status": "NoProfile"}
        assert dict(station.asked)["UsePriorityCharging"] == {"transaction_id": "T-1", "activate": True}
        with pytest.raises(UnknownSession):
            await steering_routes.prefer(database, OPERATOR, "ST1", Preferred(session="none", preferred=True))

        ways = Transfers(session=session.ref, allowed=(EnergyTransfer.AC_BPT, EnergyTransfer.DC))
        await steering_routes.allow_transfers(database, OPERATOR, "ST1", ways)
        assert dict(station.asked)["NotifyAllowedEnergyTransfer"] == {
            "transaction_id": "T-1",
            "allowed_energy_transfer": ["AC_BPT", "DC"],
        }

        values = Setpoints(setpoint=Decimal(-3000), discharge_limit=Decimal(-5000))
        dynamic = Dynamic(evse_no=1, unit=RateUnit.WATT, values=values, every=60)
        await steering_routes.begin_dynamic(database, OPERATOR, "ST1", 7, dynamic)
        asked = dict(station.asked)["SetChargingProfile"]
        assert (asked["evse_id"], asked["charging_profile"]["charging_profile_kind"]) == (1, "Dynamic")
        (schedule,) = asked["charging_profile"]["charging_schedule"]
        assert schedule["charging_schedule_period"] == [
            {"start_period": 0, "setpoint": -3000, "discharge_limit": -5000, "operation_mode": "CentralSetpoint"}
        ]
        update = Setpoints(setpoint=Decimal(1500), setpoint_l2=Decimal(0))
        await steering_routes.update_dynamic(database, OPERATOR, "ST1", 7, update)
        pulled = await station.say("PullDynamicScheduleUpdate", charging_profile_id=7)
        assert (pulled.status, pulled.schedule_update) == ("Accepted", {"setpoint": 1500, "setpoint_l2": 0})
        with pytest.raises(NothingSaid):
            await steering_routes.update_dynamic(database, OPERATOR, "ST1", 7, Setpoints())

        signal = Signal(at=clock.now(), signal=-40)
        await steering_routes.follow_signal(database, OPERATOR, "ST1", signal)
        assert dict(station.asked)["AFRRSignal"] == {"timestamp": rfc3339(clock.now()), "signal": -40}
        with pytest.raises(NotYours):
            await steering_routes.follow_signal(database, STRANGER, "ST1", signal)


async def test_batteries_are_swapped_for_whom_may_charge_and_what_went_in_and_out_bears_one_number(
    url: str, database: Database
) -> None:
    """S02.FR.01 S02.FR.02 S02.FR.03 S03.FR.01 S03.FR.03."""
    async with on_the_line(url, database) as station:
        with pytest.raises(TokenRefused):
            await steering_routes.swap_batteries(database, OPERATOR, None, "ST1", Swap(uid="NOBODY"))
        assert station.asked == []
        asked = await steering_routes.swap_batteries(database, OPERATOR, None, "ST1", Swap(uid="CARD1"))
        assert asked.answer.result == {"status": "Accepted"}
        request = dict(station.asked)["RequestBatterySwap"]
        assert request == {"id_token": CARD["id_token"], "request_id": asked.number}
        battery = [{"evse_id": 1, "serial_number": "B1", "so_c": 12, "so_h": 98}]
        for event in ("BatteryIn", "BatteryOut"):
            swap = {"battery_data": battery, "event_type": event, "request_id": asked.number, **CARD}
            await station.say("BatterySwap", **swap)
        assert (await kept(database, Topic.BATTERY_SWAP)).keys() == {
            f"{asked.number}/BatteryIn",
            f"{asked.number}/BatteryOut",
        }


async def test_a_station_serves_the_grid_as_it_is_told_and_says_what_holds(
    url: str, database: Database, clock: SetClock
) -> None:
    """R04.FR.02 R04.FR.05 R04.FR.20 R04.FR.30 R04.FR.31 R04.FR.32 R04.FR.33 R04.FR.34 R04.FR.44 R05.FR.01."""
    async with on_the_line(url, database) as station:
        said = await der_routes.set_control(database, OPERATOR, "ST1", "C1", VOLT_WATT)
        assert said.result == {"status": "Accepted"}
        curve = dict(station.asked)["SetDERControl"]["curve"]
        assert curve == {
            "priority": 1,
            "y_unit": "PctMaxW",
            "curve_data": [{"x": 250, "y": 100}, {"x": 253.5, "y": 0}],
            "voltage_params": {"hv10_min_mean_value": 253},
            "start_time": rfc3339(LONG_AGO),
            "duration": 3600,
        }
        await der_routes.set_control(database, OPERATOR, "ST1", "C2", FACTOR)
        assert dict(station.asked)["SetDERControl"]["is_default"] is True
        with pytest.raises(UnfitSetting):
            wrong = DerControl(type=ControlType.GRADIENTS, default=True, curve=VOLT_WATT.curve)
            await der_routes.set_control(database, OPERATOR, "ST1", "C3", wrong)

        async def report(*ids: str, number: int, more: bool = False) -> None:
            clock.advance(timedelta(seconds=1))
            one: dict[str, Any] = {"curve_type": "VoltWatt", "is_default": False, "is_superseded": False}
            curves = [
                one | {"id": id, "curve": {"priority": 1, "y_unit": "PctMaxW", "curve_data": [{"x": 1, "y": 1}]}}
                for id in ids
            ]
            await station.say("ReportDERControl", request_id=number, tbc=more, curve=curves)

        await report("C1", "C9", number=99)
        clock.advance(timedelta(seconds=1))
        whole = await der_routes.report_controls(database, OPERATOR, "ST1", ControlsWanted())
        await report("C1", number=whole.number, more=True)
        assert (await kept(database, Topic.DER_CONTROL)).keys() == {"curve/C1", "curve/C9"}
        await report("C2", number=whole.number)
        assert (await kept(database, Topic.DER_CONTROL)).keys() == {"curve/C1", "curve/C2"}

        at = rfc3339(clock.now())
        await station.say("NotifyDERStartStop", control_id="C1", started=True, timestamp=at)
        alarm = {"control_type": "VoltWatt", "grid_event_fault": "OverVoltage", "timestamp": at}
        await station.say("NotifyDERAlarm", **alarm)
        assert (await kept(database, Topic.DER_STATE)).keys() == {"C1"}
        assert len(await kept(database, Topic.DER_ALARM)) == 1

        await der_routes.clear_control(database, OPERATOR, "ST1", "C1")
        assert dict(station.asked)["ClearDERControl"] == {"is_default": False, "control_id": "C1"}
        assert await kept(database, Topic.DER_STATE) == {}
        await report("C2", number=station.asked[-1][1]["request_id"])
        assert (await kept(database, Topic.DER_CONTROL)).keys() == {"curve/C2"}
        station.wire.answers["GetDERControl"] = {"status": "NotFound"}
        clock.advance(timedelta(seconds=1))
        await der_routes.clear_controls(database, OPERATOR, "ST1", type=ControlType.VOLT_WATT)
        assert await kept(database, Topic.DER_CONTROL) == {}


async def test_a_station_of_2_0_1_knows_nothing_of_it(url: str, database: Database) -> None:
    async with on_the_line(url, database, "ocpp2.0.1"):
        with pytest.raises(NotInItsVersion):
            await der_routes.set_control(database, OPERATOR, "ST1", "C1", FACTOR)
        with pytest.raises(NotInItsVersion):
            await steering_routes.update_dynamic(database, OPERATOR, "ST1", 7, Setpoints(limit=Decimal(1)))


async def _session(database: Database) -> Session:
    async with database.unit() as unit:
        station = await locations.station(unit, "ST1")
        (found,) = await sessions.page(unit, station.holder, station_id="ST1")
        return found
