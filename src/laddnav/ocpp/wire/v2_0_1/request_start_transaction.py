"""RequestStartTransaction: we ask for a charge to begin (OCPP 2.0.1 part 2 F01, F02)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.requests import StartCharge
from laddnav.ocpp.wire.v1_6.remote_start_transaction import read
from laddnav.ocpp.wire.v2_0_1.id_token import id_token


def write(request: StartCharge) -> dict[str, Any]:
    payload: dict[str, Any] = {"idToken": id_token(request.uid, request.token_type), "remoteStartId": request.number}
    if request.evse_no is not None:
        payload["evseId"] = request.evse_no
    return payload


codec = Asks("RequestStartTransaction", write, read)
