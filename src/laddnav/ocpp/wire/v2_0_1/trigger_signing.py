"""TriggerMessage, so far as it has a station renew a certificate (OCPP 2.0.1 part 2 A02)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.security import AskToSign, Use
from laddnav.ocpp.wire.v1_6.extended_trigger_message import read

_ASKED = {
    Use.STATION: "SignChargingStationCertificate",
    Use.V2G: "SignV2GCertificate",
    Use.V2G_20: "SignV2G20Certificate",  # from OCPP 2.1 on
}


def write(request: AskToSign) -> dict[str, Any]:
    return {"requestedMessage": _ASKED[request.use]}


codec = Asks("TriggerMessage", write, read)
