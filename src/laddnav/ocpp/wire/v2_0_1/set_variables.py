"""SetVariables: some variables are set, each with its own result (OCPP 2.0.1 part 2 B05), a password perhaps (A01)."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.requests import Said, Verdict
from laddnav.ocpp.wire.v2_0_1.variable import WireComponent, WireVariable, read_name, write_attribute, write_name
from laddnav.ocpp.wire.variables import Attribute, SetResult, SetStatus, SetVariables, VariablesSet

_MEANS = {
    "Accepted": SetStatus.ACCEPTED,
    "RebootRequired": SetStatus.REBOOT_REQUIRED,
    "UnknownComponent": SetStatus.UNKNOWN,
    "UnknownVariable": SetStatus.UNKNOWN,
    "NotSupportedAttributeType": SetStatus.NOT_SUPPORTED,
}


class WireSetVariableResult(Struct, frozen=True):
    component: WireComponent
    variable: WireVariable
    attributeStatus: str
    attributeType: Attribute = Attribute.ACTUAL


class WireSetVariablesResponse(Struct, frozen=True):
    setVariableResult: tuple[WireSetVariableResult, ...]


def write(request: SetVariables) -> dict[str, Any]:
    return {
        "setVariableData": [
            {"attributeValue": one.value} | write_name(one.name) | write_attribute(one.name) for one in request.wanted
        ]
    }


def read(payload: dict[str, Any]) -> Said:
    try:
        wire = msgspec.convert(payload, WireSetVariablesResponse, strict=False)
    except msgspec.ValidationError:
        return Verdict.FAILED
    return VariablesSet(
        results=tuple(
            SetResult(
                name=read_name(one.component, one.variable, one.attributeType),
                status=_MEANS.get(one.attributeStatus, SetStatus.REJECTED),
            )
            for one in wire.setVariableResult
        )
    )


codec = Asks("SetVariables", write, read)
