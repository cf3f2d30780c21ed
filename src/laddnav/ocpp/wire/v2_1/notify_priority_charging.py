"""NotifyPriorityCharging: a charge is preferred to others from now on, or no more (OCPP 2.1 part 2 K21, K22)."""

from __future__ import annotations

from msgspec import Struct

from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.reports import Reported, Thing, Topic
from laddnav.ocpp.wire.v2_0_1.fields import TransactionId
from laddnav.ocpp.wire.v2_0_1.reports import document, nothing


class WireNotifyPriorityCharging(Struct, frozen=True):
    transactionId: TransactionId
    activated: bool


def read(wire: WireNotifyPriorityCharging) -> Reported:
    """K22.FR.05: what is not activated any more is as if it never was."""
    if not wire.activated:
        return Reported(topic=Topic.PRIORITY_CHARGING, gone=(wire.transactionId,))
    return Reported(topic=Topic.PRIORITY_CHARGING, things=(Thing(wire.transactionId, document(wire)),))


codec = Hears(WireNotifyPriorityCharging, read, nothing)
