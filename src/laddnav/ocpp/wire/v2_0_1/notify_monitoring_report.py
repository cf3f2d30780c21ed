"""NotifyMonitoringReport: what a station monitors (OCPP 2.0.1 part 2 N02)."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.reports import Part, Reported, Thing, Topic
from laddnav.ocpp.wire.v2_0_1.fields import Count
from laddnav.ocpp.wire.v2_0_1.reports import Number, document, nothing
from laddnav.ocpp.wire.v2_0_1.variable import WireComponent, WireVariable, read_name


class WireMonitor(Struct, frozen=True):
    id: Number
    transaction: bool
    value: Decimal
    type: str
    severity: Number


class WireMonitors(Struct, frozen=True):
    component: WireComponent
    variable: WireVariable
    variableMonitoring: tuple[WireMonitor, ...]


class WireNotifyMonitoringReport(Struct, frozen=True):
    requestId: Number
    seqNo: Count
    monitor: tuple[WireMonitors, ...] = ()
    tbc: bool = False


def read(wire: WireNotifyMonitoringReport) -> Reported:
    return Reported(
        topic=Topic.MONITOR,
        things=tuple(
            Thing(str(one.id), {"variable": str(read_name(of.component, of.variable))} | document(one))
            for of in wire.monitor
            for one in of.variableMonitoring
        ),
        part=Part(number=wire.requestId, part=wire.seqNo, more=wire.tbc),
    )


codec = Hears(WireNotifyMonitoringReport, read, nothing)
