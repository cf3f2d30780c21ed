"""Components and variables as OCPP 2.0.1 names them, whatever the message."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from laddnav.ocpp.wire.v2_0_1.fields import WireEvse
from laddnav.ocpp.wire.variables import Attribute, VariableName


class WireComponent(Struct, frozen=True):
    name: str
    instance: str | None = None
    evse: WireEvse | None = None


class WireVariable(Struct, frozen=True):
    name: str
    instance: str | None = None


def read_name(
    component: WireComponent, variable: WireVariable, attribute: Attribute = Attribute.ACTUAL
) -> VariableName:
    evse = component.evse or WireEvse(0)
    return VariableName(
        component=component.name,
        component_instance=component.instance or "",
        evse_no=evse.id,
        connector_no=evse.connectorId or 0,
        name=variable.name,
        instance=variable.instance or "",
        attribute=attribute,
    )


def write_name(name: VariableName) -> dict[str, Any]:
    """`component` and `variable`, without what is not said."""
    component: dict[str, Any] = {"name": name.component}
    if name.component_instance:
        component["instance"] = name.component_instance
    if name.evse_no:
        component["evse"] = {"id": name.evse_no} | ({"connectorId": name.connector_no} if name.connector_no else {})
    variable = {"name": name.name} | ({"instance": name.instance} if name.instance else {})
    return {"component": component, "variable": variable}


def write_attribute(name: VariableName) -> dict[str, Any]:
    """Actual goes without saying (B05.FR.12, B06.FR.11)."""
    return {} if name.attribute is Attribute.ACTUAL else {"attributeType": name.attribute.value}
