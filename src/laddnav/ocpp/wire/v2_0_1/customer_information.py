"""CustomerInformation: a station is to report or forget what it keeps of a customer (OCPP 2.0.1 part 2 N09, N10)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.display import TellCustomer
from laddnav.ocpp.wire.requests import Verdict
from laddnav.ocpp.wire.v2_0_1.fields import accepted
from laddnav.ocpp.wire.v2_0_1.id_token import id_token


def write(request: TellCustomer) -> dict[str, Any]:
    """N09.FR.04: one reference to the customer, and no more."""
    said: dict[str, Any] = {"requestId": request.number, "report": request.report, "clear": request.forget}
    if request.uid is not None:
        said["idToken"] = id_token(request.uid, request.token_type)
    elif request.customer is not None:
        said["customerIdentifier"] = request.customer
    return said


def read(payload: dict[str, Any]) -> Verdict:
    return Verdict.ACCEPTED if accepted(payload) else Verdict.REJECTED


codec = Asks("CustomerInformation", write, read)
