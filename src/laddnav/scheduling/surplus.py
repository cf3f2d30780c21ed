"""A car that follows what the roof has to spare: amperes by what the mains meter shows, and no flicker; pure."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from msgspec import Struct

# Finer than a meter and a cable are: a limit that is lower by less than this is told, one that is higher is not.
_STEADY = 0.5  # A


class Terms(Struct, frozen=True, kw_only=True):
    """How a car follows. `phases`: those on which it may charge, fewest first; several where its Station can switch.

    It begins, or takes more phases, once there has been enough for `begin_after`, and stops once there has been too
    little for `stop_after`; until then it goes on with the least that it can. `keep_watts` of what is spared stay.
    """

    amps_max: float
    amps_min: float = 6.0
    phases: tuple[int, ...] = (3,)
    volts: float = 230.0
    begin_after: timedelta = timedelta(minutes=1)
    stop_after: timedelta = timedelta(minutes=3)
    keep_watts: float = 0.0


class Following(Struct, frozen=True, kw_only=True):
    """What the car may draw from each of its `phases`; none at all where `amps` is 0.

    `otherwise_since_at`: from when on there was enough to do more, or too little to go on; None: neither.
    """

    amps: float = 0.0
    phases: int
    otherwise_since_at: datetime | None = None


def at_rest(terms: Terms) -> Following:
    """Before anything was measured."""
    return Following(phases=terms.phases[0])


def spare(*, grid_watts: float, car_watts: float, battery_watts: float = 0.0) -> float:
    """What the car could draw and nothing would come in: what goes out, what it draws itself, what a battery takes.

    `grid_watts` is below zero where something goes out, `battery_watts` where the battery gives.
    """
    return car_watts - grid_watts + battery_watts


def followed(terms: Terms, before: Following, spare_watts: float, at: datetime) -> Following:
    """What the car may draw from now on."""
    left = spare_watts - terms.keep_watts
    wider = _widest(terms, left)
    if before.amps == 0:
        if wider is None:
            return at_rest(terms)
        since = before.otherwise_since_at or at
        if at - since < terms.begin_after:
            return Following(phases=before.phases, otherwise_since_at=since)
        return Following(amps=_amps(terms, left, wider), phases=wider)
    amps = _amps(terms, left, before.phases)
    if amps < terms.amps_min:
        return _too_little(terms, before, wider, left, at)
    if wider is not None and wider > before.phases:
        since = before.otherwise_since_at or at
        if at - since >= terms.begin_after:
            return Following(amps=_amps(terms, left, wider), phases=wider)
        return Following(amps=_steady(before.amps, amps), phases=before.phases, otherwise_since_at=since)
    return Following(amps=_steady(before.amps, amps), phases=before.phases)


def _too_little(terms: Terms, before: Following, wider: int | None, left: float, at: datetime) -> Following:
    """For a while it goes on with the least, then on fewer phases where that will do, else not at all."""
    since = before.otherwise_since_at or at
    if before.otherwise_since_at is not None and before.amps > terms.amps_min:
        since = at  # it counted that there was enough for more
    if at - since < terms.stop_after:
        return Following(amps=terms.amps_min, phases=before.phases, otherwise_since_at=since)
    if wider is not None:
        return Following(amps=_amps(terms, left, wider), phases=wider)
    return at_rest(terms)


def _widest(terms: Terms, left: float) -> int | None:
    """On how many phases there is enough for the least; None: on none."""
    return next((one for one in reversed(terms.phases) if _amps(terms, left, one) >= terms.amps_min), None)


def _amps(terms: Terms, left: float, phases: int) -> float:
    """Tenths, never more than there is."""
    return min(terms.amps_max, math.floor(left / terms.volts / phases * 10) / 10)


def _steady(before: float, now: float) -> float:
    return before if before <= now < before + _STEADY else now
