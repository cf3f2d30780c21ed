"""NotifyPeriodicEventStream: what a monitor saw since, sent without waiting for an answer (OCPP 2.1 part 2 N15)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.reports import Reported, Thing, Topic
from laddnav.ocpp.wire.v2_0_1.reports import Number, document, nothing


class WireNotifyPeriodicEventStream(Struct, frozen=True):
    id: Number
    pending: int
    basetime: str
    data: tuple[dict[str, Any], ...]


def read(wire: WireNotifyPeriodicEventStream) -> Reported:
    return Reported(topic=Topic.STREAMED, things=(Thing(str(wire.id), document(wire)),))


codec = Hears(WireNotifyPeriodicEventStream, read, nothing)
