"""GetDisplayMessages: a station is to report what it shows (OCPP 2.0.1 part 2 O03)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.display import TellMessages
from laddnav.ocpp.wire.requests import Verdict
from laddnav.ocpp.wire.v2_0_1.fields import accepted


def write(request: TellMessages) -> dict[str, Any]:
    return {"requestId": request.number}


def read(payload: dict[str, Any]) -> Verdict:
    """O03.FR.02: Unknown says that there are none."""
    return Verdict.ACCEPTED if accepted(payload) else Verdict.UNKNOWN


codec = Asks("GetDisplayMessages", write, read)
