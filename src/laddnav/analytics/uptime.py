"""How many minutes of a month an Evse could charge, from how it was told to be, as public funders count them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

from msgspec import Struct

from laddnav.analytics.model import Course, Place, UptimeRow
from laddnav.locations.model import Status

Span = tuple[datetime, datetime]

_OUT = frozenset({Status.INOPERATIVE, Status.OUTOFORDER, Status.UNKNOWN})
# Nobody was promised anything yet, or any more.
_NOT_THERE = frozenset({None, Status.PLANNED, Status.REMOVED})
_MINUTE = timedelta(minutes=1)
_PLACES = Decimal("0.001")


class Minutes(Struct, frozen=True, kw_only=True):
    """`silent` is a part of `out`; the others add up to all minutes."""

    up: int = 0
    out: int = 0
    silent: int = 0
    excluded: int = 0
    unknown: int = 0

    def __add__(self, other: Minutes) -> Minutes:
        return Minutes(**{name: getattr(self, name) + getattr(other, name) for name in self.__struct_fields__})

    @property
    def known(self) -> int:
        return self.up + self.out + self.excluded

    @property
    def uptime(self) -> Decimal | None:
        """An outage that is excluded does not count against it (23 CFR 680.116 (b)(3)), of the minutes that are known.

        Up is only what is online (680.116 (b)(1)), so a Station that is away counts as out.
        """
        return _percent(self.known - self.out, self.known)

    @property
    def available(self) -> Decimal | None:
        return _percent(self.up, self.known)


def minutes(
    changes: Iterable[tuple[datetime, Status]], excused: Iterable[Span], since: datetime, until: datetime
) -> Minutes:
    """Between the two, in whole minutes: an instant is the begin of its minute. `changes` are in order of time."""
    since, until = _whole(since), max(_whole(since), _whole(until))
    windows = _merged((_whole(begin), _whole(end)) for begin, end in excused)
    total = Minutes()
    for status, span in _spans(changes, since, until):
        length = _common(span, span)
        if status in _NOT_THERE:
            total += Minutes(unknown=length)
        elif status in _OUT:
            excluded = sum(_common(span, window) for window in windows)
            out = length - excluded
            total += Minutes(out=out, silent=out if status is Status.UNKNOWN else 0, excluded=excluded)
        else:
            total += Minutes(up=length)
    return total


def rows(courses: Iterable[Course], per: Place, months: Iterable[str], now: datetime) -> tuple[UptimeRow, ...]:
    """A row for each month and Evse, or Location, that was there at some time of it; of the minutes before `now`."""
    together: dict[tuple[str, str, str, str], tuple[Course, Minutes]] = {}
    for course in courses:
        for month in months:
            since, until = bounds(month, course.time_zone)
            found = minutes(course.changes, course.excused, since, min(until, now))
            if found.known:
                key = (month, str(course.holder), course.location_id, course.evse_uid if per is Place.EVSE else "")
                _, before = together.get(key, (course, Minutes()))
                together[key] = course, before + found
    return tuple(_row(key[0], key[-1], *together[key]) for key in sorted(together))


def bounds(month: str, zone: str) -> Span:
    """From its first instant to that of the next, as the clocks there show it."""
    first = datetime.strptime(month, "%Y-%m").replace(tzinfo=ZoneInfo(zone))
    following = (first + timedelta(days=32)).replace(day=1)
    return first.astimezone(UTC), following.astimezone(UTC)


def between(first: str, last: str) -> tuple[str, ...]:
    """Every month from the first to the last."""
    years = range(int(first[:4]), int(last[:4]) + 1)
    every = (f"{year}-{month:02}" for year in years for month in range(1, 13))
    return tuple(month for month in every if first <= month <= last)


def _row(month: str, evse_uid: str, course: Course, found: Minutes) -> UptimeRow:
    return UptimeRow(
        holder=course.holder,
        month=month,
        location_id=course.location_id,
        evse_uid=evse_uid or None,
        minutes=found.known + found.unknown,
        up=found.up,
        out=found.out,
        silent=found.silent,
        excluded=found.excluded,
        unknown=found.unknown,
        uptime=found.uptime,
        available=found.available,
    )


def _spans(
    changes: Iterable[tuple[datetime, Status]], since: datetime, until: datetime
) -> Iterator[tuple[Status | None, Span]]:
    """Status after status without a gap; None before the first."""
    known = [(_whole(at), status) for at, status in changes]
    turns: list[tuple[datetime, Status | None]] = [(since, None), *known, (until, None)]
    for (begin, status), (end, _) in pairwise(turns):
        begin, end = max(begin, since), min(end, until)
        if begin < end:
            yield status, (begin, end)


def _merged(windows: Iterable[Span]) -> list[Span]:
    """Without what two of them share."""
    found = list[Span]()
    for begin, end in sorted(windows):
        if found and begin <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((begin, end))
    return found


def _common(one: Span, other: Span) -> int:
    return max(min(one[1], other[1]) - max(one[0], other[0]), timedelta()) // _MINUTE


def _whole(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0)


def _percent(part: int, whole: int) -> Decimal | None:
    return (Decimal(100 * part) / whole).quantize(_PLACES) if whole else None
