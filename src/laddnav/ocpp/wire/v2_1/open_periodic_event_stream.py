"""OpenPeriodicEventStream: a station will tell what a monitor sees in a stream (OCPP 2.1 part 2 N11)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.reports import Reported, Thing, Topic
from laddnav.ocpp.wire.v2_0_1.reports import Number, document, heard


class WireConstantStreamData(Struct, frozen=True):
    id: Number
    variableMonitoringId: int
    params: dict[str, Any]


class WireOpenPeriodicEventStream(Struct, frozen=True):
    constantStreamData: WireConstantStreamData


def read(wire: WireOpenPeriodicEventStream) -> Reported:
    stream = wire.constantStreamData
    return Reported(topic=Topic.EVENT_STREAM, things=(Thing(str(stream.id), document(stream)),))


codec = Hears(WireOpenPeriodicEventStream, read, heard)
