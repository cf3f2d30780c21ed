"""What a site is told from outside: what is measured, what others limit, and whom they expect."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from laddnav.sites.model.site import Amps


class Place(StrEnum):
    """Where a meter of a site sits."""

    GRID = "GRID"  # all that comes in, below zero what goes out
    BUILDING = "BUILDING"  # all that is drawn beside cars, battery and roof
    SOLAR = "SOLAR"  # what the roof gives
    BATTERY = "BATTERY"  # what goes into it, below zero what comes out


class Measurement(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a meter said; `stored_kwh` is what a battery holds."""

    place: Place
    at: datetime
    amps: Amps
    stored_kwh: Decimal | None = None


class Covers(StrEnum):
    """What a limit from outside is for."""

    SITE = "SITE"  # all that comes in from the grid
    CARS = "CARS"
    EXPORT = "EXPORT"  # all that goes out to the grid


class OutsideLimit(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """So many kW at most in a time, as somebody outside says (`by`: a grid, a home), under an `id` of its own.

    `end_at` None: until it is taken back. `obeyed_at`: since when nothing there may draw more, by what Stations have
    acknowledged; None: not yet.
    """

    id: str
    by: str
    kw: Decimal
    covers: Covers = Covers.SITE
    begin_at: datetime
    end_at: datetime | None = None
    told_at: datetime
    obeyed_at: datetime | None = None


class Arrival(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A vehicle that will come by its timetable, and leaves again `until_at`; `since_at` None: it is there, unplugged.

    `energy_kwh` is what it will want by the meter; it draws `amps_max` at most from each of so many `phases`.
    """

    vehicle: str
    since_at: datetime | None = None
    until_at: datetime
    energy_kwh: Decimal
    amps_max: Decimal
    phases: int = 3


class Expected(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whom somebody expects at a site, and which charges of the last days, by folded id, were theirs."""

    arrivals: tuple[Arrival, ...] = ()
    charges: tuple[str, ...] = ()
