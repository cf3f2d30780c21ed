"""StatusNotification: how a connector does (OCPP 1.6 §4.9); each connector of 1.6 is an Evse here."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from laddnav.kit.json import Unreadable
from laddnav.locations.model import Status
from laddnav.metering.model import Activity
from laddnav.ocpp.wire.answers import Noted
from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.events import StatusReported
from laddnav.ocpp.wire.v1_6.fields import ConnectorId, instant


class WireStatusNotification(Struct, frozen=True):
    connectorId: ConnectorId
    status: str
    errorCode: str | None = None
    info: str | None = None
    timestamp: str | None = None
    vendorErrorCode: str | None = None


# Preparing and Finishing: a car stands there and does not charge, which OCPI calls a physical barrier.
_MEANS = {
    "Available": (Status.AVAILABLE, None),
    "Preparing": (Status.BLOCKED, None),
    "Charging": (Status.CHARGING, Activity.CHARGING),
    "SuspendedEV": (Status.CHARGING, Activity.SUSPENDED_EV),
    "SuspendedEVSE": (Status.CHARGING, Activity.SUSPENDED_EVSE),
    "Finishing": (Status.BLOCKED, None),
    "Reserved": (Status.RESERVED, None),
    "Unavailable": (Status.INOPERATIVE, None),
    "Faulted": (Status.OUTOFORDER, None),
}


def read(wire: WireStatusNotification) -> StatusReported:
    if wire.status not in _MEANS:
        raise Unreadable(f"{wire.status[:40]!r} is not a ChargePointStatus - at `$.status`")
    status, activity = _MEANS[wire.status]
    return StatusReported(
        evse_no=wire.connectorId,
        status=status,
        activity=activity,
        said=wire.status,
        error_code=None if wire.errorCode in (None, "NoError") else wire.vendorErrorCode or wire.errorCode,
        info=wire.info or None,
        at=instant(wire.timestamp) if wire.timestamp else None,
    )


def write(answer: Noted) -> dict[str, Any]:
    return {}


codec = Hears(WireStatusNotification, read, write)
