"""NotifyDERAlarm: the grid left the bounds of a DER control, or came back (OCPP 2.1 part 2 R05)."""

from __future__ import annotations

from msgspec import Struct

from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.reports import Reported, Thing, Topic
from laddnav.ocpp.wire.v2_0_1.reports import Name, document, nothing


class WireNotifyDERAlarm(Struct, frozen=True, omit_defaults=True):
    controlType: Name
    timestamp: Name
    gridEventFault: Name | None = None
    alarmEnded: bool | None = None
    extraInfo: str | None = None


def read(wire: WireNotifyDERAlarm) -> Reported:
    key = f"{wire.controlType}/{wire.gridEventFault or ''}/{wire.timestamp}"
    return Reported(topic=Topic.DER_ALARM, things=(Thing(key, document(wire)),))


codec = Hears(WireNotifyDERAlarm, read, nothing)
