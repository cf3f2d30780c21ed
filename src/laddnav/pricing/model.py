"""A price while it runs and when it is done: Tab, Line, Priced."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct

from laddnav.kit.energy import NO_ENERGY, Energy
from laddnav.kit.money import Price, TaxAmount, merged
from laddnav.kit.refusal import Refusal
from laddnav.metering.model import Activity, ChargingPeriod
from laddnav.pricing.flags import Flagged
from laddnav.pricing.reasons import Reason
from laddnav.tariffs.model import Tariff


class CannotPrice(Refusal):
    """This cannot be priced as it stands; the message says what and why."""


class Choice(Struct, frozen=True, array_like=True):
    """The PriceComponent that applies, by its place: `tariffs[tariff].elements[element].components[component]`."""

    element: int
    component: int
    tariff: int = 0


class Span(Struct, frozen=True, array_like=True):
    """The lowest and the highest that a value was for a while; None where nobody said it."""

    low: Decimal | None = None
    high: Decimal | None = None

    def and_then(self, later: Span) -> Span:
        """Over both whiles; what is unknown in one is unknown."""
        return Span(
            None if self.low is None or later.low is None else min(self.low, later.low),
            None if self.high is None or later.high is None else max(self.high, later.high),
        )


UNSAID = Span()


class Stint(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A stretch in which one activity was priced by the same components; what is adjacent and alike is one Stint.

    `energy_by` and `time_by` None: nothing prices that dimension, so it is free. `expiry_by` prices reserved time
    should the reservation expire; `flat_by` is a flat fee that fell due when the Stint began, under a policy that knows
    more of them than one a session. `tariff` is the place of the Tariff that held. `power` in kW and `current` in A
    are kept where a Tariff asks for them.
    """

    started_at: datetime
    ended_at: datetime
    activity: Activity
    energy: Energy
    energy_by: Choice | None
    time_by: Choice | None
    expiry_by: Choice | None = None
    flat_by: Choice | None = None
    tariff: int = 0
    power: Span = UNSAID
    current: Span = UNSAID
    interpolated: bool = False

    @property
    def length(self) -> timedelta:
        return self.ended_at - self.started_at


class Tab(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The running price of a session: the Tariffs as promised, and the Stints so far.

    It holds all that `advanced` and `priced` need, so keeping it (as JSON) with the session keeps the price. `zone` is
    the IANA name of the Location's time zone. The last of `tariffs` holds now; more than one only where the driver's
    preference changed on the way. `reserved` until the charge begins, where a reservation came before it. `flat` is the
    flat fee that was due when the charge began, `reserved_flat` and `expiry_flat` that of the reservation before it,
    used or expired.
    """

    tariffs: tuple[Tariff, ...]
    zone: str
    opened_at: datetime
    reserved: bool = False
    flat: Choice | None = None
    reserved_flat: Choice | None = None
    expiry_flat: Choice | None = None
    used: Energy = NO_ENERGY
    stints: tuple[Stint, ...] = ()

    @property
    def tariff(self) -> Tariff:
        """The one that holds now."""
        return self.tariffs[-1]

    @property
    def ended_at(self) -> datetime:
        return self.stints[-1].ended_at if self.stints else self.opened_at


class Amount(Struct, frozen=True, gc=False):
    """What something costs before (`excl`) and after (`incl`) taxes; None where the tariff leaves that side unknown."""

    excl: Decimal | None
    incl: Decimal | None
    taxes: tuple[TaxAmount, ...] = ()

    def __add__(self, other: Amount) -> Amount:
        """A side that is unknown in one is unknown in the sum."""
        return Amount(
            None if self.excl is None or other.excl is None else self.excl + other.excl,
            None if self.incl is None or other.incl is None else self.incl + other.incl,
            merged(self.taxes + other.taxes) if other.taxes else self.taxes,
        )

    @property
    def price(self) -> Price:
        """As it leaves the house. Raises CannotPrice where the amount before taxes is unknown."""
        if self.excl is None:
            raise CannotPrice("The tariff's prices include a tax that it does not name: before taxes they are unknown")
        return Price(self.excl, None if self.incl is None else self.taxes)


class Stated(Struct, frozen=True, kw_only=True, gc=False):
    """The total of a charge and its parts, as somebody states them; None: not stated. What is which tax is left out."""

    total: Amount | None = None
    fixed: Amount | None = None
    energy: Amount | None = None
    time: Amount | None = None
    parking: Amount | None = None
    reservation: Amount | None = None


class Charge(Struct, frozen=True, kw_only=True, gc=False):
    """What of a CDR decides its price, whatever version it was written in, and what it states itself.

    `periods` in the CDR's order; a period ends where the next begins, the last with the session. `zone` is the
    Location's time zone where somebody knows it, `country` its ISO 3166-1 alpha-3 code. `energy`, `time` and
    `parking_time` are the CDR's own totals. Prices of `tariffs` are in their own currency.
    """

    id: str = ""
    started_at: datetime
    ended_at: datetime
    currency: str
    zone: str | None = None
    country: str | None = None
    periods: tuple[ChargingPeriod, ...]
    tariffs: tuple[Tariff, ...] = ()
    stated: Stated = Stated()
    energy: Energy | None = None
    time: timedelta | None = None
    parking_time: timedelta | None = None
    credit: bool = False


NOTHING = Amount(Decimal(0), Decimal(0))


class Line(Struct, frozen=True, kw_only=True, gc=False):
    """One line of a bill. `unit` is kWh, h or x (times); `volume` as measured, `billed_volume` after the step size.

    `dimension` is a TariffDimension, RESERVATION_TIME or RESERVATION_FLAT for what the reservation before the charge
    costs, or PRICE_MIN or PRICE_MAX for what a limit of the tariff added or took away; such a line has no Element.
    `period` is the place of the first ChargingPeriod it counts. `interpolated` where the energy at one of its ends was
    calculated, not read. `unit_price` is the tariff's own number, with or without taxes as the Tariff says.
    """

    started_at: datetime
    ended_at: datetime
    dimension: str
    volume: Decimal
    billed_volume: Decimal
    unit: str
    unit_price: Decimal
    vat: Decimal | None
    amount: Amount
    tariff_id: str
    element: int | None
    component: int | None
    reason: Reason
    period: int = 0
    interpolated: bool = False


class Priced(Struct, frozen=True, kw_only=True, gc=False):
    """A price at one moment, exact. `total` is always the sum of the lines' amounts.

    `fixed`, `energy`, `time`, `parking` and `reservation` are the sums of their lines; a limit of the tariff changes
    `total` only (OCPI is silent on it), and its line says by how much. `lasted` is the whole session, `parked` that
    part of it in which the vehicle asked for no power, `reserved` that before the charge.
    """

    currency: str
    total: Amount = NOTHING
    fixed: Amount = NOTHING
    energy: Amount = NOTHING
    time: Amount = NOTHING
    parking: Amount = NOTHING
    reservation: Amount = NOTHING
    used: Energy = NO_ENERGY
    lasted: timedelta = timedelta()
    parked: timedelta = timedelta()
    reserved: timedelta = timedelta()
    lines: tuple[Line, ...] = ()
    periods: tuple[ChargingPeriod, ...] = ()
    flags: tuple[Flagged, ...] = ()
