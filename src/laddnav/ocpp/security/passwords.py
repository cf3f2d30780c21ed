"""A Station is told a new password while it works, and may come with the old one until it has taken the new."""

from __future__ import annotations

import secrets

from laddnav.db.unit import Unit
from laddnav.kit.seal import Seal
from laddnav.locations import actions as locations
from laddnav.locations.model import Station
from laddnav.ocpp.errand import Answered
from laddnav.ocpp.model import StationCall
from laddnav.ocpp.security.wanted import connected, errand, want
from laddnav.ocpp.wire.security import SetPassword
from laddnav.ocpp.wire.variables import SetStatus, VariablesSet

_BYTES = 20  # as hexadecimal digits it is a key of OCPP 1.6 (A00.FR.205) and a password of 2.0.1 (16 to 40 characters)


def change(unit: Unit, seal: Seal, station: Station) -> StationCall:
    """A01.FR.06 to 09: one that nobody has or sees, only hashed or sealed here. Raises Offline."""
    password = secrets.token_hex(_BYTES)
    locations.offer_password(unit, connected(station), password)
    return want(unit, station, SetPassword(password=password), seal=seal)


async def _told(unit: Unit, call: StationCall, answered: Answered) -> None:
    """A01.FR.03, A01.FR.04. Whoever did not answer, or has to start anew first, may come with either."""
    station = await locations.station(unit, call.station_id)
    status = answered.results[0].status if isinstance(answered, VariablesSet) else None
    if status is SetStatus.ACCEPTED:
        locations.settle_password(unit, station, taken=True)
    elif answered is not None and status is not SetStatus.REBOOT_REQUIRED:
        locations.settle_password(unit, station, taken=False)


ERRAND = errand(SetPassword, _told, sealed=True)
