"""NotifyReport: a part of what a station says it is (OCPP 2.0.1 part 2 B07, B08)."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.secrets import is_secret
from laddnav.ocpp.wire.v1_6.status_notification import write
from laddnav.ocpp.wire.v2_0_1.fields import Count
from laddnav.ocpp.wire.v2_0_1.variable import WireComponent, WireVariable, read_name
from laddnav.ocpp.wire.variables import Attribute, Mutability, Variable, VariablesReported


class WireAttribute(Struct, frozen=True):
    type: Attribute = Attribute.ACTUAL
    value: str | None = None
    mutability: Mutability = Mutability.READ_WRITE


class WireCharacteristics(Struct, frozen=True):
    dataType: str
    unit: str | None = None
    valuesList: str | None = None


class WireReportData(Struct, frozen=True):
    component: WireComponent
    variable: WireVariable
    variableAttribute: tuple[WireAttribute, ...]
    variableCharacteristics: WireCharacteristics | None = None


class WireNotifyReport(Struct, frozen=True):
    requestId: int
    seqNo: Count
    reportData: tuple[WireReportData, ...] = ()
    tbc: bool = False


def read(wire: WireNotifyReport) -> VariablesReported:
    return VariablesReported(
        number=wire.requestId,
        part=wire.seqNo,
        more=wire.tbc,
        variables=tuple(one for data in wire.reportData for one in _variables(data)),
    )


def _variables(data: WireReportData) -> Iterator[Variable]:
    """One for each of its attributes, unset ones among them (B07.FR.11)."""
    about = data.variableCharacteristics
    for one in data.variableAttribute:
        yield Variable(
            name=read_name(data.component, data.variable, one.type),
            value=None if is_secret(data.variable.name) else one.value,
            mutability=one.mutability,
            type=None if about is None else about.dataType,
            unit=None if about is None else about.unit,
            values=None if about is None else about.valuesList,
        )


codec = Hears(WireNotifyReport, read, write)
