"""PullDynamicScheduleUpdate: a station asks what a dynamic profile of ours says now (OCPP 2.1 part 2 K28)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.reports import UpdateGiven, UpdatePulled


class WirePullDynamicScheduleUpdate(Struct, frozen=True):
    chargingProfileId: int


def read(wire: WirePullDynamicScheduleUpdate) -> UpdatePulled:
    return UpdatePulled(profile_no=wire.chargingProfileId)


def write(answer: UpdateGiven) -> dict[str, Any]:
    """K28.FR.07, K28.FR.12."""
    if answer.values is None:
        return {"status": "Rejected", "statusInfo": {"reasonCode": "InvalidProfile"}}
    return {"status": "Accepted", "scheduleUpdate": answer.values}


codec = Hears(WirePullDynamicScheduleUpdate, read, write)
