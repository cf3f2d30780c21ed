"""GetPeriodicEventStream: which streams a station has open (OCPP 2.1 part 2 N12)."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.monitoring import TellStreams
from laddnav.ocpp.wire.reports import Reported, Thing, Topic
from laddnav.ocpp.wire.requests import Verdict
from laddnav.ocpp.wire.v2_0_1.reports import document
from laddnav.ocpp.wire.v2_1.open_periodic_event_stream import WireConstantStreamData


class WireSaid(Struct, frozen=True):
    constantStreamData: tuple[WireConstantStreamData, ...] = ()


def write(request: TellStreams) -> dict[str, Any]:
    return {}


def read(payload: dict[str, Any]) -> Verdict:
    return Verdict.ACCEPTED


def leaves(asked: dict[str, Any], said: dict[str, Any]) -> Reported | None:
    """N12.FR.01: all that are open."""
    try:
        streams = msgspec.convert(said, WireSaid, strict=False).constantStreamData
    except msgspec.ValidationError:
        return None
    return Reported(
        topic=Topic.EVENT_STREAM, things=tuple(Thing(str(one.id), document(one)) for one in streams), whole=True
    )


codec = Asks("GetPeriodicEventStream", write, read)
