"""ChangeAvailability: whether an Evse, or the station, may be used (OCPP 2.0.1 part 2 G03, G04)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.upkeep import ChangeAvailability
from laddnav.ocpp.wire.v1_6.change_availability import read


def write(request: ChangeAvailability) -> dict[str, Any]:
    which = {"evse": {"id": request.evse_no}} if request.evse_no else {}
    return {"operationalStatus": "Operative" if request.operative else "Inoperative"} | which


codec = Asks("ChangeAvailability", write, read)
