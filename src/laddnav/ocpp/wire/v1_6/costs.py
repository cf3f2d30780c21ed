"""Costs and prices on displays of 1.6: DataTransfer as the Open Charge Alliance agreed for California's rules.

Its messages are JSON within the text of `data`; only a station that was made for them understands them.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from laddnav.kit import json
from laddnav.kit.json import Unreadable
from laddnav.kit.time import rfc3339
from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.prices import Rates, ShowCost, ShowFinalCost, ShowPrice
from laddnav.ocpp.wire.reports import Reported, Thing, Topic
from laddnav.ocpp.wire.requests import Verdict
from laddnav.ocpp.wire.v1_6.fields import TransactionId

VENDOR = "org.openchargealliance.costmsg"
UNPLUGGED = "ConnectorUnplugged"
_ACTION = "DataTransfer"
_MEANS = {
    "Accepted": Verdict.ACCEPTED,
    "UnknownMessageId": Verdict.NOT_SUPPORTED,
    "UnknownVendorId": Verdict.NOT_SUPPORTED,
}


class WireConnectorUnplugged(Struct, frozen=True):
    transactionId: TransactionId
    timestamp: str


def unplugged(data: Any) -> Reported:
    """The cable was taken out after the charge; idle fees that go on until then end here. Raises Unreadable."""
    try:
        said = data if isinstance(data, dict) else json.decode(str(data).encode(), dict[str, Any])
        wire = msgspec.convert(said, WireConnectorUnplugged, strict=False)
    except (msgspec.ValidationError, Unreadable) as error:
        raise Unreadable(f"{error} - at `$.data`") from error
    return Reported(topic=Topic.UNPLUGGED, things=(Thing(str(wire.transactionId), said),))


def _running(request: ShowCost) -> dict[str, Any]:
    return _message(
        "RunningCost",
        {
            "transactionId": int(request.charge),
            "timestamp": rfc3339(request.at),
            "meterValue": round(request.register),
            "cost": request.cost,
            "state": "Charging" if request.charging else "Idle",
            **_price(request.rates, "chargingPrice" if request.charging else "idlePrice"),
        },
    )


def _final(request: ShowFinalCost) -> dict[str, Any]:
    return _message("FinalCost", {"transactionId": int(request.charge), "cost": request.cost})


def _user_price(request: ShowPrice) -> dict[str, Any]:
    return _message("SetUserPrice", {"idToken": request.uid, "priceText": request.text})


def _price(rates: Rates, name: str) -> dict[str, Any]:
    said = {"kWhPrice": rates.per_kwh, "hourPrice": rates.per_hour, "flatFee": rates.flat}
    return {name: {key: value for key, value in said.items() if value is not None}}


def _message(id: str, data: dict[str, Any]) -> dict[str, Any]:
    return {"vendorId": VENDOR, "messageId": id, "data": json.encode(data).decode()}


def _read(payload: dict[str, Any]) -> Verdict:
    return _MEANS.get(str(payload.get("status")), Verdict.REJECTED)


running = Asks(_ACTION, _running, _read)
final = Asks(_ACTION, _final, _read)
user_price = Asks(_ACTION, _user_price, _read)
