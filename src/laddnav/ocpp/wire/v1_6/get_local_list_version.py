"""GetLocalListVersion: which list of cards a station has (OCPP 1.6 §5.10); -1 says that it holds none."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.requests import Said, Verdict
from laddnav.ocpp.wire.upkeep import ListVersionTold, TellListVersion


def write(request: TellListVersion) -> dict[str, Any]:
    return {}


def read(payload: dict[str, Any]) -> Said:
    version = payload.get("listVersion")
    if not isinstance(version, int) or version < 0:
        return Verdict.NOT_SUPPORTED
    return ListVersionTold(version=version)


codec = Asks("GetLocalListVersion", write, read)
