"""SetDisplayMessage: a station is to show drivers a message (OCPP 2.0.1 part 2 O01, O02, O06)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.reports import Reported, Thing, Topic
from laddnav.ocpp.wire.v2_0_1.fields import accepted


def leaves(asked: dict[str, Any], said: dict[str, Any]) -> Reported | None:
    """O06.FR.01: under an id that it has, it replaces what was shown."""
    if not accepted(said):
        return None
    message = asked["message"]
    return Reported(topic=Topic.DISPLAY_MESSAGE, things=(Thing(str(message["id"]), message),))
