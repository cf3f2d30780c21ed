"""What OCPP 2.1 says of energy that goes both ways: what a car agrees to, what it is to give back, and what it does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from laddnav.ocpp.wire import v1_6, v2_0_1, v2_1
from laddnav.ocpp.wire.abilities import transfers
from laddnav.ocpp.wire.dialect import Dialect
from laddnav.ocpp.wire.frames import Call
from laddnav.ocpp.wire.reports import NeedsTold
from laddnav.ocpp.wire.requests import LimitCharge, LimitsTold, ReportLimits
from laddnav.ocpp.wire.steering import EnergyTransfer
from laddnav.ocpp.wire.variables import Variable, VariableName
from laddnav.scheduling.model import ChargingProfile, ProfileLimit, RateUnit

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def back(rate: int, unit: RateUnit, phases: int | None = None) -> LimitCharge:
    limits = (ProfileLimit(timedelta(), Decimal(rate), phases), ProfileLimit(timedelta(minutes=5), Decimal(6), phases))
    profile = ChargingProfile(unit=unit, started_at=NOON, limits=limits)
    return LimitCharge(charge="7", number=4, evse_no=1, profile=profile, stack_level=1)


def periods(dialect: Dialect, request: LimitCharge) -> list[dict[str, Any]]:
    payload = dialect.ask("1", request).payload
    profile = payload.get("chargingProfile") or payload["csChargingProfiles"]
    schedule = profile["chargingSchedule"]
    found: list[dict[str, Any]] = (schedule[0] if isinstance(schedule, list) else schedule)["chargingSchedulePeriod"]
    return found


def test_what_is_to_be_given_back_is_a_setpoint_and_its_end_a_limit() -> None:
    """Q03.FR.01, Q03.FR.02."""
    gives, falls_back = periods(v2_1.DIALECT, back(-9000, RateUnit.WATT))
    assert gives == {"startPeriod": 0, "setpoint": Decimal(-9000), "operationMode": "CentralSetpoint"}
    assert falls_back == {"startPeriod": 300, "limit": Decimal(6)}
    (each, _) = periods(v2_1.DIALECT, back(-16, RateUnit.AMPERE, 3))
    assert {name: each[name] for name in each if "setpoint" in name} == dict.fromkeys(
        ("setpoint", "setpoint_L2", "setpoint_L3"), Decimal(-16)
    )


@pytest.mark.parametrize("dialect", [v1_6.DIALECT, v2_0_1.DIALECT])
def test_an_older_version_that_cannot_say_it_is_told_to_rest(dialect: Dialect) -> None:
    assert [one["limit"] for one in periods(dialect, back(-9000, RateUnit.WATT))] == [0, 6]


def test_what_is_given_back_is_read_from_what_a_station_tells_of_it() -> None:
    schedule = {
        "evseId": 1,
        "duration": 1800,
        "scheduleStart": "2026-11-23T12:00:00Z",
        "chargingRateUnit": "W",
        "chargingSchedulePeriod": [{"startPeriod": 0, "setpoint": -9000}, {"startPeriod": 300, "limit": 4140}],
    }
    request = ReportLimits(evse_no=1, duration=timedelta(minutes=30))
    told = v2_1.DIALECT.said(request, {"status": "Accepted", "schedule": schedule})
    assert isinstance(told, LimitsTold) and told.active is not None
    assert [one.rate for one in told.active.profile.limits] == [-9000, 4140]


def needs(**said: Any) -> NeedsTold:
    payload = {"evseId": 1, "chargingNeeds": said}
    event = v2_1.DIALECT.hear(Call("1", "NotifyEVChargingNeeds", payload)).event
    assert isinstance(event, NeedsTold)
    return event


def test_a_car_gives_back_only_by_a_way_that_was_requested() -> None:
    """Q01.FR.03: what it could have besides is only offered."""
    offered = needs(requestedEnergyTransfer="AC_three_phase", availableEnergyTransfer=["AC_three_phase", "AC_BPT"])
    assert not offered.both_ways
    v2x = {"maxDischargePower": -3000, "maxDischargePower_L2": -3000, "evMinV2XEnergyRequest": -12000}
    agreed = needs(requestedEnergyTransfer="AC_BPT", v2xChargingParameters=v2x)
    assert agreed.both_ways and agreed.gives_back_max == 6000 and agreed.energy_least == -12000
    direct = needs(
        requestedEnergyTransfer="DC_BPT", v2xChargingParameters={"maxDischargeCurrent": 25, "maxVoltage": 400}
    )
    assert direct.gives_back_max == 10_000


def test_the_ways_of_a_station_are_those_of_its_controller_for_energy_both_ways() -> None:
    """Q01.FR.32."""
    modes = "SupportedEnergyTransferModes"
    told = [
        Variable(name=VariableName(component="V2XChargingCtrlr", evse_no=1, name=modes), value="AC_BPT, DC,unheard-of"),
        Variable(name=VariableName(component="ISO15118Ctrlr", name=modes), value="DC_BPT"),
    ]
    assert transfers(told) == (EnergyTransfer.AC_BPT, EnergyTransfer.DC)
