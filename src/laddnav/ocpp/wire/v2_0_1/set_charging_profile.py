"""SetChargingProfile: what a transaction may draw (OCPP 2.0.1 part 2 K01)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.events import LimitCharge, Verdict
from laddnav.ocpp.wire.v1_6.set_charging_profile import STACK_LEVEL
from laddnav.ocpp.wire.v2_0_1.charging_schedule import write_schedule
from laddnav.ocpp.wire.v2_0_1.fields import accepted


def write(request: LimitCharge) -> dict[str, Any]:
    """One profile a transaction, under its number, so that the next one replaces it (K01.FR.05, K01.FR.06)."""
    absolute = request.profile.started_at is not None
    return {
        "evseId": request.evse_no,
        "chargingProfile": {
            "id": request.number,
            "transactionId": request.charge,
            "stackLevel": STACK_LEVEL,
            "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": "Absolute" if absolute else "Relative",
            "chargingSchedule": [write_schedule(request.number, request.profile)],
        },
    }


def read(payload: dict[str, Any]) -> Verdict:
    return Verdict.ACCEPTED if accepted(payload) else Verdict.REJECTED


codec = Asks("SetChargingProfile", write, read)
