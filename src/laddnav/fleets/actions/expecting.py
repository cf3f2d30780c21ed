"""Verbs by which a fleet tells the sites of its depots whom it expects, so that plans keep room for them."""

from __future__ import annotations

from datetime import timedelta

from laddnav.db.unit import Unit
from laddnav.fleets import store
from laddnav.fleets.actions.standing import Board
from laddnav.fleets.arrivals import arrivals, timetabled
from laddnav.fleets.model import Depot, Fleet
from laddnav.locations import actions as locations
from laddnav.sites import actions as sites
from laddnav.sites.model.site import Site
from laddnav.sites.model.told import Expected

BACK = timedelta(days=14)  # that a site looks back on for who usually comes


async def expect(unit: Unit, fleet: Fleet, seen: Board) -> None:
    """Vehicles with a timetable, where they stand behind one site: what they charged there is nobody else's habit."""
    known = timetabled(await store.departures(unit, fleet), unit.now.date())
    coming = arrivals(seen.outlooks, seen.standings, known)
    told: dict[str, Expected] = {}
    for depot in fleet.depots if known else ():
        site = await _site_of(unit, fleet, depot)
        theirs = [ref for ref, one in seen.standings.items() if ref in known and one.vehicle.depot == depot.id]
        if site is None or not theirs:
            continue
        before = told.get(site.id, Expected())
        told[site.id] = Expected(
            arrivals=(*before.arrivals, *(one for ref in theirs for one in coming.get(ref, ()))),
            charges=(*before.charges, *await store.charges_of(unit, fleet, theirs, unit.now - BACK)),
        )
    await sites.expected(unit, fleet.holder, fleet.ref, told)


async def _site_of(unit: Unit, fleet: Fleet, depot: Depot) -> Site | None:
    """None: there is none, or there are several and nobody knows at which a vehicle will stand."""
    stations = await locations.stations_at(unit, fleet.holder, depot.location_id)
    found = await sites.feeding(unit, fleet.holder, [one.id for one in stations])
    return found[0] if len(found) == 1 else None
