"""SetDisplayMessage: a station is to show drivers a message (OCPP 2.0.1 part 2 O01, O02, O06)."""

from __future__ import annotations

from typing import Any

from laddnav.kit.time import rfc3339
from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.display import Priority, ShowMessage
from laddnav.ocpp.wire.reports import Reported, Thing, Topic
from laddnav.ocpp.wire.requests import Verdict
from laddnav.ocpp.wire.v2_0_1.fields import accepted

_PRIORITY = {Priority.ALWAYS: "AlwaysFront", Priority.FIRST: "InFront", Priority.IN_TURN: "NormalCycle"}


def write(request: ShowMessage) -> dict[str, Any]:
    """O02.FR.01: for one charge, it goes with it."""
    content = {"format": "UTF8", "content": request.text}
    message = {
        "id": request.number,
        "priority": _PRIORITY[request.priority],
        "message": content if request.language is None else content | {"language": request.language},
    }
    if request.starts_at is not None:
        message["startDateTime"] = rfc3339(request.starts_at)
    if request.ends_at is not None:
        message["endDateTime"] = rfc3339(request.ends_at)
    if request.charge is not None:
        message["transactionId"] = request.charge
    return {"message": message}


def read(payload: dict[str, Any]) -> Verdict:
    return Verdict.ACCEPTED if accepted(payload) else Verdict.REJECTED


def leaves(asked: dict[str, Any], said: dict[str, Any]) -> Reported | None:
    """O06.FR.01: under an id that it has, it replaces what was shown."""
    if not accepted(said):
        return None
    message = asked["message"]
    return Reported(topic=Topic.DISPLAY_MESSAGE, things=(Thing(str(message["id"]), message),))


codec = Asks("SetDisplayMessage", write, read)
