"""NotifyDERStartStop: a DER control that was planned begins or ends (OCPP 2.1 part 2 R04)."""

from __future__ import annotations

from msgspec import Struct

from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.reports import Reported, Thing, Topic
from laddnav.ocpp.wire.v2_0_1.reports import Name, document, nothing


class WireNotifyDERStartStop(Struct, frozen=True):
    controlId: Name
    started: bool
    timestamp: str
    supersededIds: tuple[str, ...] = ()


def read(wire: WireNotifyDERStartStop) -> Reported:
    return Reported(topic=Topic.DER_STATE, things=(Thing(wire.controlId, document(wire)),))


codec = Hears(WireNotifyDERStartStop, read, nothing)
