"""SetDERControl: what a station is to do for the grid (OCPP 2.1 part 2 R04)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.der import SetDerControl
from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.v2_0_1.verdict import read
from laddnav.ocpp.wire.v2_1.spelling import camel, spelt

_SPELT = {"fixed_pf_absorb": "fixedPFAbsorb", "fixed_pf_inject": "fixedPFInject"}


def write(request: SetDerControl) -> dict[str, Any]:
    """Raises UnfitSetting."""
    control = request.control
    return {
        "isDefault": control.default,
        "controlId": request.id,
        "controlType": control.type.value,
        _SPELT.get(control.field) or camel(control.field): spelt(control.setting),
    }


codec = Asks("SetDERControl", write, read)
