"""When drivers may come: regular hours by the clock of the place, and the exceptions to them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from laddnav.locations.model import ExceptionalPeriod, Location


def is_open(location: Location, at: datetime) -> bool:
    """Openings add to the regular hours, closings override both; a place that says nothing is open.

    OCPI 2.2.1 mod_locations_hours_class.
    """
    hours = location.opening_times
    if hours is None:
        return True
    if _within(hours.closings, at):
        return False
    there = at.astimezone(ZoneInfo(location.time_zone))
    clock = there.strftime("%H:%M")
    regular = (one for one in hours.regular if one.weekday == there.isoweekday())
    return hours.twentyfourseven or _within(hours.openings, at) or any(one.begin <= clock < one.end for one in regular)


def _within(periods: Iterable[ExceptionalPeriod], at: datetime) -> bool:
    return any(one.begin_at <= at < one.end_at for one in periods)
