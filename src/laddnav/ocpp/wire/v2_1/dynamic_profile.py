"""A dynamic profile: one period without an end whose values are told anew as often as they change (OCPP 2.1 K28)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.reports import Reported, Thing, Topic
from laddnav.ocpp.wire.steering import BeginDynamic, Setpoints, UpdateDynamic
from laddnav.ocpp.wire.v2_0_1.fields import accepted
from laddnav.ocpp.wire.v2_0_1.verdict import read
from laddnav.ocpp.wire.v2_1.spelling import camel

_STACK_LEVEL = 1  # above the default of an Evse
# What of a period can be told anew (ChargingScheduleUpdateType).
_PHASES = ("", "_L2", "_L3")
_VALUES = tuple(
    f"{name}{phase}" for name in ("limit", "dischargeLimit", "setpoint", "setpointReactive") for phase in _PHASES
)


def set_by(asked: dict[str, Any], said: dict[str, Any]) -> Reported | None:
    """K28.FR.01, K28.FR.02: it has one period, which begins at once. Any other kind replaces a dynamic one."""
    if not accepted(said):
        return None
    profile = asked["chargingProfile"]
    key = str(profile["id"])
    if profile["chargingProfileKind"] != "Dynamic":
        return Reported(topic=Topic.DYNAMIC_PROFILE, gone=(key,))
    period = profile["chargingSchedule"][0]["chargingSchedulePeriod"][0]
    values = {name: period[name] for name in _VALUES if name in period}
    return Reported(topic=Topic.DYNAMIC_PROFILE, things=(Thing(key, values),))


def updated_by(asked: dict[str, Any], said: dict[str, Any]) -> Reported | None:
    """K28.FR.06."""
    if not accepted(said):
        return None
    things = (Thing(str(asked["chargingProfileId"]), asked["scheduleUpdate"]),)
    return Reported(topic=Topic.DYNAMIC_PROFILE, things=things)


def begin(request: BeginDynamic) -> dict[str, Any]:
    """K28.FR.01, K28.FR.02. Q03.FR.01: what is to be drawn or fed in is said only in a mode that knows it."""
    period: dict[str, Any] = {"startPeriod": 0} | _written(request.values)
    if request.values.steers:
        period["operationMode"] = "CentralSetpoint"
    schedule = {"id": request.number, "chargingRateUnit": request.unit.value, "chargingSchedulePeriod": [period]}
    profile = {
        "id": request.number,
        "stackLevel": _STACK_LEVEL,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Dynamic",
        "chargingSchedule": [schedule],
    }
    if request.every is not None:
        profile["dynUpdateInterval"] = request.every
    return {"evseId": request.evse_no, "chargingProfile": profile}


def update(request: UpdateDynamic) -> dict[str, Any]:
    return {"chargingProfileId": request.number, "scheduleUpdate": _written(request.values)}


def _written(values: Setpoints) -> dict[str, Any]:
    said = ((name, getattr(values, name)) for name in values.__struct_fields__)
    return {_spelt(name): value for name, value in said if value is not None}


def _spelt(name: str) -> str:
    """A phase keeps its underscore."""
    for phase in ("_l2", "_l3"):
        if name.endswith(phase):
            return camel(name.removesuffix(phase)) + phase.upper()
    return camel(name)


beginning = Asks("SetChargingProfile", begin, read)
updating = Asks("UpdateDynamicSchedule", update, read)
