"""UpdateFirmware: a station is to fetch a file and become it, signed (OCPP 2.0.1 part 2 L01) or not (L02)."""

from __future__ import annotations

from typing import Any

from laddnav.kit.time import rfc3339
from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.upkeep import UpdateFirmware
from laddnav.ocpp.wire.v1_6.signed_update_firmware import read
from laddnav.ocpp.wire.v1_6.signed_update_firmware import write as write_signed
from laddnav.ocpp.wire.v1_6.update_firmware import patience


def write(request: UpdateFirmware) -> dict[str, Any]:
    firmware = {"location": request.location, "retrieveDateTime": rfc3339(request.retrieve_at)}
    if request.install_at is not None:
        firmware["installDateTime"] = rfc3339(request.install_at)
    return {"requestId": request.number, "firmware": firmware} | patience(request)


codec = Asks("UpdateFirmware", write, read)
signed = Asks("UpdateFirmware", write_signed, read)
