"""SetChargingProfile: what a transaction may draw, and what any may of which nothing else is said (OCPP 1.6 §5.16)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.requests import LimitCharge, LimitDefault, Verdict
from laddnav.ocpp.wire.v1_6.charging_schedule import write_schedule
from laddnav.scheduling.model import ChargingProfile

DEFAULT_LEVEL = 0  # below whatever else somebody may set there
_MEANS = {"Accepted": Verdict.ACCEPTED, "NotSupported": Verdict.NOT_SUPPORTED}


def kind(profile: ChargingProfile) -> str:
    return "Relative" if profile.started_at is None else "Absolute"


def write(request: LimitCharge) -> dict[str, Any]:
    """One profile a transaction, under its number, so that the next one replaces it."""
    return {
        "connectorId": request.evse_no,
        "csChargingProfiles": {
            "chargingProfileId": request.number,
            "transactionId": int(request.charge),
            "stackLevel": request.stack_level,
            "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": kind(request.profile),
            "chargingSchedule": write_schedule(request.profile),
        },
    }


def write_default(request: LimitDefault) -> dict[str, Any]:
    """OCPP 1.6 §5.16.3: of one connector; that of connector 0 would be replaced for it alone."""
    return {
        "connectorId": request.evse_no,
        "csChargingProfiles": {
            "chargingProfileId": request.number,
            "stackLevel": DEFAULT_LEVEL,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": kind(request.profile),
            "chargingSchedule": write_schedule(request.profile),
        },
    }


def read(payload: dict[str, Any]) -> Verdict:
    return _MEANS.get(str(payload.get("status")), Verdict.REJECTED)


codec = Asks("SetChargingProfile", write, read)
default = Asks("SetChargingProfile", write_default, read)
