"""DataTransfer: something that only its vendor understands (OCPP 2.0.1 part 2 P02)."""

from __future__ import annotations

from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.v1_6.data_transfer import WireDataTransfer, read, write

codec = Hears(WireDataTransfer, read, write)
