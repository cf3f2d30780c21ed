"""ChangeConfiguration: one key of a station is set (OCPP 1.6 §5.3); it may be its password (OCPP-J 1.6 §6.2)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.variables import SetResult, SetStatus, SetVariables, VariablesSet

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


codec = Asks("ChangeConfiguration", write, read)
