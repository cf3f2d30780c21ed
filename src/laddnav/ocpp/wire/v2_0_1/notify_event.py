"""NotifyEvent: what monitors of a station noticed; how a connector does may be told that way too (G01.FR.03, N07)."""

from __future__ import annotations

from msgspec import Struct

from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.events import ConnectorsReported, ConnectorStatus
from laddnav.ocpp.wire.v1_6.fields import instant
from laddnav.ocpp.wire.v1_6.status_notification import write
from laddnav.ocpp.wire.v2_0_1.fields import WireEvse
from laddnav.ocpp.wire.v2_0_1.status_notification import MEANS


class WireComponent(Struct, frozen=True):
    name: str
    evse: WireEvse | None = None


class WireVariable(Struct, frozen=True):
    name: str


class WireEventData(Struct, frozen=True):
    timestamp: str
    actualValue: str
    component: WireComponent
    variable: WireVariable


class WireNotifyEvent(Struct, frozen=True):
    eventData: tuple[WireEventData, ...]


def read(wire: WireNotifyEvent) -> ConnectorsReported:
    """G01.FR.03: the AvailabilityState of the component Connector; what else was noticed stays in the log."""
    return ConnectorsReported(
        connectors=tuple(
            ConnectorStatus(
                evse_no=evse.id,
                connector_no=evse.connectorId,
                status=MEANS[one.actualValue],
                said=one.actualValue,
                at=instant(one.timestamp),
            )
            for one in wire.eventData
            if (one.component.name, one.variable.name) == ("Connector", "AvailabilityState")
            and (evse := one.component.evse) is not None
            and evse.connectorId is not None
            and one.actualValue in MEANS
        )
    )


codec = Hears(WireNotifyEvent, read, write)
