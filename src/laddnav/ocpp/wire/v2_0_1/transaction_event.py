"""TransactionEvent: what becomes of a charge, told in numbered events (OCPP 2.0.1 part 2 E01 to E15)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from laddnav.kit.json import Unreadable
from laddnav.metering.model import Activity
from laddnav.ocpp.wire.answers import StoryHeard
from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.events import ChargeTold, Stage
from laddnav.ocpp.wire.v1_6.fields import ReservationId, instant
from laddnav.ocpp.wire.v2_0_1.fields import SequenceNo, TransactionId, WireEvse
from laddnav.ocpp.wire.v2_0_1.id_token import WireIdToken, id_token_info, message_content, uid_of
from laddnav.ocpp.wire.v2_0_1.meter_value import WireMeterValue, readings


class WireTransaction(Struct, frozen=True):
    transactionId: TransactionId
    chargingState: str | None = None
    stoppedReason: str | None = None


class WireTransactionEvent(Struct, frozen=True):
    eventType: str
    timestamp: str
    triggerReason: str
    seqNo: SequenceNo
    transactionInfo: WireTransaction
    offline: bool = False
    reservationId: ReservationId | None = None
    evse: WireEvse | None = None
    idToken: WireIdToken | None = None
    meterValue: tuple[WireMeterValue, ...] = ()


_STAGE = {"Started": Stage.STARTED, "Updated": Stage.UPDATED, "Ended": Stage.ENDED}
# EVConnected and Idle: nothing flows, and nobody says whose wish that is; the car is there and takes nothing.
_ACTIVITY = {
    "Charging": Activity.CHARGING,
    "EVConnected": Activity.SUSPENDED_EV,
    "SuspendedEV": Activity.SUSPENDED_EV,
    "SuspendedEVSE": Activity.SUSPENDED_EVSE,
    "Idle": Activity.SUSPENDED_EV,
}


def read(wire: WireTransactionEvent) -> ChargeTold:
    if wire.eventType not in _STAGE:
        raise Unreadable(f"{wire.eventType[:40]!r} is not a TransactionEventEnumType - at `$.eventType`")
    read, unread = readings(wire.meterValue)
    stage = _STAGE[wire.eventType]
    return ChargeTold(
        charge=wire.transactionInfo.transactionId,
        number=wire.seqNo,
        stage=stage,
        at=instant(wire.timestamp),
        evse_no=None if wire.evse is None else wire.evse.id,
        uid=uid_of(wire.idToken),
        reservation_no=wire.reservationId,
        activity=None if stage is Stage.ENDED else _ACTIVITY.get(wire.transactionInfo.chargingState or ""),
        reason=wire.transactionInfo.stoppedReason or ("Local" if stage is Stage.ENDED else None),
        readings=read,
        unread=unread,
    )


def write(answer: StoryHeard) -> dict[str, Any]:
    """I02.FR.01, I03.FR.02, I06.FR.02."""
    said: dict[str, Any] = {}
    if answer.token is not None:
        said["idTokenInfo"] = id_token_info(answer.token)
    if answer.cost is not None:
        said["totalCost"] = answer.cost
    if answer.message is not None:
        said["updatedPersonalMessage"] = message_content(answer.message)
    return said


codec = Hears(WireTransactionEvent, read, write)
