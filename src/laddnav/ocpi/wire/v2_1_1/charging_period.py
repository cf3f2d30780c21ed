"""ChargingPeriod as OCPI 2.1.1 spells it: no tariff_id, and six dimensions (OCPI 2.1.1 mod_cdrs §4.3, §4.4)."""

from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

from laddnav.metering.model import ChargingPeriod, Dimension
from laddnav.ocpi.wire.shared.dimensions import WireDimension, read_dimensions, write_dimensions
from laddnav.ocpi.wire.shared.scalars import DateTime
from laddnav.ocpi.wire.v2_1_1.instants import second

LISTED = frozenset({"ENERGY", "FLAT", "MAX_CURRENT", "MIN_CURRENT", "PARKING_TIME", "TIME"})
NOTHING = (Dimension("TIME", Decimal(0)),)


class WireChargingPeriod(Struct, kw_only=True):
    start_date_time: DateTime
    dimensions: Annotated[tuple[WireDimension, ...], Meta(min_length=1)]


def read_periods(wire: tuple[WireChargingPeriod, ...]) -> tuple[ChargingPeriod, ...]:
    return tuple(
        ChargingPeriod(started_at=one.start_date_time.at, dimensions=read_dimensions(one.dimensions)) for one in wire
    )


def write_periods(periods: tuple[ChargingPeriod, ...]) -> tuple[WireChargingPeriod, ...]:
    """A period of which 2.1.1 can say nothing, such as a reservation, stays as one in which nothing was charged.

    Left out, the period before it would seem to last until the one after it.
    """
    return tuple(
        WireChargingPeriod(
            start_date_time=second(one.started_at),
            dimensions=write_dimensions(tuple(d for d in one.dimensions if d.type in LISTED) or NOTHING),
        )
        for one in periods
    )
