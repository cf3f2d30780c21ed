"""What was counted of a charge, piece by piece, each with the price that applied; however it was told to us."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct, field

from laddnav.kit.energy import NO_ENERGY, Energy
from laddnav.metering.model import ChargingPeriod
from laddnav.pricing.flags import Flagged
from laddnav.pricing.offers import Rate
from laddnav.tariffs.model import Tariff

FLAT = "FLAT"
ENERGY = "ENERGY"
TIME = "TIME"
PARKING_TIME = "PARKING_TIME"
RESERVATION_TIME = "RESERVATION_TIME"
RESERVATION_FLAT = "RESERVATION_FLAT"


class Counted(Struct, frozen=True, eq=False, gc=False):
    """So much of one dimension, in kWh or seconds, while one Rate applied; `rate` None: none did, and it is free."""

    dimension: str
    rate: Rate | None
    started_at: datetime
    ended_at: datetime
    volume: Decimal
    period: int = 0
    interpolated: bool = False


class Fee(Struct, frozen=True, eq=False, gc=False):
    """A flat fee, due at a moment; its dimension is FLAT, or RESERVATION_FLAT."""

    dimension: str
    rate: Rate
    at: datetime
    period: int = 0


class Counts(Struct, kw_only=True):
    """A whole charge, each list in order of time; `times` are TIME and PARKING_TIME, which are rounded as one.

    `tariffs` are those that held at some time. `reserved`, `parked` and the volumes are as told, not as billed.
    """

    started_at: datetime
    ended_at: datetime
    fees: list[Fee] = field(default_factory=list)
    energy: list[Counted] = field(default_factory=list)
    times: list[Counted] = field(default_factory=list)
    reservation: list[Counted] = field(default_factory=list)
    tariffs: tuple[Tariff, ...] = ()
    periods: tuple[ChargingPeriod, ...] = ()
    flags: list[Flagged] = field(default_factory=list)
    used: Energy = NO_ENERGY
    parked: timedelta = timedelta()
    reserved: timedelta = timedelta()
