"""A dynamic profile: one period without an end whose values are told anew as often as they change (OCPP 2.1 K28)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.reports import Reported, Thing, Topic
from laddnav.ocpp.wire.v2_0_1.fields import accepted

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
