"""ClearDERControl: a DER control of a station is not to hold any more (OCPP 2.1 part 2 R04)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.der import ClearDerControl
from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.reports import Reported, Topic
from laddnav.ocpp.wire.v2_0_1.fields import accepted
from laddnav.ocpp.wire.v2_0_1.verdict import read


def write(request: ClearDerControl) -> dict[str, Any]:
    payload: dict[str, Any] = {"isDefault": request.default}
    if request.id is not None:
        payload["controlId"] = request.id
    if request.type is not None:
        payload["controlType"] = request.type.value
    return payload


def leaves(asked: dict[str, Any], said: dict[str, Any]) -> Reported | None:
    """Only where one was named; which of them a whole kind was, the next report says."""
    if not accepted(said) or "controlId" not in asked:
        return None
    return Reported(topic=Topic.DER_STATE, gone=(asked["controlId"],))


codec = Asks("ClearDERControl", write, read)
