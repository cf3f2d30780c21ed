"""ReportDERControl: the DER controls that a station has, a list for each kind (OCPP 2.1 part 2 R04)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.reports import Reported, Thing, Topic
from laddnav.ocpp.wire.v2_0_1.reports import nothing

KEY_MAX = 255  # characters; an id has 36
Controls = tuple[dict[str, Any], ...]


class WireReportDERControl(Struct, frozen=True):
    curve: Controls = ()
    enterService: Controls = ()
    fixedPFAbsorb: Controls = ()
    fixedPFInject: Controls = ()
    fixedVar: Controls = ()
    freqDroop: Controls = ()
    gradient: Controls = ()
    limitMaxDischarge: Controls = ()


def read(wire: WireReportDERControl) -> Reported:
    things = tuple(
        Thing(f"{kind}/{one.get('id')}"[:KEY_MAX], one)
        for kind in wire.__struct_fields__
        for one in getattr(wire, kind)
    )
    return Reported(topic=Topic.DER_CONTROL, things=things)


codec = Hears(WireReportDERControl, read, nothing)
