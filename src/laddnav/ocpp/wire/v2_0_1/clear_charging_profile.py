"""ClearChargingProfile: take back what we said under a number (OCPP 2.0.1 part 2 K10)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.requests import UnlimitCharge, UnlimitDefault
from laddnav.ocpp.wire.v1_6.clear_charging_profile import read


def write(request: UnlimitCharge | UnlimitDefault) -> dict[str, Any]:
    return {"chargingProfileId": request.number}


codec = Asks("ClearChargingProfile", write, read)
