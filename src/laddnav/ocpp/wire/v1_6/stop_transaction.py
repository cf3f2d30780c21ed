"""StopTransaction: a charge ended (OCPP 1.6 §4.10)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msgspec import Struct

from laddnav.ocpp.wire.answers import ChargeClosed
from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.events import ChargeStopped
from laddnav.ocpp.wire.v1_6.fields import TransactionId, charge_named, instant, number
from laddnav.ocpp.wire.v1_6.id_tag import IdTag, id_tag_info
from laddnav.ocpp.wire.v1_6.meter_value import WireMeterValue, readings


class WireStopTransaction(Struct, frozen=True):
    transactionId: TransactionId
    meterStop: Decimal  # Wh
    timestamp: str
    reason: str | None = None
    idTag: IdTag | None = None
    transactionData: tuple[WireMeterValue, ...] | None = None


def read(wire: WireStopTransaction) -> ChargeStopped:
    read, unread = readings(wire.transactionData or ())
    return ChargeStopped(
        charge=charge_named(wire.transactionId),
        at=instant(wire.timestamp),
        register=number(wire.meterStop),
        reason=wire.reason or "Local",  # OCPP 1.6 §4.10
        uid=wire.idTag or None,
        readings=read,
        unread=unread,
    )


def write(answer: ChargeClosed) -> dict[str, Any]:
    return {} if answer.token is None else {"idTagInfo": id_tag_info(answer.token)}


codec = Hears(WireStopTransaction, read, write)
