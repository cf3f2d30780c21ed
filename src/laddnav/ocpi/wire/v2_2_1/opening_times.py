"""Hours as OCPI 2.2.1 spells them (OCPI 2.2.1 mod_locations_hours_class)."""

from msgspec import Struct

from laddnav.locations.model import Hours
from laddnav.ocpi.wire.shared.hours import (
    WireExceptionalPeriod,
    WireRegularHours,
    read_exceptions,
    read_regular,
    write_exceptions,
    write_regular,
)


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
        regular=read_regular(wire.regular_hours),
        openings=read_exceptions(wire.exceptional_openings),
        closings=read_exceptions(wire.exceptional_closings),
    )


def write_hours_of(hours: Hours) -> WireHours:
    return WireHours(
        twentyfourseven=hours.twentyfourseven,
        regular_hours=write_regular(hours.regular),
        exceptional_openings=write_exceptions(hours.openings),
        exceptional_closings=write_exceptions(hours.closings),
    )
