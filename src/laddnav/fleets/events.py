"""What happens to the vehicles of a fleet and to their departures."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar

from laddnav.db.events import Event


class FleetEvent(Event, frozen=True, kw_only=True):
    """`fleet` is our ref of it."""

    fleet: str

    @property
    def about(self) -> str:
        return self.fleet


class FleetChanged(FleetEvent, frozen=True, kw_only=True):
    """Its vehicles, their departures, or what is known of a vehicle are different; read the board to see what."""


class DepartureEvent(FleetEvent, frozen=True, kw_only=True):
    """About one departure on one day; names are our refs, `cause` a Cause."""

    each: ClassVar[bool] = True

    departure: str
    on: date
    vehicle: str
    cause: str

    @property
    def about(self) -> str:
        return f"{self.fleet}/{self.departure}/{self.on.isoformat()}"


class DepartureAtRisk(DepartureEvent, frozen=True, kw_only=True):
    """As things stand, the vehicle will not have what it needs. `act_by`: until then it can still be saved."""

    departs_at: datetime
    act_by: datetime | None
    short_wh: int


class DepartureSaved(DepartureEvent, frozen=True, kw_only=True):
    """It is at risk no more, or no more for this cause."""


class DepartureMissed(DepartureEvent, frozen=True, kw_only=True):
    """Its time came, and the vehicle did not have what it needs."""
