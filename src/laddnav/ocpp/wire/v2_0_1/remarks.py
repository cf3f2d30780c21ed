"""What stations report for the record and expect no decision on: it is kept in the log, whole, for whoever looks."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from laddnav.ocpp.wire.answers import Noted
from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.events import Remarked


class WireRemark(Struct, frozen=True):
    pass


def read(wire: WireRemark) -> Remarked:
    return Remarked()


def write(answer: Noted) -> dict[str, Any]:
    return {}


codec = Hears(WireRemark, read, write)
