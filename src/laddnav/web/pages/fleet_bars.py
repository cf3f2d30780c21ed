"""The next hours of a depot as bars: who stands plugged in, what is planned, and who leaves when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from laddnav.fleets.actions import Board
from laddnav.fleets.model import Light, Outlook, Standing, Trip
from laddnav.fleets.readiness import expected, over_at
from laddnav.web.asked import Asked
from laddnav.web.states import state

SHOWN = timedelta(hours=36)


def bars(asked: Asked, seen: Board) -> dict[str, object]:
    """What <depot-gantt> draws: seconds since 1970, kW, and words."""
    begins = seen.at - timedelta(hours=2)
    looks = {(one.trip.departure, one.trip.on): one for one in seen.outlooks}
    ordered = sorted(seen.standings.values(), key=lambda one: (one.vehicle.depot, one.vehicle.id))
    return {
        "zone": asked.zone,
        "begin": begins.timestamp(),
        "end": (seen.at + SHOWN).timestamp(),
        "now": seen.at.timestamp(),
        "words": {
            "now": asked.say("now"),
            "plugged": asked.say("Plugged in"),
            "planned": asked.say("Planned power"),
            "away": asked.say("Away"),
            "departure": asked.say("Departure"),
            "act": asked.say("Plug in by"),
            "vehicle": asked.say("Vehicle"),
        },
        "rows": [_bars(asked, one, seen, looks, begins) for one in ordered],
    }


def _bars(
    asked: Asked,
    one: Standing,
    seen: Board,
    looks: Mapping[tuple[str, date], Outlook],
    begins: datetime,
) -> dict[str, object]:
    its = [trip for trip in seen.trips if trip.vehicle == one.vehicle.ref and over_at(trip) > begins]
    ends = seen.at + SHOWN
    planned, most = [], Decimal(1)
    if one.plugged is not None and not _has_enough(its, looks, seen.at):
        most = max(one.plugged.power_max.kw, most)
        until = min((trip.departs_at for trip in its if trip.departs_at > seen.at), default=ends)
        for block in expected(one.plugged, seen.at, until) if one.plugged.works else ():
            end_at = min(block.end_at, until)
            if block.begin_at < end_at and not _is_open(one, block.begin_at, seen):
                planned.append(
                    {
                        "from": max(block.begin_at, seen.at).timestamp(),
                        "to": end_at.timestamp(),
                        "kw": float(block.power.kw),
                    }
                )
    return {
        "name": one.vehicle.says,
        "note": one.vehicle.plate or one.vehicle.depot,
        "href": f"/fleets/{one.vehicle.fleet}/vehicles/{one.vehicle.ref}",
        "most": float(most),
        "plugged": None
        if one.plugged is None
        else {
            "from": one.plugged.since_at.timestamp(),
            "evse": one.plugged.evse,
            "works": one.plugged.works,
        },
        "planned": planned,
        "trips": [_mark(asked, trip, looks.get((trip.departure, trip.on))) for trip in its],
    }


def _has_enough(its: Sequence[Trip], looks: Mapping[tuple[str, date], Outlook], now: datetime) -> bool:
    """A plan leaves out who has what it leaves with; without any, all that it could take is not what it gets."""
    ahead = [trip for trip in its if trip.departs_at > now]
    first = looks.get((ahead[0].departure, ahead[0].on)) if ahead else None
    return first is not None and first.readiness.light is Light.READY


def _is_open(one: Standing, begins: datetime, seen: Board) -> bool:
    """What comes after a plan is not planned, only possible; without any plan all of it is shown as it is expected."""
    plugged = one.plugged
    if plugged is None or plugged.planned is None or not plugged.planned:
        return False
    return begins == plugged.planned[-1].begin_at and plugged.planned[-1].length > SHOWN


def _mark(asked: Asked, trip: Trip, looks: Outlook | None) -> dict[str, object]:
    light = Light.READY if looks is None else looks.readiness.light
    by = None if looks is None or looks.readiness.plug_by is None else looks.readiness.plug_by.timestamp()
    shows_by = light in (Light.TO_PLUG_IN, Light.AT_RISK)
    return {
        "at": trip.departs_at.timestamp(),
        "back": over_at(trip).timestamp(),
        "light": light.value,
        "says": asked.say(state("departure", light.value).word),
        "need": str(trip.need),
        "id": trip.id,
        "by": by if shows_by else None,
    }
