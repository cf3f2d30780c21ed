"""ReportDERControl: the DER controls that a station has, a list for each kind (OCPP 2.1 part 2 R04)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.reports import Part, Reported, Thing, Topic
from laddnav.ocpp.wire.v2_0_1.reports import Number, nothing

KEY_MAX = 255  # characters; an id has 36
Controls = tuple[dict[str, Any], ...]


class WireReportDERControl(Struct, frozen=True):
    requestId: Number
    tbc: bool = False
    curve: Controls = ()
    enterService: Controls = ()
    fixedPFAbsorb: Controls = ()
    fixedPFInject: Controls = ()
    fixedVar: Controls = ()
    freqDroop: Controls = ()
    gradient: Controls = ()
    limitMaxDischarge: Controls = ()


_KINDS = WireReportDERControl.__struct_fields__[2:]


def read(wire: WireReportDERControl) -> Reported:
    things = tuple(Thing(f"{kind}/{one.get('id')}"[:KEY_MAX], one) for kind in _KINDS for one in getattr(wire, kind))
    # Its parts bear no numbers; they come in order, and the last one says that it is (R04.FR.32).
    return Reported(topic=Topic.DER_CONTROL, things=things, part=Part(number=wire.requestId, part=0, more=wire.tbc))


codec = Hears(WireReportDERControl, read, nothing)
