"""Which other vehicle of the depot could leave instead, the best first; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from laddnav.fleets import filling
from laddnav.fleets.model import Light, Need, NeedUnit, Proposal, Standing, Trip
from laddnav.fleets.readiness import HANDOVER, over_at, readiness
from laddnav.kit.energy import NO_ENERGY, Energy

MOST = 3  # nobody reads on while a van should leave
SURE = (Light.READY, Light.WILL_BE_READY)


def proposals(
    trip: Trip, standings: Mapping[str, Standing], trips: Mapping[str, Sequence[Trip]], now: datetime
) -> tuple[Proposal, ...]:
    """For a Trip whose vehicle will not be ready. Both maps are by vehicle; of others than its depot's it takes none.

    Best is who is free and ready now; then who will be, the soonest; then who gives a later departure of its own in
    exchange. Of those alike, who has longest until its own next departure, and then who has least too much in it.
    """
    first = standings[trip.vehicle]
    found = [
        one
        for ref, other in standings.items()
        if ref != trip.vehicle and other.vehicle.depot == first.vehicle.depot
        for one in [_proposal(trip, first, other, trips, now)]
        if one is not None
    ]
    return tuple(sorted(found, key=lambda one: _rank(one, now))[:MOST])


def _rank(one: Proposal, now: datetime) -> tuple[bool, datetime, float, Energy, str]:
    until_next = float("-inf") if one.next_at is None else -one.next_at.timestamp()
    return one.takes is not None, max(one.ready_at, now), until_next, one.over, one.vehicle


def _proposal(
    trip: Trip, first: Standing, other: Standing, trips: Mapping[str, Sequence[Trip]], now: datetime
) -> Proposal | None:
    vehicle = other.vehicle
    if other.home_at is not None and other.home_at > now:
        return None
    instead = replace(trip, vehicle=vehicle.ref, need=_alike(trip.need, first))
    looks = readiness(instead, other, now)
    if looks.light not in SURE or looks.ready_at is None:
        return None
    if looks.ready_at > now and looks.ready_at > trip.departs_at - HANDOVER:
        return None
    own = [one for one in trips.get(vehicle.ref, ()) if one.departs_at > now]
    in_the_way = [one for one in own if one.departs_at < over_at(trip) and over_at(one) > trip.departs_at - HANDOVER]
    later = [one for one in own if one.departs_at >= over_at(trip)]
    takes = None
    if in_the_way:
        takes = _exchange(trip, first, in_the_way, trips, now)
        if takes is None:
            return None
    has = max(other.content.low, filling.needed(instead.need, vehicle))
    if later and not _again_in_time(has, instead, later[0], other):
        return None
    return Proposal(
        vehicle=vehicle.ref,
        ready_at=looks.ready_at,
        over=max(other.content.low - filling.needed(instead.need, vehicle), NO_ENERGY),
        takes=takes,
        next_at=later[0].departs_at if later else None,
    )


def _alike(need: Need, first: Standing) -> Need:
    """The same trip for another vehicle: so and so full of one battery is so many kWh of any."""
    if need.unit is not NeedUnit.PERCENT:
        return need
    return Need(filling.used(need, first.vehicle).kwh, NeedUnit.KWH)


def _exchange(
    trip: Trip, first: Standing, in_the_way: Sequence[Trip], trips: Mapping[str, Sequence[Trip]], now: datetime
) -> Trip | None:
    """The other's only departure in this time, where it is later and the first vehicle is ready for that one."""
    if len(in_the_way) > 1 or in_the_way[0].departs_at <= trip.departs_at:
        return None
    theirs = in_the_way[0]
    others = [
        one
        for one in trips.get(first.vehicle.ref, ())
        if (one.departure, one.on) != (trip.departure, trip.on) and one.departs_at < over_at(theirs)
    ]
    if others or theirs.need.unit is NeedUnit.PERCENT:
        return None
    looks = readiness(replace(theirs, vehicle=first.vehicle.ref), first, now)
    return theirs if looks.light in (*SURE, Light.TO_PLUG_IN) else None


def _again_in_time(has: Energy, trip: Trip, following: Trip, other: Standing) -> bool:
    """Whether what it has to do next can still be done when it is back."""
    left = max(has - filling.used(trip.need, other.vehicle), NO_ENERGY)
    missing = filling.needed(following.need, other.vehicle) - left
    return filling.gained(other.fastest, following.departs_at - over_at(trip)) >= missing
