"""ClosePeriodicEventStream: a station ends a stream (OCPP 2.1 part 2 N13)."""

from __future__ import annotations

from msgspec import Struct

from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.reports import Reported, Topic
from laddnav.ocpp.wire.v2_0_1.reports import Number, nothing


class WireClosePeriodicEventStream(Struct, frozen=True):
    id: Number


def read(wire: WireClosePeriodicEventStream) -> Reported:
    return Reported(topic=Topic.EVENT_STREAM, gone=(str(wire.id),))


codec = Hears(WireClosePeriodicEventStream, read, nothing)
