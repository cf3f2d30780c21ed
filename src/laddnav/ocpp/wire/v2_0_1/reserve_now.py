"""ReserveNow: we ask for an Evse to be kept for a driver (OCPP 2.0.1 part 2 H01)."""

from __future__ import annotations

from typing import Any

from laddnav.kit.time import rfc3339
from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.requests import KeepEvse
from laddnav.ocpp.wire.v1_6.reserve_now import read
from laddnav.ocpp.wire.v2_0_1.id_token import id_token
from laddnav.tokens.model import TokenType


def write(request: KeepEvse) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "id": request.number,
        "expiryDateTime": rfc3339(request.until),
        "idToken": id_token(request.uid, request.token_type),
        "evseId": request.evse_no,
    }
    if request.group_id is not None:
        payload["groupIdToken"] = id_token(request.group_id, TokenType.OTHER)
    return payload


codec = Asks("ReserveNow", write, read)
