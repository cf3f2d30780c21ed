"""ChangeConfiguration: one key of a station is set (OCPP 1.6 §5.3); it may be its password (OCPP-J 1.6 §6.2)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.variables import SetResult, SetStatus, SetVariables, VariablesSet, is_secret

_MEANS = {
    "Accepted": SetStatus.ACCEPTED,
    "RebootRequired": SetStatus.REBOOT_REQUIRED,
    "NotSupported": SetStatus.UNKNOWN,
}


def write(request: SetVariables) -> dict[str, Any]:
    (one,) = request.wanted
    return {"key": one.name.name, "value": one.value}


def read(payload: dict[str, Any]) -> VariablesSet:
    status = _MEANS.get(str(payload.get("status")), SetStatus.REJECTED)
    return VariablesSet(results=(SetResult(status=status),))


def without_password(payload: dict[str, Any]) -> dict[str, Any]:
    """As it may be kept and shown."""
    return {**payload, "value": "…"} if is_secret(str(payload.get("key", ""))) else payload


codec = Asks("ChangeConfiguration", write, read)
