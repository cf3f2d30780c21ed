"""FirmwareStatusNotification, signed or not: how an update goes (OCPP 1.6 §4.5, OCPP 2.0.1 part 2 L01)."""

from __future__ import annotations

from msgspec import Struct

from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.upkeep import FirmwareTold, Progress
from laddnav.ocpp.wire.v1_6.status_notification import write

_MEANS = {
    "Idle": Progress.IDLE,
    "Installed": Progress.DONE,
    "DownloadFailed": Progress.FAILED,
    "InstallationFailed": Progress.FAILED,
    "InstallVerificationFailed": Progress.FAILED,
    "InvalidSignature": Progress.FAILED,
}


class WireFirmwareStatus(Struct, frozen=True):
    status: str
    requestId: int | None = None


def read(wire: WireFirmwareStatus) -> FirmwareTold:
    """Whatever is no end is on the way there."""
    return FirmwareTold(progress=_MEANS.get(wire.status, Progress.UNDER_WAY), said=wire.status, number=wire.requestId)


codec = Hears(WireFirmwareStatus, read, write)
