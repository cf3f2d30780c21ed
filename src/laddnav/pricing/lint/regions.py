"""Where an Element applies, as a region that can be compared: is one inside others, and what do they leave over?

A region is the product of a set of moments of the week and of spans of date, energy, length of time, power and current.
Two regions that share no moment of these coordinates share none in a session; the reverse need not be (a Monday may lie
outside a span of dates), so what is found to be covered truly is, and what is left over may be less than it seems.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, time, timedelta
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from laddnav.kit.energy import Energy
from laddnav.kit.power import Power
from laddnav.tariffs.model import Restriction, Tariff, Weekday

MIDNIGHT = time()
WEEK = tuple(Weekday)
_BEFORE_ALL, _AFTER_ALL = Decimal("-Infinity"), Decimal("Infinity")
_MICROSECOND = timedelta(microseconds=1)
# Comparing a tariff with itself may take this long, a second or so: looking at a pair is a step, cutting takes many.
# A price of its own for every quarter of an hour of the week takes a quarter of a million.
MOST_STEPS = 1_000_000
STEPS_OF_A_CUT = 20


class Bounds(Struct, frozen=True):
    """From `low` (in it) to `high` (not in it)."""

    low: Decimal = _BEFORE_ALL
    high: Decimal = _AFTER_ALL

    def __and__(self, other: Bounds) -> Bounds:
        return Bounds(max(self.low, other.low), min(self.high, other.high))

    def __bool__(self) -> bool:
        return self.low < self.high


EVERY = Bounds()
UPWARDS = Bounds(low=Decimal(0))


class Region(Struct, frozen=True):
    """`week` has a bit for every cell of the tariff's Grid; `spans` are those of the AXES."""

    week: int
    spans: tuple[Bounds, ...]

    def __bool__(self) -> bool:
        return bool(self.week) and all(self.spans)

    def meets(self, other: Region) -> bool:
        """Whether they share anything; neither is empty."""
        if not self.week & other.week:
            return False
        for mine, theirs in zip(self.spans, other.spans, strict=True):  # as all(…), but asked a million times
            if mine.low >= theirs.high or theirs.low >= mine.high:
                return False
        return True

    def without(self, other: Region) -> list[Region]:
        """What of this is not in `other`, which it meets, in pieces that do not overlap."""
        pieces, rest = [], self
        if self.week & ~other.week:
            pieces.append(replace(self, week=self.week & ~other.week))
            rest = replace(rest, week=self.week & other.week)
        for axis, (mine, theirs) in enumerate(zip(self.spans, other.spans, strict=True)):
            for outside in (
                Bounds(mine.low, min(mine.high, theirs.low)),
                Bounds(max(mine.low, theirs.high), mine.high),
            ):
                if outside:
                    pieces.append(_narrowed(rest, axis, outside))
            rest = _narrowed(rest, axis, mine & theirs)
        return pieces


AXES = ("dates", "energy", "duration", "power", "current")
ENERGY = AXES.index("energy")


class TooEntangled(Exception):
    """There are more parts to compare than anybody will wait for."""


class Grid:
    """The week of one tariff: seven days, each cut at every time of day that a restriction names."""

    def __init__(self, tariff: Tariff) -> None:
        restrictions = [element.restriction for element in tariff.elements]
        named = {at for one in restrictions for at in (one.start_time, one.end_time) if at is not None}
        self.times = tuple(sorted({MIDNIGHT, *named}))
        self._steps = MOST_STEPS

    @property
    def whole_week(self) -> int:
        return (1 << 7 * len(self.times)) - 1

    def region(self, restriction: Restriction) -> Region:
        r = restriction
        return Region(
            self._week(r),
            (
                _span(_days(r.start_date), _days(r.end_date)),
                _span(_wh(r.energy_min), _wh(r.energy_max)),
                _span(_microseconds(r.duration_min), _microseconds(r.duration_max)),
                _span(_watts(r.power_min), _watts(r.power_max)),
                _span(r.current_min, r.current_max),
            ),
        )

    def _week(self, restriction: Restriction) -> int:
        start, end = restriction.start_time or MIDNIGHT, restriction.end_time or MIDNIGHT
        day = 0
        for place, at in enumerate(self.times):
            if start <= at < end if start < end else at >= start or at < end:
                day |= 1 << place
        days = restriction.weekdays or WEEK
        return sum(day << len(self.times) * place for place, name in enumerate(WEEK) if name in days)

    def left_over(self, region: Region, by: Iterable[Region]) -> tuple[Region, ...]:
        """What of a region none of the others covers. Raises TooEntangled."""
        rest = [region]
        for other in by:
            met = [one for one in rest if one.meets(other)]
            self._steps -= len(rest) + STEPS_OF_A_CUT * len(met)
            if self._steps < 0:
                raise TooEntangled
            if met:
                rest = [piece for one in rest for piece in (one.without(other) if one.meets(other) else (one,))]
            if not rest:
                break
        return tuple(rest)

    def in_words(self, region: Region, within: Region) -> Restriction:
        """One part of a region as a Restriction; a bound that is also one of `within` is not said."""
        days, start, end = self._part(region.week)
        dates, energy, duration, power, current = (
            Bounds(
                _BEFORE_ALL if mine.low <= all.low else mine.low,
                _AFTER_ALL if mine.high >= all.high else mine.high,
            )
            for mine, all in zip(region.spans, within.spans, strict=True)
        )
        return Restriction(
            weekdays=days,
            start_time=start,
            end_time=end,
            start_date=_date(dates.low),
            end_date=_date(dates.high),
            energy_min=_energy(energy.low),
            energy_max=_energy(energy.high),
            duration_min=_length(duration.low),
            duration_max=_length(duration.high),
            power_min=_power(power.low),
            power_max=_power(power.high),
            current_min=_finite(current.low),
            current_max=_finite(current.high),
        )

    def _part(self, week: int) -> tuple[tuple[Weekday, ...], time | None, time | None]:
        """(weekdays, start, end) of the first run of cells of the first day that has any, with all days alike."""
        of_day = [week >> len(self.times) * place & (1 << len(self.times)) - 1 for place in range(7)]
        first = next(day for day in of_day if day)
        days = tuple(name for name, day in zip(WEEK, of_day, strict=True) if day == first)
        cells = [bool(first >> place & 1) for place in range(len(self.times))]
        since = cells.index(True)
        until = next((place for place in range(since, len(cells)) if not cells[place]), len(cells))
        end = None if until == len(cells) else self.times[until]
        return () if len(days) == 7 else days, self.times[since] if since else None, end


def overlapping(regions: Sequence[Region]) -> bool:
    """Whether two of them share something; of a great many it is assumed."""
    if len(regions) ** 2 > MOST_STEPS:
        return True
    return any(one.meets(other) for place, one in enumerate(regions) for other in regions[:place])


def _narrowed(region: Region, axis: int, span: Bounds) -> Region:
    return replace(region, spans=(*region.spans[:axis], span, *region.spans[axis + 1 :]))


def _span(low: Decimal | None, high: Decimal | None) -> Bounds:
    return Bounds(_BEFORE_ALL if low is None else low, _AFTER_ALL if high is None else high)


def _days(day: date | None) -> Decimal | None:
    return None if day is None else Decimal(day.toordinal())


def _wh(energy: Energy | None) -> Decimal | None:
    return None if energy is None else energy.wh


def _microseconds(length: timedelta | None) -> Decimal | None:
    return None if length is None else Decimal(length // _MICROSECOND)


def _watts(power: Power | None) -> Decimal | None:
    return None if power is None else power.watts


def _finite(number: Decimal) -> Decimal | None:
    return number if number.is_finite() else None


def _date(number: Decimal) -> date | None:
    return date.fromordinal(int(number)) if number.is_finite() else None


def _energy(number: Decimal) -> Energy | None:
    return Energy(number) if number.is_finite() else None


def _length(number: Decimal) -> timedelta | None:
    return int(number) * _MICROSECOND if number.is_finite() else None


def _power(number: Decimal) -> Power | None:
    return Power(number) if number.is_finite() else None
