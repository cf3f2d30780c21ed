"""NotifyEVChargingNeeds: what a car says that it needs and can take (OCPP 2.0.1 part 2 K15, K17)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.reports import NeedsJudged, NeedsTold, Reported, Thing, Topic
from laddnav.ocpp.wire.v2_0_1.fields import EvseId
from laddnav.ocpp.wire.v2_0_1.reports import document


class WireNotifyEVChargingNeeds(Struct, frozen=True, omit_defaults=True):
    evseId: EvseId
    chargingNeeds: dict[str, Any]
    maxScheduleTuples: int | None = None
    timestamp: str | None = None


def read(wire: WireNotifyEVChargingNeeds) -> NeedsTold:
    things = (Thing(str(wire.evseId), document(wire)),)
    return NeedsTold(evse_no=wire.evseId, report=Reported(topic=Topic.CHARGING_NEEDS, things=things))


def write(answer: NeedsJudged) -> dict[str, Any]:
    """K15.FR.03, K15.FR.04."""
    return {"status": "Accepted" if answer is NeedsJudged.ACCEPTED else "Rejected"}


codec = Hears(WireNotifyEVChargingNeeds, read, write)
