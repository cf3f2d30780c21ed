"""ReservationStatusUpdate: a station does not keep an Evse any more (OCPP 2.0.1 part 2 H01, H04)."""

from __future__ import annotations

from msgspec import Struct

from laddnav.kit.json import Unreadable
from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.reports import ReservationGone
from laddnav.ocpp.wire.v1_6.fields import ReservationId
from laddnav.ocpp.wire.v2_0_1.reports import nothing


class WireReservationStatusUpdate(Struct, frozen=True):
    reservationId: ReservationId
    reservationUpdateStatus: str


_REMOVED = {"Expired": False, "Removed": True, "NoTransaction": False}


def read(wire: WireReservationStatusUpdate) -> ReservationGone:
    if wire.reservationUpdateStatus not in _REMOVED:
        raise Unreadable("not a ReservationUpdateStatusEnumType - at `$.reservationUpdateStatus`")
    return ReservationGone(number=wire.reservationId, removed=_REMOVED[wire.reservationUpdateStatus])


codec = Hears(WireReservationStatusUpdate, read, nothing)
