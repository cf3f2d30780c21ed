"""ReportChargingProfiles: the profiles that a station has, whoever set them (OCPP 2.0.1 part 2 K09)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.reports import Reported, Thing, Topic
from laddnav.ocpp.wire.v2_0_1.fields import EvseId
from laddnav.ocpp.wire.v2_0_1.reports import Number, document, nothing


class WireChargingProfile(Struct, frozen=True, omit_defaults=True):
    id: Number
    stackLevel: int
    chargingProfilePurpose: str
    chargingProfileKind: str
    chargingSchedule: tuple[dict[str, Any], ...]
    recurrencyKind: str | None = None
    validFrom: str | None = None
    validTo: str | None = None
    transactionId: str | None = None
    maxOfflineDuration: int | None = None
    invalidAfterOfflineDuration: bool | None = None
    dynUpdateInterval: int | None = None
    dynUpdateTime: str | None = None
    priceScheduleSignature: str | None = None


class WireReportChargingProfiles(Struct, frozen=True):
    evseId: EvseId
    chargingLimitSource: str
    chargingProfile: tuple[WireChargingProfile, ...]


def read(wire: WireReportChargingProfiles) -> Reported:
    said = {"evseId": wire.evseId, "chargingLimitSource": wire.chargingLimitSource}
    things = tuple(
        Thing(f"{wire.evseId}/{one.id}", {**said, "chargingProfile": document(one)}) for one in wire.chargingProfile
    )
    return Reported(topic=Topic.CHARGING_PROFILE, things=things)


codec = Hears(WireReportChargingProfiles, read, nothing)
