"""GetLocalListVersion: which list of cards a station has (OCPP 2.0.1 part 2 D02); 0 says that it has none."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.requests import Said, Verdict
from laddnav.ocpp.wire.upkeep import ListVersionTold
from laddnav.ocpp.wire.v1_6.get_local_list_version import write


def read(payload: dict[str, Any]) -> Said:
    version = payload.get("versionNumber")
    return ListVersionTold(version=version) if isinstance(version, int) else Verdict.FAILED


codec = Asks("GetLocalListVersion", write, read)
