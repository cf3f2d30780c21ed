"""ClearDisplayMessage: a station is not to show a message any more (OCPP 2.0.1 part 2 O05)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.display import HideMessage
from laddnav.ocpp.wire.reports import Reported, Topic
from laddnav.ocpp.wire.requests import Verdict
from laddnav.ocpp.wire.v2_0_1.fields import accepted


def write(request: HideMessage) -> dict[str, Any]:
    return {"id": request.number}


def read(payload: dict[str, Any]) -> Verdict:
    return Verdict.ACCEPTED if accepted(payload) else Verdict.UNKNOWN


def leaves(asked: dict[str, Any], said: dict[str, Any]) -> Reported | None:
    """O05.FR.02: Unknown says as well that there is no such message."""
    if said.get("status") not in ("Accepted", "Unknown"):
        return None
    return Reported(topic=Topic.DISPLAY_MESSAGE, gone=(str(asked["id"]),))


codec = Asks("ClearDisplayMessage", write, read)
