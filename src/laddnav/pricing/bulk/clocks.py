"""The wall clock of a place for a whole column of instants: a table of its changes, looked up once for all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
DAY_MINUTES = 24 * 60
DAY_US = DAY_MINUTES * MINUTE_US
WEEK_MINUTES = 7 * DAY_MINUTES
_MONDAY = 3 * DAY_MINUTES  # the epoch was a Thursday
_DAY = timedelta(days=1)


def microseconds(instant: datetime) -> int:
    """Since the epoch; exact, as no number of seconds with a fraction is."""
    return (instant - EPOCH) // MICROSECOND


def instant(microseconds: int) -> datetime:
    return EPOCH + microseconds * MICROSECOND


def local_minutes(instants: Numbers, zone: tzinfo) -> Numbers:
    """Whole minutes since the epoch as the wall clock of `zone` counts them, daylight saving included."""
    if not len(instants):
        return instants
    first, last = instant(int(instants.min())), instant(int(instants.max()))
    changes, offsets = _offsets(zone, first.year, last.year)
    return (instants + offsets[np.searchsorted(changes, instants, side="right") - 1]) // MINUTE_US


def minutes_of_week(local: Numbers) -> Numbers:
    """From Monday 00:00."""
    return (local + _MONDAY) % WEEK_MINUTES


@lru_cache(maxsize=256)
def _offsets(zone: tzinfo, first_year: int, last_year: int) -> tuple[Numbers, Numbers]:
    """The instants at which the clock is changed, and from each of them on how far it is ahead of UTC.

    A clock is looked at once a day: none is changed twice within one.
    """
    at, end = datetime(first_year, 1, 1, tzinfo=UTC), datetime(last_year, 12, 31, tzinfo=UTC) + _DAY
    offset = _ahead(zone, at)
    changes, offsets = [microseconds(at)], [offset]
    while at < end:
        if (later := _ahead(zone, at + _DAY)) != offset:
            changes.append(_change(zone, microseconds(at), microseconds(at + _DAY)))
            offsets.append(later)
            offset = later
        at += _DAY
    return np.array(changes, np.int64), np.array(offsets, np.int64)


def _change(zone: tzinfo, before: int, after: int) -> int:
    """The first microsecond that has the offset of `after`."""
    offset = _ahead(zone, instant(after))
    while after - before > 1:
        middle = (before + after) // 2
        if _ahead(zone, instant(middle)) == offset:
            after = middle
        else:
            before = middle
    return after


def _ahead(zone: tzinfo, at: datetime) -> int:
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None, "an aware instant has an offset"
    return offset // MICROSECOND
