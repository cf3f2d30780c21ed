"""NotifyCustomerInformation: what a station keeps of a customer, in parts (OCPP 2.0.1 part 2 N09, N10)."""

from __future__ import annotations

from msgspec import Struct

from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.reports import Reported, Thing, Topic
from laddnav.ocpp.wire.v2_0_1.fields import Count
from laddnav.ocpp.wire.v2_0_1.reports import Number, document, nothing


class WireNotifyCustomerInformation(Struct, frozen=True):
    data: str
    seqNo: Count
    generatedAt: str
    requestId: Number
    tbc: bool = False


def read(wire: WireNotifyCustomerInformation) -> Reported:
    key = f"{wire.requestId}/{wire.seqNo:06}"
    return Reported(topic=Topic.CUSTOMER_INFORMATION, things=(Thing(key, document(wire)),))


codec = Hears(WireNotifyCustomerInformation, read, nothing)
