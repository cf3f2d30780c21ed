"""Heartbeat: a station lives, and sets its clock by the answer (OCPP 1.6 §4.6)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from laddnav.kit.time import rfc3339
from laddnav.ocpp.wire.answers import TimeTold
from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.events import Beat


class WireHeartbeat(Struct, frozen=True):
    pass


def read(wire: WireHeartbeat) -> Beat:
    return Beat()


def write(answer: TimeTold) -> dict[str, Any]:
    return {"currentTime": rfc3339(answer.now)}


codec = Hears(WireHeartbeat, read, write)
