"""The restrictions of a tariff Element, one row each: when it holds, and where it may change.

To add one is to add its field to `tariffs/model.py`, a row here, and a folder in `tests/cases/pricing/`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import TypeVar

from msgspec import Struct

from laddnav.kit.energy import Energy
from laddnav.kit.power import Power
from laddnav.tariffs.model import Restriction, Weekday


class Moment(Struct, frozen=True):
    """What is true of a session at one moment, as far as a restriction may ask.

    `local` is the wall clock of the Location, daylight saving included; `elapsed` counts from the start of the session.
    `power` and `current` are None where nobody said them.
    """

    local: datetime
    elapsed: timedelta
    used: Energy
    power: Power | None = None
    current: Decimal | None = None


# Where a restriction may begin or cease to hold: at a time of day, a length after the start, or an amount of energy.
Border = time | timedelta | Energy


class Condition(Struct, frozen=True):
    """One restriction with its bound."""

    name: str
    holds: Callable[[Moment], bool]
    borders: tuple[Border, ...]


Row = Callable[[Restriction], Condition | None]
Bound = TypeVar("Bound")

MIDNIGHT = time()
WEEKDAYS = tuple(Weekday)


def _row(
    name: str,
    bound: Callable[[Restriction], Bound | None],
    holds: Callable[[Bound, Moment], bool],
    borders: Callable[[Bound], tuple[Border, ...]] = lambda bound: (),
) -> Row:
    def condition(restriction: Restriction) -> Condition | None:
        given = bound(restriction)
        if given is None:
            return None
        return Condition(name, lambda moment: holds(given, moment), borders(given))

    return condition


def _hours(restriction: Restriction) -> tuple[time, time] | None:
    if restriction.start_time is None and restriction.end_time is None:
        return None
    return restriction.start_time or MIDNIGHT, restriction.end_time or MIDNIGHT


def _within(hours: tuple[time, time], moment: Moment) -> bool:
    """An end before the start is on the next day, 00:00 is the end of the day, and equal times are the whole day."""
    start, end = hours
    now = moment.local.time()
    return start <= now < end if start < end else now >= start or now < end


# What nobody measured cannot rule an Element out: missing power and current hold (others read it as failing).
ROWS: tuple[Row, ...] = (
    _row("time of day", _hours, _within, lambda hours: hours),
    _row("start_date", lambda r: r.start_date, lambda day, now: now.local.date() >= day, lambda _: (MIDNIGHT,)),
    _row("end_date", lambda r: r.end_date, lambda day, now: now.local.date() < day, lambda _: (MIDNIGHT,)),
    # With hours over midnight the day is that of the moment itself: FRIDAY 22:00 to 06:00 ends on Friday at midnight.
    _row(
        "day_of_week",
        lambda r: r.weekdays or None,
        lambda days, now: WEEKDAYS[now.local.weekday()] in days,
        lambda _: (MIDNIGHT,),
    ),
    _row("min_kwh", lambda r: r.energy_min, lambda least, now: now.used >= least, lambda least: (least,)),
    _row("max_kwh", lambda r: r.energy_max, lambda most, now: now.used < most, lambda most: (most,)),
    _row("min_duration", lambda r: r.duration_min, lambda least, now: now.elapsed >= least, lambda least: (least,)),
    _row("max_duration", lambda r: r.duration_max, lambda most, now: now.elapsed < most, lambda most: (most,)),
    _row("min_power", lambda r: r.power_min, lambda least, now: now.power is None or now.power >= least),
    _row("max_power", lambda r: r.power_max, lambda most, now: now.power is None or now.power < most),
    _row("min_current", lambda r: r.current_min, lambda least, now: now.current is None or now.current >= least),
    _row("max_current", lambda r: r.current_max, lambda most, now: now.current is None or now.current < most),
    # An Element that speaks of reservations never prices a charge, whatever kind of reservation it names.
    _row("reservation", lambda r: r.reservation, lambda kind, now: False),
)


def conditions(restriction: Restriction) -> tuple[Condition, ...]:
    """All that must hold at a moment for the Element to apply (OCPI 2.2.1 mod_tariffs_tariffrestrictions_class)."""
    read = (row(restriction) for row in ROWS)
    return tuple(condition for condition in read if condition is not None)
