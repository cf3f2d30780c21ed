"""NotifyEvent: what monitors of a station noticed; how a connector does may be told that way too (G01.FR.03, N07)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.events import ConnectorsReported, ConnectorStatus
from laddnav.ocpp.wire.reports import Reported, Thing, Topic
from laddnav.ocpp.wire.v1_6.fields import instant
from laddnav.ocpp.wire.v1_6.status_notification import write
from laddnav.ocpp.wire.v2_0_1.reports import Number
from laddnav.ocpp.wire.v2_0_1.status_notification import MEANS
from laddnav.ocpp.wire.v2_0_1.variable import WireComponent, WireVariable, read_name


class WireEventData(Struct, frozen=True):
    timestamp: str
    actualValue: str
    component: WireComponent
    variable: WireVariable
    trigger: str = "Delta"
    cleared: bool = False
    variableMonitoringId: Number | None = None
    severity: Number | None = None
    techInfo: str | None = None


class WireNotifyEvent(Struct, frozen=True):
    eventData: tuple[WireEventData, ...]


def read(wire: WireNotifyEvent) -> ConnectorsReported:
    """G01.FR.03: the AvailabilityState of the component Connector; what monitors alert of besides."""
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
        ),
        alerts=_alerts(wire),
    )


def _alerts(wire: WireNotifyEvent) -> Reported | None:
    """N07.FR.02: an alert stands until the same monitor says that it is cleared; of several words the last counts."""
    last = {_key(one): one for one in wire.eventData if one.trigger == "Alerting"}
    if not last:
        return None
    return Reported(
        topic=Topic.MONITOR,
        things=tuple(Thing(key, _alert(one)) for key, one in last.items() if not one.cleared),
        gone=tuple(key for key, one in last.items() if one.cleared),
    )


def _key(one: WireEventData) -> str:
    """Below its monitor; what is wired into the station may have none."""
    number = "" if one.variableMonitoringId is None else one.variableMonitoringId
    return f"{number}/{read_name(one.component, one.variable)}"[:255]


def _alert(one: WireEventData) -> dict[str, Any]:
    name = read_name(one.component, one.variable)
    said: dict[str, Any] = {"alert": str(name), "actualValue": one.actualValue, "timestamp": one.timestamp}
    more = {"evse_no": name.evse_no or None, "severity": one.severity, "techInfo": one.techInfo}
    return said | {field: value for field, value in more.items() if value is not None}


codec = Hears(WireNotifyEvent, read, write)
