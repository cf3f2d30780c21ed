"""NotifyEVChargingNeeds, which in OCPP 2.1 knows cars that nothing of ours limits, and cars that give back
(part 2 K15, K18 to K20, Q01).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.reports import NeedsJudged, NeedsTold
from laddnav.ocpp.wire.steering import BOTH_WAYS
from laddnav.ocpp.wire.v2_0_1 import notify_ev_charging_needs
from laddnav.ocpp.wire.v2_0_1.notify_ev_charging_needs import WireNotifyEVChargingNeeds, told_number

_V2X = "v2xChargingParameters"
_PHASES = ("", "_L2", "_L3")


def read(wire: WireNotifyEVChargingNeeds) -> NeedsTold:
    """Q01.FR.03: what car and station have agreed on is what is requested; what else could be had is only offered."""
    needs, told = wire.chargingNeeds, notify_ev_charging_needs.read(wire)
    if str(needs.get("requestedEnergyTransfer")) not in BOTH_WAYS:
        return told
    least = told_number(needs, _V2X, "evMinV2XEnergyRequest")
    return replace(told, both_ways=True, gives_back_max=_most(needs), energy_least=least)


def _most(needs: dict[str, Any]) -> Decimal | None:
    """W, of all phases; a car on direct current may say it as a current at its highest voltage."""
    said = [told_number(needs, _V2X, f"maxDischargePower{phase}") for phase in _PHASES]
    if said[0] is not None:
        return sum((abs(one) for one in said if one is not None), Decimal(0))
    amps, volts = (told_number(needs, _V2X, name) for name in ("maxDischargeCurrent", "maxVoltage"))
    return None if amps is None or volts is None else abs(amps) * volts


def write(answer: NeedsJudged) -> dict[str, Any]:
    """K18.FR.04."""
    if answer is NeedsJudged.NO_PROFILE:
        return {"status": "NoChargingProfile"}
    return notify_ev_charging_needs.write(answer)


codec = Hears(WireNotifyEVChargingNeeds, read, write)
