"""Which vehicles a depot expects, from when until when and for how much, by the timetable; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from decimal import ROUND_UP, Decimal
from itertools import groupby

from laddnav.fleets import filling
from laddnav.fleets.model import Departure, Outlook, Standing, Vehicle
from laddnav.fleets.readiness import over_at
from laddnav.sites.model.told import Arrival

PHASES = 3  # of whatever draws for direct current
_TENTH = Decimal("0.1")


def timetabled(departures: Iterable[Departure], today: date) -> frozenset[str]:
    """Vehicles of which it is always said when they are back; of the others nobody knows but by who usually comes."""
    coming = [one for one in departures if one.ends_on is None or one.ends_on >= today]
    return frozenset(one.vehicle for one in coming) - {one.vehicle for one in coming if one.back is None}


def arrivals(
    outlooks: Iterable[Outlook], standings: Mapping[str, Standing], known: Collection[str]
) -> dict[str, tuple[Arrival, ...]]:
    """By vehicle, of those that are `known`: each stay before a departure for which something is missing.

    Who is plugged in needs no room of its own until it has left and come back.
    """
    coming = sorted(outlooks, key=lambda one: (one.vehicle.ref, one.trip.departs_at))
    return {
        ref: tuple(_of(standings[ref], some))
        for ref, some in groupby(coming, key=lambda one: one.vehicle.ref)
        if ref in known
    }


def _of(standing: Standing, coming: Iterable[Outlook]) -> Iterable[Arrival]:
    vehicle, home_at = standing.vehicle, standing.home_at
    amps, phases = _draws(vehicle, standing)
    for one in coming:
        departs_at, missing = one.trip.departs_at, min(one.readiness.missing, vehicle.battery)
        in_time = home_at is None or home_at < departs_at
        if one.plugged is None and missing.wh > 0 and amps > 0 and in_time:
            yield Arrival(
                vehicle=vehicle.id,
                since_at=home_at,
                until_at=departs_at,
                energy_kwh=(missing.kwh / filling.EFFICIENCY).quantize(_TENTH, ROUND_UP),
                amps_max=amps,
                phases=phases,
            )
        home_at = over_at(one.trip)


def _draws(vehicle: Vehicle, standing: Standing) -> tuple[Decimal, int]:
    """(amperes, from so many phases) that the best working plug of its depot and itself can do together."""
    phases = vehicle.ac_phases if vehicle.dc_max is None else PHASES
    return (standing.fastest.watts / filling.VOLTS / phases).quantize(_TENTH), phases
