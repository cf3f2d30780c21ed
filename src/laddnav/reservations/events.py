"""What happens to a reservation, and what is asked of a Station about it."""

from __future__ import annotations

from typing import ClassVar

from laddnav.db.events import Event


class ReservationEvent(Event, frozen=True, kw_only=True):
    number: int

    @property
    def about(self) -> str:
        return str(self.number)


class ReservationChanged(ReservationEvent, frozen=True, kw_only=True):
    """It is held, was used, or is over; read it to see what."""


class ReservationRequested(ReservationEvent, frozen=True, kw_only=True):
    """The Station is to keep the Evse; `request` is what asked for it, to be told the answer: so each counts."""

    each: ClassVar[bool] = True

    station_id: str
    request: str


class ReservationAnswered(ReservationEvent, frozen=True, kw_only=True):
    """What the Station said, as a CommandResultType of OCPI."""

    each: ClassVar[bool] = True

    result: str
    request: str | None = None


class CancellationRequested(ReservationEvent, frozen=True, kw_only=True):
    """The Station is to keep the Evse no longer."""

    each: ClassVar[bool] = True

    station_id: str
    request: str


class CancellationAnswered(ReservationEvent, frozen=True, kw_only=True):
    """As ReservationAnswered."""

    each: ClassVar[bool] = True

    result: str
    request: str | None = None


class ReservationWithdrawn(ReservationEvent, frozen=True, kw_only=True):
    """We could not keep it; whoever asked for it with `request` has to hear so."""

    request: str | None = None
