"""NotifyEVChargingNeeds, which in OCPP 2.1 knows cars that nothing of ours limits (part 2 K15, K18 to K20)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.reports import NeedsJudged
from laddnav.ocpp.wire.v2_0_1 import notify_ev_charging_needs
from laddnav.ocpp.wire.v2_0_1.notify_ev_charging_needs import WireNotifyEVChargingNeeds, read


def write(answer: NeedsJudged) -> dict[str, Any]:
    """K18.FR.04."""
    if answer is NeedsJudged.NO_PROFILE:
        return {"status": "NoChargingProfile"}
    return notify_ev_charging_needs.write(answer)


codec = Hears(WireNotifyEVChargingNeeds, read, write)
