"""LogStatusNotification and DiagnosticsStatusNotification: how the sending of a log goes (OCPP 1.6 §4.4, N01)."""

from __future__ import annotations

from msgspec import Struct

from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.upkeep import LogTold, Progress
from laddnav.ocpp.wire.v1_6.status_notification import write

_MEANS = {
    "Idle": Progress.IDLE,
    "Uploaded": Progress.DONE,
    "Uploading": Progress.UNDER_WAY,
}


class WireLogStatus(Struct, frozen=True):
    status: str
    requestId: int | None = None


def read(wire: WireLogStatus) -> LogTold:
    """Every other word is a reason why it failed (N01.FR.10)."""
    return LogTold(progress=_MEANS.get(wire.status, Progress.FAILED), said=wire.status, number=wire.requestId)


codec = Hears(WireLogStatus, read, write)
