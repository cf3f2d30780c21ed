"""MeterValues: what the meter of a connector, or of the station, said (OCPP 1.6 §4.7)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from laddnav.ocpp.wire.answers import Noted
from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.events import Measured
from laddnav.ocpp.wire.v1_6.fields import ConnectorId, TransactionId, charge_named
from laddnav.ocpp.wire.v1_6.meter_value import WireMeterValue, readings


class WireMeterValues(Struct, frozen=True):
    connectorId: ConnectorId
    meterValue: tuple[WireMeterValue, ...]
    transactionId: TransactionId | None = None


def read(wire: WireMeterValues) -> Measured:
    read, unread = readings(wire.meterValue)
    return Measured(evse_no=wire.connectorId, charge=charge_named(wire.transactionId), readings=read, unread=unread)


def write(answer: Noted) -> dict[str, Any]:
    return {}


codec = Hears(WireMeterValues, read, write)
