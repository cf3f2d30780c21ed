"""ChargingPeriod as OCPI 2.2.1 spells it (OCPI 2.2.1 mod_cdrs_chargingperiod_class)."""

from typing import Annotated

from msgspec import Meta, Struct

from laddnav.metering.model import ChargingPeriod
from laddnav.ocpi.wire.shared.dimensions import WireDimension, read_dimensions, write_dimensions
from laddnav.ocpi.wire.shared.scalars import CiString36, DateTime


class WireChargingPeriod(Struct, kw_only=True, omit_defaults=True):
    start_date_time: DateTime
    dimensions: Annotated[tuple[WireDimension, ...], Meta(min_length=1)]
    tariff_id: CiString36 | None = None


def read_periods(wire: tuple[WireChargingPeriod, ...] | None) -> tuple[ChargingPeriod, ...]:
    return tuple(
        [
            ChargingPeriod(
                started_at=one.start_date_time.at, dimensions=read_dimensions(one.dimensions), tariff_id=one.tariff_id
            )
            for one in wire or ()
        ]
    )


def write_periods(periods: tuple[ChargingPeriod, ...]) -> tuple[WireChargingPeriod, ...]:
    return tuple(
        WireChargingPeriod(
            start_date_time=DateTime(one.started_at),
            dimensions=write_dimensions(one.dimensions),
            tariff_id=one.tariff_id,
        )
        for one in periods
    )
