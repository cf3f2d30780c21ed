"""GetCompositeSchedule, which in OCPP 2.1 also tells what is given back (part 2 K08)."""

from __future__ import annotations

from typing import Any

import msgspec

from laddnav.kit.json import Unreadable
from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.requests import LimitsTold, Said, Verdict
from laddnav.ocpp.wire.v2_0_1.fields import accepted
from laddnav.ocpp.wire.v2_0_1.get_composite_schedule import write
from laddnav.ocpp.wire.v2_1.charging_schedule import WireCompositeSchedule, read_composite


def read(payload: dict[str, Any]) -> Said:
    """A schedule that cannot be read is none that anybody could rely on."""
    if not accepted(payload):
        return Verdict.REJECTED
    if payload.get("schedule") is None:
        return LimitsTold(active=None)
    try:
        wire = msgspec.convert(payload["schedule"], WireCompositeSchedule, strict=False)
        return LimitsTold(active=read_composite(wire))
    except (msgspec.ValidationError, Unreadable):
        return Verdict.REJECTED


codec = Asks("GetCompositeSchedule", write, read)
