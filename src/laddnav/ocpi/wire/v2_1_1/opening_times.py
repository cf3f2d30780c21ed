"""Hours as OCPI 2.1.1 spells them: either the regular ones or 24/7, not both (OCPI 2.1.1 mod_locations §4.13)."""

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
    """An example of the text has the regular hours and `twentyfourseven` false beside them, so that is taken too."""

    regular_hours: tuple[WireRegularHours, ...] | None = None
    twentyfourseven: bool | None = None
    exceptional_openings: tuple[WireExceptionalPeriod, ...] | None = None
    exceptional_closings: tuple[WireExceptionalPeriod, ...] | None = None

    def __post_init__(self) -> None:
        if not self.twentyfourseven and not self.regular_hours:
            raise ValueError("`regular_hours` must say when it is open, as `twentyfourseven` does not")


def read_hours_of(wire: WireHours) -> Hours:
    return Hours(
        twentyfourseven=bool(wire.twentyfourseven),
        regular=read_regular(wire.regular_hours),
        openings=read_exceptions(wire.exceptional_openings),
        closings=read_exceptions(wire.exceptional_closings),
    )


def write_hours_of(hours: Hours) -> WireHours:
    return WireHours(
        regular_hours=None if hours.twentyfourseven else write_regular(hours.regular),
        twentyfourseven=True if hours.twentyfourseven else None,
        exceptional_openings=write_exceptions(hours.openings),
        exceptional_closings=write_exceptions(hours.closings),
    )
