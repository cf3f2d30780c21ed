"""SetVariables, so far as it may set the password of the station itself (OCPP 2.0.1 part 2 A01)."""

from __future__ import annotations

from typing import Any

_PASSWORD = "BasicAuthPassword"


def without_password(payload: dict[str, Any]) -> dict[str, Any]:
    """As it may be kept and shown. The case of a name says nothing."""
    return {**payload, "setVariableData": [_without(one) for one in payload.get("setVariableData", ())]}


def _without(one: Any) -> Any:
    variable = one.get("variable") if isinstance(one, dict) else None
    name = variable.get("name") if isinstance(variable, dict) else None
    return {**one, "attributeValue": "…"} if str(name).lower() == _PASSWORD.lower() else one
