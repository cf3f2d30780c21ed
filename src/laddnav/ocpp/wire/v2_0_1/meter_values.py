"""MeterValues: what the meter of an Evse, or of the station, said outside a transaction (OCPP 2.0.1 part 2 J01)."""

from __future__ import annotations

from msgspec import Struct

from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.events import Measured
from laddnav.ocpp.wire.v1_6.meter_values import write
from laddnav.ocpp.wire.v2_0_1.fields import EvseId
from laddnav.ocpp.wire.v2_0_1.meter_value import WireMeterValue, readings


class WireMeterValues(Struct, frozen=True):
    evseId: EvseId
    meterValue: tuple[WireMeterValue, ...]


def read(wire: WireMeterValues) -> Measured:
    read, unread = readings(wire.meterValue)
    return Measured(evse_no=wire.evseId, charge=None, readings=read, unread=unread)


codec = Hears(WireMeterValues, read, write)
