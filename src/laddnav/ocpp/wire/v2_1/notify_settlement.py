"""NotifySettlement: what a payment terminal made of a payment on the spot (OCPP 2.1 part 2 C21, C22)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msgspec import Struct

from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.reports import Reported, Thing, Topic
from laddnav.ocpp.wire.v1_6.fields import number
from laddnav.ocpp.wire.v2_0_1.fields import TransactionId
from laddnav.ocpp.wire.v2_0_1.reports import Name, document, nothing


class WireNotifySettlement(Struct, frozen=True, omit_defaults=True):
    pspRef: Name
    status: str
    settlementAmount: Decimal
    settlementTime: Name
    transactionId: TransactionId | None = None
    statusInfo: str | None = None
    receiptId: str | None = None
    receiptUrl: str | None = None
    vatNumber: str | None = None
    vatCompany: dict[str, Any] | None = None


def read(wire: WireNotifySettlement) -> Reported:
    """A payment that failed first and was settled later is two things."""
    number(wire.settlementAmount)
    things = (Thing(f"{wire.pspRef}/{wire.settlementTime}", document(wire)),)
    return Reported(topic=Topic.SETTLEMENT, things=things)


codec = Hears(WireNotifySettlement, read, nothing)
