"""GetTransactionStatus: whether a charge goes on, and whether more is to be told of it (OCPP 2.0.1 part 2 E14)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.requests import ReportCharge, Said, StoryTold


def write(request: ReportCharge) -> dict[str, Any]:
    return {"transactionId": request.charge}


def read(payload: dict[str, Any]) -> Said:
    """A station that does not say whether more comes is thought to have more: nothing is given up for lost by that."""
    return StoryTold(goes_on=payload.get("ongoingIndicator") is True, more=payload.get("messagesInQueue") is not False)


codec = Asks("GetTransactionStatus", write, read)
