"""ReserveNow: we ask for a connector to be kept for a driver (OCPP 1.6 §5.13)."""

from __future__ import annotations

from typing import Any

from laddnav.kit.time import rfc3339
from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.requests import KeepEvse, Verdict

_MEANS = {
    "Accepted": Verdict.ACCEPTED,
    "Faulted": Verdict.INOPERATIVE,
    "Occupied": Verdict.OCCUPIED,
    "Rejected": Verdict.REJECTED,
    "Unavailable": Verdict.INOPERATIVE,
}


def write(request: KeepEvse) -> dict[str, Any]:
    group = {} if request.group_id is None else {"parentIdTag": request.group_id}
    return {
        "connectorId": request.evse_no,
        "expiryDate": rfc3339(request.until),
        "idTag": request.uid,
        "reservationId": request.number,
        **group,
    }


def read(payload: dict[str, Any]) -> Verdict:
    return _MEANS.get(str(payload.get("status")), Verdict.REJECTED)


codec = Asks("ReserveNow", write, read)
