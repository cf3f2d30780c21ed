"""GetVariables: what some variables are (OCPP 2.0.1 part 2 B06)."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.requests import Said, Verdict
from laddnav.ocpp.wire.secrets import is_secret
from laddnav.ocpp.wire.v2_0_1.variable import WireComponent, WireVariable, read_name, write_attribute, write_name
from laddnav.ocpp.wire.variables import Attribute, ReadVariables, Variable, VariablesTold


class WireGetVariableResult(Struct, frozen=True):
    component: WireComponent
    variable: WireVariable
    attributeStatus: str
    attributeType: Attribute = Attribute.ACTUAL
    attributeValue: str | None = None


class WireGetVariablesResponse(Struct, frozen=True):
    getVariableResult: tuple[WireGetVariableResult, ...]


def write(request: ReadVariables) -> dict[str, Any]:
    return {"getVariableData": [write_name(one) | write_attribute(one) for one in request.names]}


def read(payload: dict[str, Any]) -> Said:
    """Each variable by its own status (B06.FR.02)."""
    try:
        wire = msgspec.convert(payload, WireGetVariablesResponse, strict=False)
    except msgspec.ValidationError:
        return Verdict.FAILED
    told, unknown = list[Variable](), []
    for one in wire.getVariableResult:
        name = read_name(one.component, one.variable, one.attributeType)
        if one.attributeStatus == "Accepted":
            told.append(Variable(name=name, value=None if is_secret(name.name) else one.attributeValue))
        else:
            unknown.append(name)
    return VariablesTold(variables=tuple(told), unknown=tuple(unknown))


codec = Asks("GetVariables", write, read)
