"""What electricity costs and what carbon it carries, by the step; and what the grid asks for carrying it, as data."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from laddnav.kit.ids import PartyId

ZERO = Decimal(0)
ONE = Decimal(1)
HOUR = timedelta(hours=1)
QUARTER = timedelta(minutes=15)
MARKET_TIME = "Europe/Brussels"

# ---- Prices and carbon


class Kind(StrEnum):
    """What a Series counts: money per kWh before VAT, or grams of CO2 equivalents per kWh."""

    PRICE = "PRICE"
    CARBON = "CARBON"


class Zone(Struct, frozen=True, kw_only=True):
    """A bidding zone: `eic` is its code at ENTSO-E, `time_zone` the clock that people there live by.

    The day of the market is the same for all, that of MARKET_TIME.
    """

    code: str
    name: str
    eic: str
    country: str
    currency: str
    time_zone: str


class MarketStep(Struct, frozen=True, gc=False):
    """From an instant on, for this long. `forecast`: nobody has published it; `odd`: published, and hard to believe."""

    begin_at: datetime
    length: timedelta
    value: Decimal
    forecast: bool = False
    odd: bool = False

    @property
    def end_at(self) -> datetime:
        return self.begin_at + self.length


class Series(Struct, frozen=True, kw_only=True):
    """What holds in a zone, in order of time; where a step is missing, nobody has said anything and nothing is guessed.

    `currency` is that of all its steps, or "" of carbon. `published_until`: where the last published step ends.
    """

    zone: str
    kind: Kind = Kind.PRICE
    currency: str = ""
    steps: tuple[MarketStep, ...] = ()
    published_until: datetime | None = None


class Published(Struct, frozen=True, kw_only=True):
    """What a source said of one zone in one currency, as it was read; `per_euro` is its own rate of exchange.

    `published_at` is when it says that it was made.
    """

    zone: str
    kind: Kind = Kind.PRICE
    currency: str = ""
    steps: tuple[MarketStep, ...]
    per_euro: Decimal | None = None
    published_at: datetime | None = None


class Document(Struct, frozen=True, kw_only=True):
    """A Published as it is kept: what it changed, it replaced, and what it said before is in the Document before it."""

    ref: str
    source: str
    fetched_at: datetime
    fetched_by: str
    begin_at: datetime
    end_at: datetime
    new: int  # steps of which nothing was known
    changed: int  # steps that another Document had said otherwise
    odd: int  # steps that are hard to believe
    said: Published


class Following(Struct, frozen=True, kw_only=True):
    """That prices of a zone are fetched from a feed; `url` None: where that feed is found by everybody.

    `key` is sealed. `per_euro`: at which an operator reckons euros into the zone's currency; None: at no rate.
    `late_since`: since when it should have told what it has not; `trouble`: what went wrong last.
    """

    zone: str
    kind: Kind = Kind.PRICE
    feed: str
    url: str | None = None
    key: str | None = None
    per_euro: Decimal | None = None
    next_at: datetime
    tries: int = 0
    fetched_at: datetime | None = None
    trouble: str | None = None
    late_since: datetime | None = None
    said_by: str


# ---- What the grid asks


class Day(StrEnum):
    MONDAY = "MONDAY"
    TUESDAY = "TUESDAY"
    WEDNESDAY = "WEDNESDAY"
    THURSDAY = "THURSDAY"
    FRIDAY = "FRIDAY"
    SATURDAY = "SATURDAY"
    SUNDAY = "SUNDAY"


WORKDAYS = (Day.MONDAY, Day.TUESDAY, Day.WEDNESDAY, Day.THURSDAY, Day.FRIDAY)

LocalTime = Annotated[str, Meta(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]
Month = Annotated[int, Meta(ge=1, le=12)]
Count = Annotated[int, Meta(ge=1, le=31)]
Name = Annotated[str, Meta(min_length=1, max_length=80)]


class Window(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """When something holds, by the clock and calendar of the place; what is left out does not limit it.

    From `begins` until before `ends`; where it ends earlier than it begins, it goes over midnight, and each instant
    counts by its own day. A holiday of the GridTariff counts as a Sunday.
    """

    months: tuple[Month, ...] = ()
    days: tuple[Day, ...] = ()
    begins: LocalTime = "00:00"
    ends: LocalTime = "24:00"


class Rate(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """So much while one of its windows holds; without a window always."""

    per_kwh: Decimal
    windows: tuple[Window, ...] = ()


class EnergyPart(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A part of what each kWh costs: the first of its rates that holds. Parts add up."""

    name: Name
    rates: tuple[Rate, ...]


class Weight(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What is drawn then counts by this factor: one half at night, say."""

    factor: Decimal
    windows: tuple[Window, ...] = ()


class Measured(StrEnum):
    """Over which time power is the mean."""

    HOUR = "HOUR"
    QUARTER = "QUARTER"

    @property
    def length(self) -> timedelta:
        return HOUR if self is Measured.HOUR else QUARTER


class PeakCharge(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """`per_kw` and month of the mean of the `top_n` highest hours (or quarters) that begin in one of its windows.

    `per_day`: so many of one day at most; None: they may all be of one day. An hour counts by the first weight that
    holds when it begins, else in full. A month with fewer such hours than `top_n` has the mean of those that it has.
    """

    name: Name
    per_kw: Decimal
    windows: tuple[Window, ...] = ()
    top_n: Count = 1
    per_day: Count | None = 1
    measured: Measured = Measured.HOUR
    weights: tuple[Weight, ...] = ()


class FuseFee(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a month costs with a main fuse of at most so many amperes."""

    amps_max: Annotated[int, Meta(ge=1)]
    per_month: Decimal


class GridTariff(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """All that is paid for electricity beside its price on the market; amounts are before `vat`, a percentage.

    `markup` is what the seller adds to each kWh, and `feed_in_spot` the share of the market's price that a kWh out
    earns, beside what `feed_in` says. `fuse_fees` rise; the first that the main fuse fits is due.
    """

    name: Name
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")]
    time_zone: str
    vat: Decimal = ZERO
    energy: tuple[EnergyPart, ...] = ()
    energy_tax: Decimal = ZERO
    markup: Decimal = ZERO
    per_month: Decimal = ZERO
    fuse_fees: tuple[FuseFee, ...] = ()
    per_ampere: Decimal = ZERO
    peaks: tuple[PeakCharge, ...] = ()
    feed_in: tuple[EnergyPart, ...] = ()
    feed_in_spot: Decimal = ZERO
    holidays: tuple[date, ...] = ()


class KeptTariff(Struct, frozen=True, kw_only=True):
    """A GridTariff as a holder keeps it; `revision` counts its changes."""

    holder: PartyId
    ref: str
    id: str
    tariff: GridTariff
    revision: int = 1
    changed_at: datetime
    changed_by: str


class Drawn(Struct, frozen=True, gc=False):
    """kWh that came `into` a site from the grid, and `out` of it, from an instant on for this long."""

    begin_at: datetime
    length: timedelta
    into: Decimal
    out: Decimal = ZERO


class Because(StrEnum):
    """What an amount is for."""

    ENERGY = "ENERGY"  # a part of each kWh, while its rate held
    ENERGY_TAX = "ENERGY_TAX"
    MARKUP = "MARKUP"
    SPOT = "SPOT"  # the market's price
    MONTH = "MONTH"
    FUSE = "FUSE"
    AMPERES = "AMPERES"
    PEAK = "PEAK"
    FEED_IN = "FEED_IN"
    FEED_IN_SPOT = "FEED_IN_SPOT"


class Top(Struct, frozen=True):
    """An hour (or quarter) among the highest: `kw` is its mean, `counted` that by its weight."""

    begin_at: datetime
    kw: Decimal
    counted: Decimal


class Due(Struct, frozen=True, kw_only=True):
    """`quantity` × `rate` before VAT, exact, and why; `month` is the first day of the one that it is due for.

    `windows` are those of the rate that held, `tops` what a peak is the mean of.
    """

    because: Because
    name: str
    month: date
    quantity: Decimal
    unit: str
    rate: Decimal
    amount: Decimal
    windows: tuple[Window, ...] = ()
    tops: tuple[Top, ...] = ()


class Charged(Struct, frozen=True, kw_only=True):
    """What was drawn costs the sum of its dues, which say why; nothing is rounded."""

    currency: str
    dues: tuple[Due, ...]
    vat: Decimal

    @property
    def before_vat(self) -> Decimal:
        return sum((one.amount for one in self.dues), ZERO)

    @property
    def after_vat(self) -> Decimal:
        return self.before_vat * (1 + self.vat / 100)
