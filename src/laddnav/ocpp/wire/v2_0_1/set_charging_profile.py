"""SetChargingProfile: what a transaction may draw, and any of which nothing else is said (OCPP 2.0.1 part 2 K01)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.requests import LimitCharge, LimitDefault, Verdict
from laddnav.ocpp.wire.v1_6.set_charging_profile import DEFAULT_LEVEL, kind
from laddnav.ocpp.wire.v2_0_1.charging_schedule import write_schedule
from laddnav.ocpp.wire.v2_0_1.fields import accepted


def write(request: LimitCharge) -> dict[str, Any]:
    """One profile a transaction, under its number, so that the next one replaces it (K01.FR.05, K01.FR.39).

    With one schedule, so that nobody doubts which is followed (K01.FR.34, K15.FR.18).
    """
    schedule = on_phase(request.phase, write_schedule(request.number, request.profile))
    return {
        "evseId": request.evse_no,
        "chargingProfile": {
            "id": request.number,
            "transactionId": request.charge,
            "stackLevel": request.stack_level,
            "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": kind(request.profile),
            "chargingSchedule": [schedule],
        },
    }


def on_phase(phase: int | None, schedule: dict[str, Any]) -> dict[str, Any]:
    """Which phase is said of a lone one (K01.FR.19), to a station that chooses (K01.FR.20, K01.FR.46)."""
    if phase is None:
        return schedule
    said = [
        one | {"phaseToUse": phase} if one.get("numberPhases") == 1 else one
        for one in schedule["chargingSchedulePeriod"]
    ]
    return schedule | {"chargingSchedulePeriod": said}


def write_default(request: LimitDefault) -> dict[str, Any]:
    """K01.FR.15: of one Evse, and never of all at once, beside which no single one may have its own (K01.FR.53)."""
    return {
        "evseId": request.evse_no,
        "chargingProfile": {
            "id": request.number,
            "stackLevel": DEFAULT_LEVEL,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": kind(request.profile),
            "chargingSchedule": [write_schedule(request.number, request.profile)],
        },
    }


def read(payload: dict[str, Any]) -> Verdict:
    return Verdict.ACCEPTED if accepted(payload) else Verdict.REJECTED


codec = Asks("SetChargingProfile", write, read)
default = Asks("SetChargingProfile", write_default, read)
