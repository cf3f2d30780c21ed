"""The parts of Hours that every version spells alike (OCPI 2.2.1 mod_locations_regularhours_class)."""

from typing import Annotated

from msgspec import Meta, Struct

from laddnav.locations.model import ExceptionalPeriod, RegularHours
from laddnav.ocpi.wire.shared.scalars import ClockTime, DateTime, many


class WireRegularHours(Struct, kw_only=True):
    weekday: Annotated[int, Meta(ge=1, le=7)]
    period_begin: ClockTime
    period_end: ClockTime


class WireExceptionalPeriod(Struct, kw_only=True):
    """OCPI 2.2.1 mod_locations_exceptionalperiod_class."""

    period_begin: DateTime
    period_end: DateTime


def read_regular(wire: tuple[WireRegularHours, ...] | None) -> tuple[RegularHours, ...]:
    return tuple(RegularHours(one.weekday, one.period_begin, one.period_end) for one in wire or ())


def write_regular(hours: tuple[RegularHours, ...]) -> tuple[WireRegularHours, ...] | None:
    return many(WireRegularHours(weekday=one.weekday, period_begin=one.begin, period_end=one.end) for one in hours)


def read_exceptions(wire: tuple[WireExceptionalPeriod, ...] | None) -> tuple[ExceptionalPeriod, ...]:
    return tuple(ExceptionalPeriod(one.period_begin.at, one.period_end.at) for one in wire or ())


def write_exceptions(periods: tuple[ExceptionalPeriod, ...]) -> tuple[WireExceptionalPeriod, ...] | None:
    return many(
        WireExceptionalPeriod(period_begin=DateTime(one.begin_at), period_end=DateTime(one.end_at)) for one in periods
    )
