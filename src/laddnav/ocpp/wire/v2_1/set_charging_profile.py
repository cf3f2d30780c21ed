"""SetChargingProfile, by which OCPP 2.1 also has a car give back (part 2 K01, Q03)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.requests import LimitCharge
from laddnav.ocpp.wire.v2_0_1 import set_charging_profile
from laddnav.ocpp.wire.v2_1.charging_schedule import write_schedule


def write(request: LimitCharge) -> dict[str, Any]:
    """What is to be given back ends by itself as every lease does, and after it comes a limit that gives nothing."""
    written = set_charging_profile.write(request)
    schedule = [set_charging_profile.on_phase(request.phase, write_schedule(request.number, request.profile))]
    return written | {"chargingProfile": written["chargingProfile"] | {"chargingSchedule": schedule}}


codec = Asks("SetChargingProfile", write, set_charging_profile.read)
