"""What the meters of a home say, as a site is told of it; pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from laddnav.mqtt.model import Heard, Measures
from laddnav.sites.model.site import Amps
from laddnav.sites.model.told import Measurement, Place

FRESH = timedelta(minutes=1)  # a meter that is silent for longer says nothing of now
VOLTS = Decimal(230)
PHASES = (Measures.GRID_L1, Measures.GRID_L2, Measures.GRID_L3)
PLACES = {
    Measures.GRID: Place.GRID,
    Measures.SOLAR: Place.SOLAR,
    Measures.BUILDING: Place.BUILDING,
    Measures.BATTERY: Place.BATTERY,
    Measures.STORED: Place.BATTERY,
    **dict.fromkeys(PHASES, Place.GRID),
}


def measurements(heard: Iterable[Heard], now: datetime) -> list[Measurement]:
    """Of each place the newest. Watts without amperes are taken as even over the phases.

    Amperes that a meter says without a sign go out where its watts do.
    """
    newest: dict[Measures, Heard] = {}
    for one in sorted(heard, key=lambda one: one.at):
        if one.at > now - FRESH:
            newest[one.source.what] = one
    found: list[Measurement] = []
    phases = [newest[what] for what in PHASES if what in newest]
    grid = newest.get(Measures.GRID)
    if len(phases) == len(PHASES):
        first, second, third = (one.value for one in phases)
        goes_out = grid is not None and grid.value < 0 and min(first, second, third) >= 0
        amps: Amps = (-first, -second, -third) if goes_out else (first, second, third)
        found.append(Measurement(place=Place.GRID, at=max(one.at for one in phases), amps=amps))
    for what in (Measures.GRID, Measures.SOLAR, Measures.BUILDING, Measures.BATTERY):
        if what in newest and not (what is Measures.GRID and found):
            even = newest[what].value / VOLTS / 3
            stored = newest.get(Measures.STORED) if what is Measures.BATTERY else None
            found.append(
                Measurement(
                    place=PLACES[what],
                    at=newest[what].at if stored is None else max(newest[what].at, stored.at),
                    amps=(even, even, even),
                    stored_kwh=None if stored is None else stored.value,
                )
            )
    return found
