"""SetChargingProfile: what a transaction may draw (OCPP 1.6 §5.16)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.events import LimitCharge, Verdict
from laddnav.ocpp.wire.v1_6.charging_schedule import write_schedule

STACK_LEVEL = 1  # above a default that a station may have at 0
_MEANS = {"Accepted": Verdict.ACCEPTED, "NotSupported": Verdict.NOT_SUPPORTED}


def write(request: LimitCharge) -> dict[str, Any]:
    """One profile a transaction, under its number, so that the next one replaces it."""
    absolute = request.profile.started_at is not None
    return {
        "connectorId": request.evse_no,
        "csChargingProfiles": {
            "chargingProfileId": request.number,
            "transactionId": int(request.charge),
            "stackLevel": STACK_LEVEL,
            "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": "Absolute" if absolute else "Relative",
            "chargingSchedule": write_schedule(request.profile),
        },
    }


def read(payload: dict[str, Any]) -> Verdict:
    return _MEANS.get(str(payload.get("status")), Verdict.REJECTED)


codec = Asks("SetChargingProfile", write, read)
