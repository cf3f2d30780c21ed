"""NotifyEVChargingNeeds: what a car says that it needs and can take (OCPP 2.0.1 part 2 K15, K17)."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from msgspec import Struct

from laddnav.kit.json import Unreadable
from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.reports import BatteryTold, NeedsJudged, NeedsTold, Reported, Thing, Topic
from laddnav.ocpp.wire.v1_6.fields import instant, number
from laddnav.ocpp.wire.v2_0_1.fields import EvseId
from laddnav.ocpp.wire.v2_0_1.reports import document

# Where what a car wants still is said, in Wh: by ISO 15118-2 in the first two, by ISO 15118-20 in the last (OCPP 2.1).
_ENERGY = (
    ("acChargingParameters", "energyAmount"),
    ("dcChargingParameters", "energyAmount"),
    ("v2xChargingParameters", "evTargetEnergyRequest"),
)


class WireNotifyEVChargingNeeds(Struct, frozen=True, omit_defaults=True):
    evseId: EvseId
    chargingNeeds: dict[str, Any]
    maxScheduleTuples: int | None = None
    timestamp: str | None = None


def read(wire: WireNotifyEVChargingNeeds) -> NeedsTold:
    """What cannot be understood of a car is as good as not said: its charge goes on without."""
    needs = wire.chargingNeeds
    things = (Thing(str(wire.evseId), document(wire)),)
    said = (told_number(needs, where, name) for where, name in _ENERGY)
    return NeedsTold(
        evse_no=wire.evseId,
        report=Reported(topic=Topic.CHARGING_NEEDS, things=things),
        departs_at=_departure(needs),
        energy=next((one for one in said if one is not None), None),
        battery=_battery(needs),
        periods_max=wire.maxScheduleTuples,
    )


def _departure(needs: dict[str, Any]) -> datetime | None:
    with suppress(Unreadable):
        return instant(str(needs["departureTime"])) if "departureTime" in needs else None
    return None


def _battery(needs: dict[str, Any]) -> BatteryTold | None:
    """Of a car that says how full it is, and how much is full."""
    names = ("evEnergyCapacity", "stateOfCharge", "fullSoC")
    capacity, percent, wanted = (told_number(needs, "dcChargingParameters", name) for name in names)
    if capacity is None or percent is None:
        return None
    return BatteryTold(capacity=capacity, percent=percent, percent_wanted=Decimal(100) if wanted is None else wanted)


def told_number(needs: dict[str, Any], where: str, name: str) -> Decimal | None:
    said = needs.get(where)
    value = said.get(name) if isinstance(said, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    with suppress(Unreadable, InvalidOperation):
        return number(Decimal(str(value)))
    return None


_SAYS = {NeedsJudged.ACCEPTED: "Accepted", NeedsJudged.PROCESSING: "Processing", NeedsJudged.NO_PROFILE: "Rejected"}


def write(answer: NeedsJudged) -> dict[str, Any]:
    """K15.FR.03, K15.FR.04, K15.FR.05."""
    return {"status": _SAYS[answer]}


codec = Hears(WireNotifyEVChargingNeeds, read, write)
