"""Will a vehicle be ready when it has to leave, and if not, why, and until when can that be helped; pure.

**The rule of alerts.** A departure can be saved as long as all the power that the depot has for the vehicle would still
do it (`plug_by`), or as long as another vehicle can leave instead (until HANDOVER before). Whoever stands unplugged is
at risk from NOTICE before `plug_by` on, and so never later than the last moment to act. Where a plan, a charger or the
timetable makes it too little, it is at risk as soon as that is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from laddnav.fleets import filling
from laddnav.fleets.model import (
    Block,
    Cause,
    Content,
    How,
    Light,
    Plugged,
    Readiness,
    Standing,
    Trip,
)
from laddnav.kit.energy import NO_ENERGY, Energy

# How long somebody has from the alert on to walk to the vehicle and plug it in.
NOTICE = timedelta(minutes=30)
# How long it takes to move to another vehicle what is in the first.
HANDOVER = timedelta(minutes=15)
# A trip of which nobody said when it is over.
AWAY = timedelta(hours=8)
# A vehicle of which nobody said since when it is there has had the night before.
NIGHT = timedelta(hours=12)
# What is in a battery is told in whole percents: one that will have all but half of one is ready.
SLIGHT = 200


def over_at(trip: Trip) -> datetime:
    """When its vehicle is back, or is taken to be."""
    return trip.back_at or trip.departs_at + AWAY


def readiness(trip: Trip, standing: Standing, now: datetime) -> Readiness:
    """Of one that has not left; what was true at `now` holds until then."""
    vehicle, departs_at = standing.vehicle, trip.departs_at
    need = filling.needed(trip.need, vehicle)
    missing = max(need - standing.content.low, NO_ENERGY)
    if standing.home_at is not None and standing.home_at > departs_at > now:
        return _at_risk(Cause.BACK_TOO_LATE, missing, missing, None)
    if not missing:
        return Readiness(light=Light.READY, ready_at=max(standing.home_at or now, now))
    if departs_at <= now:
        return Readiness(light=Light.MISSED, missing=missing, short=missing)
    plug_by = _plug_by(missing, standing, trip, now)
    if need > vehicle.battery:
        return _at_risk(Cause.BATTERY_TOO_SMALL, missing, need - vehicle.battery, None)
    if standing.plugged is None:
        return _unplugged(trip, standing, missing, plug_by, now)
    return _plugged(trip, standing, standing.plugged, missing, plug_by, now)


def _plug_by(missing: Energy, standing: Standing, trip: Trip, now: datetime) -> datetime | None:
    plugged = standing.plugged
    here = plugged.power_max if plugged is not None and plugged.works else standing.fastest
    length = filling.time_for(missing, max(standing.fastest, here))
    if length is None or trip.departs_at - length < max(now, standing.home_at or now):
        return None
    return trip.departs_at - length


def _unplugged(trip: Trip, standing: Standing, missing: Energy, plug_by: datetime | None, now: datetime) -> Readiness:
    if plug_by is not None and now < plug_by - NOTICE:
        return Readiness(light=Light.TO_PLUG_IN, missing=missing, short=missing, plug_by=plug_by)
    if standing.fastest.watts <= 0:
        return _at_risk(Cause.CHARGER_BROKEN, missing, missing, None)
    if plug_by is None and standing.home_at is not None and standing.home_at > now:
        best = filling.gained(standing.fastest, trip.departs_at - standing.home_at)
        return _at_risk(Cause.BACK_TOO_LATE, missing, missing - best, None)
    return _at_risk(Cause.NOT_PLUGGED_IN, missing, missing, plug_by)


def _plugged(
    trip: Trip, standing: Standing, plugged: Plugged, missing: Energy, plug_by: datetime | None, now: datetime
) -> Readiness:
    if not plugged.works:
        return _at_risk(Cause.CHARGER_BROKEN, missing, missing, plug_by)
    blocks = expected(plugged, now, trip.departs_at)
    slight = Energy(standing.vehicle.battery.wh / SLIGHT)
    ready_at = filling.reached(missing, blocks, now, trip.departs_at) or filling.reached(
        max(missing - slight, NO_ENERGY), blocks, now, trip.departs_at
    )
    if ready_at is not None:
        return Readiness(light=Light.WILL_BE_READY, missing=missing, ready_at=ready_at, plug_by=plug_by)
    short = max(missing - filling.planned(blocks, now, trip.departs_at), NO_ENERGY)
    return _at_risk(_why_short(trip, standing, plugged, missing, now), missing, short, plug_by)


def expected(plugged: Plugged, now: datetime, until_at: datetime) -> Sequence[Block]:
    """What it will get: as planned, or all that it takes where nobody plans."""
    if plugged.planned is not None:
        return [replace(one, power=min(one.power, plugged.power_max)) for one in plugged.planned]
    return [Block(begin_at=now, end_at=max(now, until_at), power=plugged.power_max)]


def _why_short(trip: Trip, standing: Standing, plugged: Plugged, missing: Energy, now: datetime) -> Cause:
    """What would have been enough: all the power there is from now on, or from when it was there on."""
    if filling.gained(plugged.power_max, trip.departs_at - now) >= missing:
        return Cause.OTHER_CARS
    could_be_at = min(standing.home_at or trip.departs_at - NIGHT, plugged.since_at)
    lost = filling.gained(plugged.power_max, plugged.since_at - could_be_at)
    in_time = filling.gained(plugged.power_max, trip.departs_at - now) + lost
    return Cause.PLUGGED_IN_LATE if in_time >= missing else Cause.POWER_TOO_LOW


def _at_risk(cause: Cause, missing: Energy, short: Energy, plug_by: datetime | None) -> Readiness:
    return Readiness(light=Light.AT_RISK, missing=missing, short=short, cause=cause, plug_by=plug_by)


def after(standing: Standing, trip: Trip, readiness: Readiness) -> Standing:
    """How the vehicle stands when it is back from a trip that it begins as it is expected to."""
    vehicle, back_at = standing.vehicle, over_at(trip)
    need = filling.needed(trip.need, vehicle)
    leaves_with = max(min(need, vehicle.battery) - readiness.short, standing.content.low, NO_ENERGY)
    uses = filling.used(trip.need, vehicle)
    left = Content(
        at=back_at,
        energy=max(leaves_with - uses, NO_ENERGY),
        sure=NO_ENERGY,
        how=How.UNKNOWN if standing.content.how is How.UNKNOWN else How.ESTIMATED,
    )
    return replace(standing, content=left, home_at=back_at, plugged=None)
