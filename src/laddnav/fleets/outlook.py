"""The board of a depot: every departure of the next hours, how it looks, and what is news about it; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby

from msgspec import Struct

from laddnav.fleets.model import Alert, Cause, Light, Outlook, Readiness, Standing, Trip
from laddnav.fleets.readiness import HANDOVER, after, readiness
from laddnav.fleets.swaps import proposals


def outlooks(standings: Mapping[str, Standing], trips: Iterable[Trip], now: datetime) -> tuple[Outlook, ...]:
    """In the order in which they leave. A vehicle that leaves twice is taken to be back from the first by then."""
    coming = [one for one in trips if one.departs_at > now and one.vehicle in standings]
    by_vehicle = {
        vehicle: tuple(some) for vehicle, some in groupby(sorted(coming, key=_vehicle), key=lambda one: one.vehicle)
    }
    found = [
        _outlook(trip, standing, looks, standings, by_vehicle, now)
        for vehicle, some in by_vehicle.items()
        for trip, standing, looks in _one_after_the_other(some, standings[vehicle], now)
    ]
    return tuple(sorted(found, key=lambda one: (one.trip.departs_at, one.vehicle.id)))


def _vehicle(trip: Trip) -> tuple[str, datetime]:
    return trip.vehicle, trip.departs_at


def _one_after_the_other(
    trips: Sequence[Trip], standing: Standing, now: datetime
) -> Iterable[tuple[Trip, Standing, Readiness]]:
    for trip in trips:
        looks = readiness(trip, standing, now)
        yield trip, standing, looks
        standing = after(standing, trip, looks)


def _outlook(
    trip: Trip,
    standing: Standing,
    looks: Readiness,
    standings: Mapping[str, Standing],
    trips: Mapping[str, Sequence[Trip]],
    now: datetime,
) -> Outlook:
    swaps = proposals(trip, standings, trips, now) if looks.light is Light.AT_RISK else ()
    return Outlook(
        trip=trip,
        vehicle=standing.vehicle,
        content=standing.content,
        readiness=looks,
        plugged=standing.plugged,
        swaps=swaps,
        act_by=act_by(trip, looks, bool(swaps)),
    )


def act_by(trip: Trip, looks: Readiness, can_swap: bool) -> datetime | None:
    """The last moment at which charging with all the power there is, or a swap, still saves it; None: nothing does."""
    if looks.light is not Light.AT_RISK:
        return looks.plug_by if looks.light is Light.TO_PLUG_IN else None
    moments = [looks.plug_by, trip.departs_at - HANDOVER if can_swap else None]
    return max((one for one in moments if one is not None), default=None)


# News -----------------------------------------------------------------------------------------------------------------

Key = tuple[str, date, Cause]


class News(Struct, frozen=True, kw_only=True):
    """What changed since the last look: at risk for a new cause, at risk no more, and missed."""

    raised: tuple[Outlook, ...] = ()
    cured: tuple[Alert, ...] = ()
    missed: tuple[Alert, ...] = ()


def news(open_alerts: Iterable[Alert], board: Iterable[Outlook], now: datetime) -> News:
    """Each cause of each departure is told once, as long as it lasts."""
    open_alerts = tuple(open_alerts)
    at_risk = {_key(one): one for one in board if one.readiness.light is Light.AT_RISK}
    known = {(one.departure, one.on, one.cause) for one in open_alerts}
    return News(
        raised=tuple(one for key, one in at_risk.items() if key not in known),
        cured=_those(
            open_alerts, lambda one: one.departs_at > now and (one.departure, one.on, one.cause) not in at_risk
        ),
        missed=_those(open_alerts, lambda one: one.departs_at <= now),
    )


def _those(alerts: Sequence[Alert], are_so: Callable[[Alert], bool]) -> tuple[Alert, ...]:
    return tuple(one for one in alerts if are_so(one))


def _key(one: Outlook) -> Key:
    assert one.readiness.cause is not None, "what is at risk has its cause"
    return one.trip.departure, one.trip.on, one.readiness.cause
