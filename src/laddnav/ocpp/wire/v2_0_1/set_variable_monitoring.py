"""SetVariableMonitoring: what a station is to monitor, and does after its answer (OCPP 2.0.1 part 2 N04)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.monitoring import Flush, Monitor, SetMonitors
from laddnav.ocpp.wire.reports import Reported, Thing, Topic
from laddnav.ocpp.wire.requests import Verdict
from laddnav.ocpp.wire.v2_0_1.reports import Number
from laddnav.ocpp.wire.v2_0_1.variable import WireComponent, WireVariable, read_name, write_name


class WireWanted(Struct, frozen=True):
    value: Decimal
    type: str
    severity: Number
    component: WireComponent
    variable: WireVariable
    transaction: bool = False


class WireResult(Struct, frozen=True):
    status: str
    type: str
    severity: Number
    component: WireComponent
    variable: WireVariable
    id: Number | None = None


class WireAsked(Struct, frozen=True):
    setMonitoringData: tuple[WireWanted, ...]


class WireSaid(Struct, frozen=True):
    setMonitoringResult: tuple[WireResult, ...]


def leaves(asked: dict[str, Any], said: dict[str, Any]) -> Reported | None:
    """N04.FR.01, N04.FR.02: each is answered, in any order, and found again by what it repeats of what was asked."""
    try:
        wanted = msgspec.convert(asked, WireAsked, strict=False).setMonitoringData
        results = msgspec.convert(said, WireSaid, strict=False).setMonitoringResult
    except msgspec.ValidationError:
        return None
    by_name = {_of(one): one for one in wanted}
    taken = ((one.id, by_name.get(_of(one))) for one in results if one.status == "Accepted" and one.id is not None)
    things = tuple(Thing(str(id), _document(id, one)) for id, one in taken if one is not None)
    return Reported(topic=Topic.MONITOR, things=things)


def _of(one: WireWanted | WireResult) -> tuple[str, str, int]:
    return str(read_name(one.component, one.variable)), one.type, one.severity


def _document(id: int, one: WireWanted) -> dict[str, Any]:
    """As NotifyMonitoringReport tells it."""
    name = str(read_name(one.component, one.variable))
    about = {"id": id, "transaction": one.transaction, "value": one.value, "type": one.type, "severity": one.severity}
    return {"variable": name} | about


def write(request: SetMonitors) -> dict[str, Any]:
    return {"setMonitoringData": [_wanted(one) for one in request.monitors]}


def _wanted(one: Monitor) -> dict[str, Any]:
    """N04.FR.12: under an id that it has, a monitor is replaced. N11.FR.09: a stream says one of its two."""
    said: dict[str, Any] = {"value": one.value, "type": one.type.value, "severity": one.severity}
    if one.number is not None:
        said["id"] = one.number
    if one.charging:
        said["transaction"] = True
    if one.stream is not None:
        said["periodicEventStream"] = write_flush(one.stream)
    return said | write_name(one.variable)


def write_flush(flush: Flush) -> dict[str, Any]:
    said = {"interval": flush.interval, "values": flush.values}
    return {name: value for name, value in said.items() if value is not None}


def read(payload: dict[str, Any]) -> Verdict:
    """ACCEPTED where each of them is."""
    try:
        results = msgspec.convert(payload, WireSaid, strict=False).setMonitoringResult
    except msgspec.ValidationError:
        return Verdict.FAILED
    return Verdict.ACCEPTED if {one.status for one in results} == {"Accepted"} else Verdict.REJECTED


codec = Asks("SetVariableMonitoring", write, read)
