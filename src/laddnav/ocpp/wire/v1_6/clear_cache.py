"""ClearCache: a station is to forget which cards were good before (OCPP 1.6 §5.4)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.requests import Verdict
from laddnav.ocpp.wire.upkeep import ClearCache


def write(request: ClearCache) -> dict[str, Any]:
    return {}


def read(payload: dict[str, Any]) -> Verdict:
    return Verdict.ACCEPTED if payload.get("status") == "Accepted" else Verdict.REJECTED


codec = Asks("ClearCache", write, read)
