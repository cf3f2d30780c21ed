"""A price while it runs and when it is done: Tab, Line, Priced."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct

from laddnav.kit.energy import NO_ENERGY, Energy
from laddnav.kit.money import FREE, Price
from laddnav.metering.model import Activity, ChargingPeriod
from laddnav.pricing.reasons import Reason
from laddnav.tariffs.model import Tariff


class Choice(Struct, frozen=True, array_like=True):
    """The PriceComponent that applies, by its place in the tariff: `elements[element].components[component]`."""

    element: int
    component: int


class Stint(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A stretch in which one activity was priced by the same components; what is adjacent and alike is one Stint.

    `energy_by` and `time_by` None: nothing prices that dimension, so it is free.
    """

    started_at: datetime
    ended_at: datetime
    activity: Activity
    energy: Energy
    energy_by: Choice | None
    time_by: Choice | None
    interpolated: bool = False

    @property
    def length(self) -> timedelta:
        return self.ended_at - self.started_at


class Tab(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The running price of a session: the tariff as promised at the start, and the Stints so far.

    It holds all that `advanced` and `priced` need, so keeping it (as JSON) with the session keeps the price. `zone` is
    the IANA name of the Location's time zone; `flat` the flat fee that was due at the start.
    """

    tariff: Tariff
    zone: str
    opened_at: datetime
    flat: Choice | None = None
    used: Energy = NO_ENERGY
    stints: tuple[Stint, ...] = ()


class Line(Struct, frozen=True, kw_only=True):
    """One line of a bill. `unit` is kWh, h or x (times); `volume` as measured, `billed_volume` after the step size.

    `dimension` is a TariffDimension, or PRICE_MIN or PRICE_MAX for what a limit of the tariff added or took away; such
    a line has no Element. `interpolated` where the energy at one of its ends was calculated, not read.
    """

    started_at: datetime
    ended_at: datetime
    dimension: str
    volume: Decimal
    billed_volume: Decimal
    unit: str
    unit_price: Decimal
    vat: Decimal | None
    amount: Price
    tariff_id: str
    element: int | None
    component: int | None
    reason: Reason
    interpolated: bool = False


class Priced(Struct, frozen=True, kw_only=True):
    """A price at one moment, exact. `total` is always the sum of the lines' amounts.

    `fixed`, `energy`, `time` and `parking` are the sums of their lines; a limit of the tariff changes `total` only
    (OCPI is silent on it), and its line says by how much. `lasted` is the whole session, `parked` that part of it in
    which the vehicle asked for no power.
    """

    currency: str
    total: Price = FREE
    fixed: Price = FREE
    energy: Price = FREE
    time: Price = FREE
    parking: Price = FREE
    used: Energy = NO_ENERGY
    lasted: timedelta = timedelta()
    parked: timedelta = timedelta()
    lines: tuple[Line, ...] = ()
    periods: tuple[ChargingPeriod, ...] = ()
