"""Hours as OCPI 2.2.1 spells them (OCPI 2.2.1 mod_locations_hours_class)."""

from typing import Annotated

from msgspec import Meta, Struct

from laddnav.locations.model import ExceptionalPeriod, Hours, RegularHours
from laddnav.ocpi.wire.shared.scalars import ClockTime, DateTime, many


class WireRegularHours(Struct, kw_only=True):
    weekday: Annotated[int, Meta(ge=1, le=7)]
    period_begin: ClockTime
    period_end: ClockTime


class WireExceptionalPeriod(Struct, kw_only=True):
    period_begin: DateTime
    period_end: DateTime


class WireHours(Struct, kw_only=True, omit_defaults=True):
    twentyfourseven: bool
    regular_hours: tuple[WireRegularHours, ...] | None = None
    exceptional_openings: tuple[WireExceptionalPeriod, ...] | None = None
    exceptional_closings: tuple[WireExceptionalPeriod, ...] | None = None

    def __post_init__(self) -> None:
        if not self.twentyfourseven and not self.regular_hours:
            raise ValueError("`regular_hours` must say when it is open, as `twentyfourseven` is false")


def read_hours_of(wire: WireHours) -> Hours:
    return Hours(
        twentyfourseven=wire.twentyfourseven,
        regular=tuple(RegularHours(one.weekday, one.period_begin, one.period_end) for one in wire.regular_hours or ()),
        openings=_read_periods(wire.exceptional_openings),
        closings=_read_periods(wire.exceptional_closings),
    )


def write_hours_of(hours: Hours) -> WireHours:
    return WireHours(
        twentyfourseven=hours.twentyfourseven,
        regular_hours=many(
            WireRegularHours(weekday=one.weekday, period_begin=one.begin, period_end=one.end) for one in hours.regular
        ),
        exceptional_openings=_write_periods(hours.openings),
        exceptional_closings=_write_periods(hours.closings),
    )


def _read_periods(wire: tuple[WireExceptionalPeriod, ...] | None) -> tuple[ExceptionalPeriod, ...]:
    return tuple(ExceptionalPeriod(one.period_begin.at, one.period_end.at) for one in wire or ())


def _write_periods(periods: tuple[ExceptionalPeriod, ...]) -> tuple[WireExceptionalPeriod, ...] | None:
    return many(
        WireExceptionalPeriod(period_begin=DateTime(one.begin_at), period_end=DateTime(one.end_at)) for one in periods
    )
