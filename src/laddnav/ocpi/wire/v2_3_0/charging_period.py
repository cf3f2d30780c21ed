"""ChargingPeriod as OCPI 2.3.0 spells it: as 2.2.1, but what was counted is one of a closed list.

OCPI 2.3.0 mod_cdrs_cdrdimensiontype_enum.
"""

from decimal import Decimal
from typing import Annotated, Literal, get_args

from msgspec import Meta
from msgspec.structs import replace

from laddnav.metering.model import ChargingPeriod, Dimension
from laddnav.ocpi.wire.shared import dimensions
from laddnav.ocpi.wire.v2_2_1 import charging_period as v2_2_1

Counted = Literal[
    "CURRENT",
    "ENERGY",
    "ENERGY_EXPORT",
    "ENERGY_IMPORT",
    "MAX_CURRENT",
    "MIN_CURRENT",
    "MAX_POWER",
    "MIN_POWER",
    "PARKING_TIME",
    "POWER",
    "RESERVATION_TIME",
    "STATE_OF_CHARGE",
    "TIME",
]
NOTHING = (Dimension("TIME", Decimal(0)),)


class WireDimension(dimensions.WireDimension, kw_only=True):
    type: Counted


class WireChargingPeriod(v2_2_1.WireChargingPeriod, kw_only=True, omit_defaults=True):
    dimensions: Annotated[tuple[WireDimension, ...], Meta(min_length=1)]


def sayable(periods: tuple[ChargingPeriod, ...]) -> tuple[ChargingPeriod, ...]:
    """Without what 2.3.0 has no words for; a period of nothing else stays, or the one before it would seem longer."""
    return tuple(
        replace(one, dimensions=tuple(d for d in one.dimensions if d.type in get_args(Counted)) or NOTHING)
        for one in periods
    )
