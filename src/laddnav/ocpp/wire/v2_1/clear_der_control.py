"""ClearDERControl: a DER control of a station is not to hold any more (OCPP 2.1 part 2 R04)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.reports import Reported, Topic
from laddnav.ocpp.wire.v2_0_1.fields import accepted


def leaves(asked: dict[str, Any], said: dict[str, Any]) -> Reported | None:
    """Only where one was named; which of them a whole kind was, the next report says."""
    if not accepted(said) or "controlId" not in asked:
        return None
    return Reported(topic=Topic.DER_STATE, gone=(asked["controlId"],))
