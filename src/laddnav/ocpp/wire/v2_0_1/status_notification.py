"""StatusNotification: how a connector of an Evse does (OCPP 2.0.1 part 2 G01)."""

from __future__ import annotations

from msgspec import Struct

from laddnav.kit.json import Unreadable
from laddnav.locations.model import Status
from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.events import ConnectorsReported, ConnectorStatus
from laddnav.ocpp.wire.v1_6.fields import instant
from laddnav.ocpp.wire.v1_6.status_notification import write
from laddnav.ocpp.wire.v2_0_1.fields import Count, EvseId


class WireStatusNotification(Struct, frozen=True):
    evseId: EvseId
    connectorId: Count
    connectorStatus: str
    timestamp: str | None = None


# Occupied: a plug is in it; whether a car charges is told with its transaction.
MEANS = {
    "Available": Status.AVAILABLE,
    "Occupied": Status.BLOCKED,
    "Reserved": Status.RESERVED,
    "Unavailable": Status.INOPERATIVE,
    "Faulted": Status.OUTOFORDER,
}


def read(wire: WireStatusNotification) -> ConnectorsReported:
    if wire.connectorStatus not in MEANS:
        raise Unreadable(f"{wire.connectorStatus[:40]!r} is not a ConnectorStatusEnumType - at `$.connectorStatus`")
    one = ConnectorStatus(
        evse_no=wire.evseId,
        connector_no=wire.connectorId,
        status=MEANS[wire.connectorStatus],
        said=wire.connectorStatus,
        at=instant(wire.timestamp) if wire.timestamp else None,
    )
    return ConnectorsReported(connectors=(one,))


codec = Hears(WireStatusNotification, read, write)
