"""CancelReservation: an Evse need not be kept any more (OCPP 2.0.1 part 2 H02)."""

from __future__ import annotations

from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.v1_6.cancel_reservation import read, write

codec = Asks("CancelReservation", write, read)
