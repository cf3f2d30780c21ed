"""StartTransaction: a charge began (OCPP 1.6 §4.8)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msgspec import Struct

from laddnav.ocpp.wire.answers import ChargeNamed
from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.events import ChargeStarted
from laddnav.ocpp.wire.v1_6.fields import ConnectorId, ReservationId, instant, number
from laddnav.ocpp.wire.v1_6.id_tag import IdTag, id_tag_info


class WireStartTransaction(Struct, frozen=True):
    connectorId: ConnectorId
    idTag: IdTag
    meterStart: Decimal  # Wh; whole by the text, and some stations know better
    timestamp: str
    reservationId: ReservationId | None = None


def read(wire: WireStartTransaction) -> ChargeStarted:
    return ChargeStarted(
        evse_no=wire.connectorId,
        uid=wire.idTag,
        at=instant(wire.timestamp),
        register=number(wire.meterStart),
        reservation_no=wire.reservationId,
    )


def write(answer: ChargeNamed) -> dict[str, Any]:
    return {"transactionId": int(answer.charge), "idTagInfo": id_tag_info(answer.token)}


codec = Hears(WireStartTransaction, read, write)
