"""Heartbeat: a station lives, and sets its clock by the answer (OCPP 2.0.1 part 2 G02)."""

from __future__ import annotations

from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.v1_6.heartbeat import WireHeartbeat, read, write

codec = Hears(WireHeartbeat, read, write)
