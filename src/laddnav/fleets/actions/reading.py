"""What there is to be read of alerts, and of the charges of a vehicle."""

from __future__ import annotations

from collections.abc import Sequence

from laddnav.db.unit import Unit
from laddnav.fleets import store
from laddnav.fleets.model import Alert, Fleet, Vehicle
from laddnav.kit.ids import PartyId
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import Session


async def alerts(unit: Unit, fleet: Fleet, *, before: str | None = None, limit: int = 50) -> Sequence[Alert]:
    """Those too that are over, the newest first; the last ref is the next `before`."""
    return await store.alerts(unit, fleet, before, limit)


async def at_risk(unit: Unit, holder: PartyId | None, limit: int = 50) -> Sequence[Alert]:
    """What somebody has to see to now, of every fleet."""
    return await store.at_risk(unit, holder, limit)


async def charges_of(unit: Unit, vehicle: Vehicle, limit: int = 20) -> Sequence[Session]:
    """The newest first, with partners too."""
    found = [await sessions.find(unit, vehicle.holder, *one) for one in await store.charged(unit, vehicle, limit)]
    return [one for one in found if one is not None]
