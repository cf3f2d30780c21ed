"""The restrictions of a tariff Element, one row each: when it holds, and where it may change.

To add one is to add its field to `tariffs/model.py`, a row here, and a folder in `tests/cases/pricing/`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from decimal import Decimal
from enum import Enum, auto
from typing import NamedTuple, TypeVar

from msgspec import Struct

from laddnav.kit.energy import NO_ENERGY, Energy
from laddnav.pricing.model import UNSAID, Span
from laddnav.pricing.policy import OURS, DurationFrom, EqualWindow, Extent, Missing, Policy, WindowDay
from laddnav.tariffs.model import Restriction, Weekday

MIDNIGHT = time()
WEEKDAYS = tuple(Weekday)


class Moment(Struct, frozen=True, gc=False):
    """What is true of a session at one moment, as far as a restriction may ask.

    `local` is the wall clock of the Location, daylight saving included; `elapsed` counts from the start of the session,
    `parked` from that of the parking which goes on. `power` in kW and `current` in A are those of the time that begins.
    """

    local: datetime
    elapsed: timedelta = timedelta()
    used: Energy = NO_ENERGY
    power: Span = UNSAID
    current: Span = UNSAID
    parked: timedelta = timedelta()


class Asks(Enum):
    """What a restriction needs to be told."""

    CLOCK = auto()
    ENERGY = auto()
    DURATION = auto()
    POWER = auto()
    CURRENT = auto()


class SinceParking(Struct, frozen=True):
    """A length that counts from where parking began."""

    length: timedelta


# Where a restriction may begin or cease to hold: at a time of day, a length after the start, or an amount of energy.
Border = time | timedelta | SinceParking | Energy
Holds = Callable[[Moment], bool]


class Condition(Struct, frozen=True):
    """One restriction with its bound, as one policy reads it. `limit` is a bound of power or current."""

    asks: Asks
    holds: Holds
    borders: tuple[Border, ...] = ()
    limit: Decimal | None = None


class Reading(NamedTuple):
    """How restrictions are read for one component; `parking` where it prices nothing else."""

    policy: Policy
    parking: bool


Row = Callable[[Restriction, Reading], Condition | None]
Bound = TypeVar("Bound")


def _row(
    asks: Asks,
    bound: Callable[[Restriction], Bound | None],
    holds: Callable[[Bound, Policy], Holds],
    borders: Callable[[Bound], tuple[Border, ...]],
) -> Row:
    def condition(restriction: Restriction, reading: Reading) -> Condition | None:
        given = bound(restriction)
        return None if given is None else Condition(asks, holds(given, reading.policy), borders(given))

    return condition


def _hours(restriction: Restriction) -> tuple[time, time] | None:
    if restriction.start_time is None and restriction.end_time is None:
        return None
    return restriction.start_time or MIDNIGHT, restriction.end_time or MIDNIGHT


def _within(hours: tuple[time, time], policy: Policy) -> Holds:
    """An end before the start is on the next day, 00:00 is the end of the day, and equal times are the whole day."""
    start, end = hours
    if start == end:
        whole_day = start == MIDNIGHT or policy.equal_window is EqualWindow.WHOLE_DAY
        return lambda now: whole_day
    if start < end:
        return lambda now: start <= now.local.time() < end
    return lambda now: not end <= now.local.time() < start


class _Days(NamedTuple):
    days: tuple[bool, ...]  # from Monday on
    wraps_until: time | None


def _days(restriction: Restriction) -> _Days | None:
    if not restriction.weekdays:
        return None
    hours = _hours(restriction)
    wraps = hours is not None and MIDNIGHT < hours[1] < hours[0]
    days = tuple(day in restriction.weekdays for day in WEEKDAYS)
    return _Days(days, hours[1] if hours is not None and wraps else None)


def _on(bound: _Days, policy: Policy) -> Holds:
    """The day is that of the moment itself: FRIDAY 22:00 to 06:00 ends on Friday at midnight, and begins there.

    Others give the small hours to the day on which the window began.
    """
    days, until = bound
    if until is None or policy.window_day is WindowDay.MOMENT:
        return lambda now: days[now.local.weekday()]
    return lambda now: days[now.local.weekday() - (now.local.time() < until)]


def _duration(bound: Callable[[Restriction], timedelta | None], least: bool) -> Row:
    """The length of the session; for parking, others count from where that began."""

    def condition(restriction: Restriction, reading: Reading) -> Condition | None:
        length = bound(restriction)
        if length is None:
            return None
        if reading.parking and reading.policy.duration_from is DurationFrom.PARKING:
            return Condition(Asks.DURATION, lambda now: (now.parked >= length) is least, (SinceParking(length),))
        return Condition(Asks.DURATION, lambda now: (now.elapsed >= length) is least, (length,))

    return condition


def _flow(asks: Asks, bound: Callable[[Restriction], Decimal | None], least: bool) -> Row:
    """A limit of power or current: the peak is held against a minimum, the trough against a maximum.

    Where only the other of the two is known it is used if it decides. What nobody measured cannot rule an Element out;
    others read it as failing, or ask that the whole time lies inside.
    """

    def condition(restriction: Restriction, reading: Reading) -> Condition | None:
        limit = bound(restriction)
        if limit is None:
            return None
        unknown = reading.policy.missing is Missing.MATCHES
        by_peak = least is (reading.policy.extent is Extent.PEAK_AND_TROUGH)

        def holds(now: Moment) -> bool:
            span = now.power if asks is Asks.POWER else now.current
            decides, other = (span.high, span.low) if by_peak else (span.low, span.high)
            if decides is not None:
                return (decides >= limit) is least
            # A trough above the limit says that the peak is above it too; one below says nothing of the peak.
            if other is not None and (other >= limit) is by_peak:
                return by_peak is least
            return unknown

        return Condition(asks, holds, limit=limit)

    return condition


ROWS: tuple[Row, ...] = (
    _row(Asks.CLOCK, _hours, _within, lambda hours: hours),
    _row(
        Asks.CLOCK,
        lambda r: r.start_date,
        lambda day, _: lambda now: now.local.date() >= day,
        lambda _: (MIDNIGHT,),
    ),
    _row(
        Asks.CLOCK,
        lambda r: r.end_date,
        lambda day, _: lambda now: now.local.date() < day,
        lambda _: (MIDNIGHT,),
    ),
    _row(Asks.CLOCK, _days, _on, lambda _: (MIDNIGHT,)),
    _row(
        Asks.ENERGY,
        lambda r: r.energy_min,
        lambda least, _: lambda now: now.used >= least,
        lambda least: (least,),
    ),
    _row(Asks.ENERGY, lambda r: r.energy_max, lambda most, _: lambda now: now.used < most, lambda most: (most,)),
    _duration(lambda r: r.duration_min, least=True),
    _duration(lambda r: r.duration_max, least=False),
    _flow(Asks.POWER, lambda r: None if r.power_min is None else r.power_min.kw, least=True),
    _flow(Asks.POWER, lambda r: None if r.power_max is None else r.power_max.kw, least=False),
    _flow(Asks.CURRENT, lambda r: r.current_min, least=True),
    _flow(Asks.CURRENT, lambda r: r.current_max, least=False),
)


def conditions(restriction: Restriction, policy: Policy = OURS, *, parking: bool = False) -> tuple[Condition, ...]:
    """All that must hold at a moment for the Element to apply (OCPI 2.2.1 mod_tariffs_tariffrestrictions_class).

    Reservations and bookings are no conditions of a moment: `offers` keeps their Elements apart.
    """
    reading = Reading(policy, parking)
    read = (row(restriction, reading) for row in ROWS)
    return tuple(condition for condition in read if condition is not None)
